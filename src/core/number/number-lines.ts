import { readDialled } from "./dialled.ts";
import { mayHoldPrefix } from "./e164.ts";

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const ZERO = 48;
const NINE = 57;
const PLUS = 43;
const HASH = 35;
const OPENING = 40;
const CLOSING = 41;
/** Space, tab, and what people write between digits: ( ) - . / , and the quotes of a CSV file. */
const BETWEEN: ReadonlySet<number> = new Set([32, 9, OPENING, CLOSING, 45, 46, 47, 44, 34]);
/** What some editors put before the first line, and office programs write for a space that may not be broken at. */
const INVISIBLE: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf, 0xc2, 0xa0]);

/** Digits of an E.164 number without its `+`, as a number: 15 digits stay exact. */
export function numberKey(e164: string): number {
  return Number(e164.slice(1));
}

/** Lines that hold no number, and which they are as far as they are kept. */
export type BadLines = { readonly count: number; readonly first: readonly number[] };

/** So many bad lines are named: after them it is plain that the file is no list of numbers. */
export const MOST_BAD_LINES = 10;

/**
 * Reads a list of numbers, one a line, from bytes as they come: `+12125550100`, national forms of `country`,
 * `212,5550100` as the FTC hands them out; `#` begins a comment, and a first line without any digit is a heading. Digits
 * are taken one by one and only what is neither E.164 nor a plain North American number costs a call to the phone number
 * library.
 */
export class NumberLines {
  readonly #country: string;
  readonly #northAmerican: boolean;
  readonly #add: (key: number) => void;
  /** Digits before the last opening bracket; null outside of brackets. */
  #bracket: number | null = null;
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
      else if (BETWEEN.has(byte)) this.#between(byte);
      else if (byte !== CARRIAGE_RETURN && !INVISIBLE.has(byte)) this.#spoilt = true;
    }
  }

  end(): BadLines {
    this.#endLine();
    return { count: this.#bad, first: this.#firstBad };
  }

  /** The zero of `+44 (0)20 7183 8750` is dialled in the country only. */
  #between(byte: number): void {
    if (byte === OPENING) this.#bracket = this.#digits;
    if (byte !== CLOSING || this.#bracket === null) return;
    const only = this.#plus && this.#bracket > 0 && this.#digits === this.#bracket + 1;
    if (only && this.#value % 10 === 0) {
      this.#value /= 10;
      this.#digits--;
    }
    this.#bracket = null;
  }

  #digit(digit: number): void {
    this.#value = this.#value * 10 + digit;
    this.#digits++;
    // Leading zeros are a trunk prefix and would be lost in a number, so they are counted by the digits.
    if (this.#digits > 20) this.#spoilt = true;
  }

  #endLine(): void {
    const empty = this.#digits === 0 && !this.#plus && (!this.#spoilt || this.#line === 1);
    if (!empty) {
      const key = this.#spoilt ? null : this.#key();
      if (key !== null) this.#add(key);
      else if (++this.#bad <= MOST_BAD_LINES) this.#firstBad.push(this.#line);
    }
    this.#line++;
    this.#bracket = null;
    this.#value = 0;
    this.#digits = 0;
    this.#plus = false;
    this.#comment = false;
    this.#spoilt = false;
  }

  #key(): number | null {
    const value = this.#value;
    if (this.#plus) return this.#digits >= 7 && this.#digits <= 15 && value >= 1e6 ? this.#asDialled() : null;
    if (this.#northAmerican && this.#digits === 10 && value >= 2e9) return 1e10 + value;
    if (this.#northAmerican && this.#digits === 11 && value >= 1.2e10 && value < 2e10) return value;
    const read = readDialled(String(value).padStart(this.#digits, "0"), this.#country);
    return read === null ? null : numberKey(read);
  }

  /** What is E.164 stands as it is, unless whoever dials it reaches another number, as without the 0 of `+44020…`. */
  #asDialled(): number {
    if (this.#digits === 11 && this.#value < 2e10) return this.#value;
    const number = `+${this.#value}`;
    const read = mayHoldPrefix(number) ? readDialled(number, this.#country) : null;
    return read === null ? this.#value : numberKey(read);
  }
}
