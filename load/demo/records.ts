// What is left of the calls: the table of all of them, one of them whole, and what a client would be billed.
import { join } from "node:path";
import { runCommand } from "../lab/processes.ts";
import { projectRoot } from "../lab/world.ts";
import { bold, grey, print } from "./show.ts";

/** Prints the output of the commands an operator would type. Gives what went wrong, nothing when all worked. */
export async function showRecords(config: string, folder: string, stamped: string): Promise<string[]> {
  const place = ["--config", config, "--var", join(folder, "signalbox")];
  const newest = await output(["calls", "--tenant", stamped, "--json", "--limit", "1", ...place]);
  const call = (JSON.parse(newest.stdout || "[]") as { call: string }[])[0]?.call ?? "";
  const problems: string[] = [];
  for (const args of [
    ["calls", "--limit", "40"],
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
