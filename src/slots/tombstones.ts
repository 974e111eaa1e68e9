import { slotTimes } from "../calls/slot-port.ts";

/** Of each of the two generations; ten minutes at 400 hang-ups a second. */
const MOST = 250_000;

/**
 * Channels that have hung up, so that a late word about one brings no slot back. Kept in two generations and dropped a
 * generation at a time: taking the oldest out of one large map, one by one, walks over all that went before it.
 */
export class Tombstones {
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #youngSince = 0;

  /** `name` as `nameOf` makes it. */
  has(name: string, nowMs: number): boolean {
    const until = this.#young.get(name) ?? this.#old.get(name);
    return until !== undefined && until > nowMs;
  }

  add(name: string, nowMs: number): void {
    this.prune(nowMs);
    this.#young.set(name, nowMs + slotTimes.tombstoneMs);
  }

  prune(nowMs: number): void {
    if (this.#young.size < MOST && nowMs - this.#youngSince < slotTimes.tombstoneMs) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngSince = nowMs;
  }

  forget(server: string): void {
    for (const generation of [this.#young, this.#old]) {
      for (const name of generation.keys()) if (name.startsWith(`${server}|`)) generation.delete(name);
    }
  }
}
