import type { SlotKey } from "../core/admission/admission.ts";
import { keepNewest } from "../platform/keep-newest.ts";

type Dialled = {
  readonly server: string;
  readonly trunk: string;
  readonly since: number;
  readonly spoke: boolean;
};

/** A dialled leg is over. */
export type DialOver = {
  readonly trunk: string;
  /** How long it said nothing, until its end; null when it rang or said something else. */
  readonly silentMs: number | null;
};

/** Legs whose end was never told are forgotten when this many are known. */
const MOST_DIALLED = 50_000;

/**
 * Which dialled trunk legs have said nothing yet. People hang up on a dead carrier, and diallers give up, long before
 * SIP's own timer runs out, and then no step tells of it: without this a carrier that nobody probes would stay in use.
 */
export class SilenceWatch {
  readonly #dialled = new Map<string, Dialled>();
  /** Switches that tell of ringing at all: files rendered by an earlier version do not ask them to. */
  readonly #telling = new Set<string>();

  /** A leg is dialled on a trunk; `now` in milliseconds of a clock that nobody sets. */
  dialled(leg: SlotKey, trunk: string, now: number): void {
    this.#dialled.set(keyOf(leg), { server: leg.server, trunk, since: now, spoke: false });
    keepNewest(this.#dialled, MOST_DIALLED);
  }

  /** It rings, or says something else. */
  spoke(leg: SlotKey): void {
    this.#telling.add(leg.server);
    const dialled = this.#dialled.get(keyOf(leg));
    if (dialled !== undefined) this.#dialled.set(keyOf(leg), { ...dialled, spoke: true });
  }

  /** It is dialled no more; null where nothing can be said of it. */
  over(leg: SlotKey, now: number): DialOver | null {
    const dialled = this.#dialled.get(keyOf(leg));
    this.#dialled.delete(keyOf(leg));
    if (dialled === undefined || !this.#telling.has(leg.server)) return null;
    return { trunk: dialled.trunk, silentMs: dialled.spoke ? null : now - dialled.since };
  }

  /** The switch was not heard for a while: what its legs said then is unknown. */
  forget(server: string): void {
    this.#telling.delete(server);
    for (const [key, dialled] of this.#dialled) if (dialled.server === server) this.#dialled.delete(key);
  }
}

function keyOf({ server, uniqueid }: SlotKey): string {
  return `${server} ${uniqueid}`;
}
