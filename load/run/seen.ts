// What every look at a floor has found wrong. Store and switch are asked one after the other while calls come and go, so
// only what one look after another finds is believed.
import type { Agreement } from "./agreement.ts";

/** So many looks in a row, */
const LOOKS = 3;
/** and for this long. Without a fault a slot comes with the decision and goes with the hangup; a sweep takes longer. */
const LONG_MS = 4000;
/** A stamp stands before the leg is up. */
const STAMP_LOOKS = 2;

type Findings = Pick<Agreement, "stamps" | "uncounted" | "ended" | "adopted">;

type Finding = { readonly since: number; readonly looks: number };

export class Seen {
  /** True where no part is made to fail: then nothing has to be made up for. */
  readonly #calm: boolean;
  readonly #wrong = new Set<string>();
  #findings = new Map<string, Finding>();

  constructor(calm: boolean) {
    this.#calm = calm;
  }

  get wrong(): readonly string[] {
    return [...this.#wrong];
  }

  /** `at` is in milliseconds. */
  note({ stamps, uncounted, ended, adopted }: Findings, at: number): void {
    const findings = new Map<string, Finding>();
    const find = (text: string, fewest: number, leastMs: number): void => {
      const { since, looks } = this.#findings.get(text) ?? { since: at, looks: 0 };
      findings.set(text, { since, looks: looks + 1 });
      if (looks + 1 >= fewest && at - since >= leastMs) this.#wrong.add(text);
    };
    for (const text of stamps) find(`stamp: ${text}`, STAMP_LOOKS, 0);
    if (this.#calm) {
      for (const leg of adopted)
        find(`store = switch: ${leg} was counted by a sweep, not by its decision`, 1, 0);
      const long = `for ${LONG_MS / 1000} s`;
      for (const leg of uncounted)
        find(`store = switch: ${leg} was up and not counted ${long}`, LOOKS, LONG_MS);
      for (const leg of ended)
        find(`store = switch: ${leg} had ended and was counted ${long}`, LOOKS, LONG_MS);
    }
    this.#findings = findings;
  }
}
