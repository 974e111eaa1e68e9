// Prompts for tests: tones of an exact length, so that a test waits no longer than it has to.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const RATE = 8000;

/** Prompts of every world, under `shared`: name → milliseconds. */
export const PROMPTS = { blip: 200, short: 500, wrong: 300, quiet: 300, long: 12_000 } as const;

/** Writes them under `directory` the way sounds/ is laid out. */
export function writePrompts(directory: string): void {
  mkdirSync(join(directory, "shared"), { recursive: true });
  for (const [name, ms] of Object.entries(PROMPTS)) {
    writeFileSync(join(directory, `shared/${name}.wav`), tone(ms));
  }
}

/** A WAV file of a soft 440 Hz tone: 8 kHz, 16 bit, one channel. */
function tone(ms: number): Buffer {
  const samples = Math.round((RATE * ms) / 1000);
  const header = Buffer.alloc(44);
  header.write("RIFF");
  header.writeUInt32LE(36 + samples * 2, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples * 2, 40);
  const body = Buffer.alloc(samples * 2);
  for (let at = 0; at < samples; at++) {
    body.writeInt16LE(Math.round(6000 * Math.sin((2 * Math.PI * 440 * at) / RATE)), at * 2);
  }
  return Buffer.concat([header, body]);
}
