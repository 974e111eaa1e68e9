import { numberKey } from "../core/number/number-lines.ts";

/**
 * A set of telephone numbers that costs eight bytes each: sorted, in one piece of memory, looked up by halving. Ten
 * million numbers are 80 MB and a look-up is under a microsecond. It never changes; a new list is a new set.
 */

export class NumberSet {
  /** Ascending, without repetition. */
  readonly #keys: Float64Array;

  /** Takes the keys over: nobody else may write to them. MUST be ascending. */
  constructor(keys: Float64Array) {
    this.#keys = keys;
  }

  get size(): number {
    return this.#keys.length;
  }

  has(e164: string): boolean {
    const wanted = numberKey(e164);
    const keys = this.#keys;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const key = keys[middle];
      if (key === undefined || key >= wanted) high = middle;
      else low = middle + 1;
    }
    return keys[low] === wanted;
  }
}

/** Sorts `keys` in place and drops repetitions; gives the part that is the set. */
export function sortKeys(keys: Float64Array): Float64Array {
  keys.sort();
  let kept = 0;
  for (const key of keys) {
    if (kept > 0 && keys[kept - 1] === key) continue;
    keys[kept] = key;
    kept++;
  }
  return keys.subarray(0, kept);
}
