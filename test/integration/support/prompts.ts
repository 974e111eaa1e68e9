// Prompts for tests: tones of an exact length, so that a test waits no longer than it has to.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toneWav } from "../../../load/lab/wav.ts";

/** Prompts of every world, under `shared`: name → milliseconds. */
export const PROMPTS = { blip: 200, short: 500, wrong: 300, quiet: 300, long: 12_000 } as const;

/** Writes them under `directory` the way sounds/ is laid out. */
export function writePrompts(directory: string): void {
  mkdirSync(join(directory, "shared"), { recursive: true });
  for (const [name, ms] of Object.entries(PROMPTS)) {
    writeFileSync(join(directory, `shared/${name}.wav`), toneWav(ms));
  }
}
