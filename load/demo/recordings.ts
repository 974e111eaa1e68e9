// What was recorded of the demo's calls: each file with its client, its length and its checksum, and that all of them
// are what their rows say.
import { join } from "node:path";
import { waitFor } from "../lab/ports.ts";
import { runCommand } from "../lab/processes.ts";
import { projectRoot } from "../lab/world.ts";
import { bold, print } from "./show.ts";

type Row = {
  readonly tenant: string;
  readonly direction: string;
  readonly state: string;
  readonly seconds: number | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly path: string;
};

/** Files are looked at within moments of the end of their calls. */
const LOOKED_AT_MS = 15_000;
const SHOWN = 12;

/**
 * Prints the recordings of a node that runs on `config` and wrote to `folder`, and has them verified. Gives what went
 * wrong, nothing when each lies in its own client's folder and is unchanged.
 */
export async function recordingsTable(config: string, folder: string): Promise<string[]> {
  const variables = join(folder, "signalbox");
  const signalbox = (...args: string[]) =>
    runCommand(`${projectRoot}/bin/signalbox`, [...args, "--config", config, "--var", variables]);
  const rows = await waitFor(
    "the recordings to be looked at",
    async () => {
      const { stdout } = await signalbox("recordings", "list", "--all", "--json");
      const all = JSON.parse(stdout || "[]") as Row[];
      return all.length > 0 && all.every(({ state }) => state !== "begun") ? all : undefined;
    },
    LOOKED_AT_MS,
    500,
  );
  const kept = rows.filter(({ state }) => state === "kept");
  print(bold("$ signalbox recordings list"));
  for (const row of kept.slice(-SHOWN)) print(lineOf(row, variables));
  if (kept.length > SHOWN) print(`   and ${kept.length - SHOWN} before them`);
  print(bold("$ signalbox recordings verify"));
  const { stdout, stderr, code } = await signalbox("recordings", "verify");
  print((stdout + stderr).trimEnd());
  print();
  return [
    ...(kept.length === 0 ? ["nothing was recorded"] : []),
    ...kept
      .filter(({ tenant, path }) => !path.includes(`/recordings/${tenant}/`))
      .map(({ path, tenant }) => `${path} is ${tenant}'s and lies elsewhere`),
    ...(code === 0 ? [] : [`signalbox recordings verify ended with ${code}`]),
  ];
}

function lineOf({ tenant, direction, seconds, bytes, sha256, path }: Row, variables: string): string {
  const length = `${(seconds ?? 0).toFixed(1)} s`.padStart(7);
  const size = `${Math.round((bytes ?? 0) / 1024)} kB`.padStart(7);
  const short = path.replace(`${variables}/`, "");
  return `   ${tenant.padEnd(10)} ${direction.padEnd(8)} ${length} ${size}  ${sha256?.slice(0, 12)}  ${short}`;
}
