// What is in a recorded file, looked at apart from the code that is tested.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** How many seconds of a WAV file hold more than a whisper, in tenths. */
export function secondsThatAreLoud(path: string): number {
  const sound = readFileSync(path).subarray(44);
  let loud = 0;
  for (let at = 0; at + 1600 <= sound.length; at += 1600) {
    let peak = 0;
    for (let sample = at; sample < at + 1600; sample += 2)
      peak = Math.max(peak, Math.abs(sound.readInt16LE(sample)));
    if (peak > 500) loud += 0.1;
  }
  return loud;
}
