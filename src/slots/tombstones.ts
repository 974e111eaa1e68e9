import { slotTimes } from "../calls/slot-port.ts";
import type { SlotKey } from "../core/admission/admission.ts";

/** Ten minutes at 800 hang-ups a second; past it the oldest are forgotten. */
const MOST = 500_000;

/** Channels that have hung up, so that a late word about one brings no slot back. */
export class Tombstones {
  // All last equally long, so the order of insertion is the order of ending.
  readonly #until = new Map<string, number>();

  has(key: SlotKey, nowMs: number): boolean {
    const until = this.#until.get(`${key.server}|${key.uniqueid}`);
    return until !== undefined && until > nowMs;
  }

  add(key: SlotKey, nowMs: number): void {
    const name = `${key.server}|${key.uniqueid}`;
    this.#until.delete(name);
    this.#until.set(name, nowMs + slotTimes.tombstoneMs);
    if (this.#until.size > MOST) this.#dropFirst();
  }

  prune(nowMs: number): void {
    for (const [name, until] of this.#until) {
      if (until > nowMs) return;
      this.#until.delete(name);
    }
  }

  forget(server: string): void {
    for (const name of this.#until.keys()) if (name.startsWith(`${server}|`)) this.#until.delete(name);
  }

  #dropFirst(): void {
    const first = this.#until.keys().next();
    if (first.done !== true) this.#until.delete(first.value);
  }
}
