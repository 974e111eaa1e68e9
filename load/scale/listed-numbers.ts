import { closeSync, openSync, writeSync } from "node:fs";
import type { E164 } from "../../src/core/number/e164.ts";

/** A prime, so that every number comes once before one comes again, in no order that a sort would find easy. */
const NUMBERS = 799_999_999;
const STEP = 600_011;

/**
 * The number at `index` of a made list: ten digits of the North American plan that end in `shift`. Those that end in
 * another digit than 0 are not on the list.
 */
export function listedNumber(index: number, shift: number): E164 {
  return `+1${2_000_000_000 + ((index * STEP) % NUMBERS) * 10 + shift}` as E164;
}

/** Writes a list of so many numbers, as a client may hand it in: ten digits a line, in no order. */
export function writeList(file: string, numbers: number): void {
  const descriptor = openSync(file, "w");
  for (let from = 0; from < numbers; from += 50_000) {
    const lines = Array.from({ length: Math.min(50_000, numbers - from) }, (_, index) =>
      listedNumber(from + index, 0).slice(2),
    );
    writeSync(descriptor, `${lines.join("\n")}\n`);
  }
  closeSync(descriptor);
}
