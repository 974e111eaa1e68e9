// One command of Signalbox as an operator runs it, from its start to its end, and the most memory it took.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../lab/processes.ts";
import { launcherFlags } from "../lab/signalbox.ts";
import { projectRoot } from "../lab/world.ts";

export type ProcessFigures = { readonly ms: number; readonly peakRssMb: number };

const MARK = "peak-rss-mb ";

/** Runs `signalbox ARGS` on this Node with the launcher's flags. Throws with what it said when it failed. */
export async function wholeProcess(args: readonly string[], folder: string): Promise<ProcessFigures> {
  const hook = join(folder, "peak.mjs");
  const memory = JSON.stringify(join(import.meta.dirname, "memory.ts"));
  writeFileSync(
    hook,
    `import { peakRssMb } from ${memory};\nprocess.on("exit", () => process.stderr.write("${MARK}" + peakRssMb() + "\\n"));\n`,
  );
  const start = performance.now();
  const flags = [...launcherFlags(), "--import", hook];
  const run = await runCommand(process.execPath, [...flags, join(projectRoot, "src/main.ts"), ...args], {
    timeoutMs: 120_000,
  });
  const ms = performance.now() - start;
  const peak = new RegExp(`${MARK}([0-9.]+)`).exec(run.stderr)?.[1];
  if (run.code !== 0 || peak === undefined) throw new Error(`signalbox ${args.join(" ")}: ${run.stderr}`);
  return { ms, peakRssMb: Number(peak) };
}
