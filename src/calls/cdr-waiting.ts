import type { CdrLeg } from "../core/record/cdr.ts";
import { mergeCdr } from "../core/record/cdr.ts";
import type { CallId } from "../core/tenant/stamp.ts";
import type { CdrNews } from "./cdr-rows.ts";

export type ToldCall = { readonly call: CallId; readonly cdr: readonly CdrLeg[] };

/** Channels whose rows wait at a time, over all switches. */
const MOST_WAITING = 10_000;

/**
 * Rows that name no call. Asterisk writes all rows of a channel at its end, one after the other, and only the last one
 * carries the stamp: the earlier ones wait for it here. It remembers nothing else.
 */
export class CdrRows {
  readonly #waiting = new Map<string, readonly CdrLeg[]>();

  /** The row with those that waited for it; null when it waits itself. `known` is the call that its channel is on. */
  take(server: string, { uniqueid, call: named, legs }: CdrNews, known: CallId | null): ToldCall | null {
    const key = `${server} ${uniqueid}`;
    const cdr = mergeCdr(this.#waiting.get(key), legs) ?? [];
    this.#waiting.delete(key);
    const call = named ?? known;
    if (call !== null) return { call, cdr };
    this.#waiting.set(key, cdr);
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size <= MOST_WAITING) break;
      this.#waiting.delete(oldest);
    }
    return null;
  }
}
