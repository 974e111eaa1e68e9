import { readDialled } from "./dialled.ts";

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const ZERO = 48;
const NINE = 57;
const PLUS = 43;
const HASH = 35;
/** Space, tab, and what people write between digits: ( ) - . , and the quotes of a CSV file. */
const BETWEEN: ReadonlySet<number> = new Set([32, 9, 40, 41, 45, 46, 44, 34]);
/** What some editors put before the first line, and office programs write for a space that may not be broken at. */
const INVISIBLE: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf, 0xc2, 0xa0]);

/** Digits of an E.164 number without its `+`, as a number: 15 digits stay exact. */
export function numberKey(e164: string): number {
  return Number(e164.slice(1));
}

/** Lines that hold no number; the first ten of them are named. */
export type BadLines = { readonly count: number; readonly first: readonly number[] };

/** After this many it is plain that the file is no list of numbers. */
const MOST_NAMED = 10;

/**
 * Reads a list of numbers, one a line, from bytes as they come: `+12125550100`, national forms of `country`,
 * `212,5550100` as the FTC hands them out; `#` begins a comment. Digits are taken one by one and only what is neither
 * E.164 nor a plain North American number costs a call to the phone number library.
 */
export class NumberLines {
  readonly #country: string;
  readonly #northAmerican: boolean;
  readonly #add: (key: number) => void;
  #line = 1;
  #value = 0;
  #digits = 0;
  #plus = false;
  #comment = false;
  #spoilt = false;
  #bad = 0;
  readonly #firstBad: number[] = [];

  constructor(country: string, add: (key: number) => void) {
    this.#country = country;
    this.#northAmerican = country === "US" || country === "CA";
    this.#add = add;
  }

  push(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte === NEWLINE) this.#endLine();
      else if (this.#comment) continue;
      else if (byte >= ZERO && byte <= NINE) this.#digit(byte - ZERO);
      else if (byte === PLUS && this.#digits === 0 && !this.#plus) this.#plus = true;
      else if (byte === HASH) this.#comment = true;
      else if (!BETWEEN.has(byte) && !INVISIBLE.has(byte) && byte !== CARRIAGE_RETURN) this.#spoilt = true;
    }
  }

  end(): BadLines {
    this.#endLine();
    return { count: this.#bad, first: this.#firstBad };
  }

  #digit(digit: number): void {
    this.#value = this.#value * 10 + digit;
    this.#digits++;
    // Leading zeros are a trunk prefix and would be lost in a number, so they are counted by the digits.
    if (this.#digits > 20) this.#spoilt = true;
  }

  #endLine(): void {
    const empty = this.#digits === 0 && !this.#plus && !this.#spoilt;
    if (!empty) {
      const key = this.#spoilt ? null : this.#key();
      if (key === null) {
        this.#bad++;
        if (this.#firstBad.length < MOST_NAMED) this.#firstBad.push(this.#line);
      } else {
        this.#add(key);
      }
    }
    this.#line++;
    this.#value = 0;
    this.#digits = 0;
    this.#plus = false;
    this.#comment = false;
    this.#spoilt = false;
  }

  #key(): number | null {
    const value = this.#value;
    if (this.#plus) return this.#digits >= 7 && this.#digits <= 15 && value >= 1e6 ? value : null;
    if (this.#northAmerican && this.#digits === 10 && value >= 2e9) return 1e10 + value;
    if (this.#northAmerican && this.#digits === 11 && value >= 1.2e10 && value < 2e10) return value;
    const read = readDialled(String(value).padStart(this.#digits, "0"), this.#country);
    return read === null ? null : numberKey(read);
  }
}
