// What is left of a client's calls: the table of them, one of them whole, and what the client would be billed.
import { join } from "node:path";
import { runCommand } from "../lab/processes.ts";
import { projectRoot } from "../lab/world.ts";
import { bold, grey, print } from "./show.ts";

/** Prints the output of the commands an operator would type. Gives what went wrong, nothing when all worked. */
export async function showRecords(config: string, folder: string, stamped: string): Promise<string[]> {
  const place = ["--config", config, "--var", join(folder, "signalbox")];
  const all = await output(["calls", "--tenant", stamped, "--json", ...place]);
  const calls = JSON.parse(all.stdout || "[]") as { call: string; trunk: string | null }[];
  // One that went on to a second carrier has the most to show.
  const { call = "" } = calls.find(({ trunk }) => trunk === "pool_b") ?? calls[0] ?? {};
  const problems: string[] = [];
  for (const args of [
    ["calls", "--tenant", stamped],
    ["calls", "show", call],
    ["report", "usage", "--tenant", stamped],
  ]) {
    print(bold(`$ signalbox ${args.join(" ")}`));
    const { stdout, stderr, code } = await output([...args, ...place]);
    print(stdout.trimEnd());
    if (code !== 0) problems.push(`signalbox ${args.join(" ")} ended with ${code}: ${stderr}`);
    print(grey(""));
  }
  return problems;
}

function output(args: readonly string[]): ReturnType<typeof runCommand> {
  return runCommand(`${projectRoot}/bin/signalbox`, args);
}
