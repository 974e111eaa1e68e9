// A prompt for load runs: a soft tone of an exact length, so that a run waits no longer than it has to.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const RATE = 8000;

/** Writes a WAV file, 8 kHz, 16 bit, one channel. */
export function writeTone(file: string, ms: number): void {
  const bytes = Math.round((RATE * ms) / 1000) * 2;
  const wav = Buffer.alloc(44 + bytes);
  wav.write("RIFF");
  wav.writeUInt32LE(36 + bytes, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(RATE, 24);
  wav.writeUInt32LE(RATE * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(bytes, 40);
  for (let at = 0; at < bytes; at += 2) {
    wav.writeInt16LE(Math.round(6000 * Math.sin((2 * Math.PI * 440 * at) / 2 / RATE)), 44 + at);
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wav);
}
