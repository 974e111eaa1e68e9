import type { SlotKey } from "../core/admission/admission.ts";
import { keepNewest } from "../platform/keep-newest.ts";

type Waiting = { readonly server: string; readonly trunk: string; readonly since: number };

/** Legs whose end was never told are forgotten when this many are known. */
const MOST_WAITING = 50_000;

/**
 * Which dialled trunk legs have said nothing yet. People hang up on a dead carrier, and diallers give up, long before
 * SIP's own timer runs out, and then no step tells of it: without this a carrier that nobody probes would stay in use.
 */
export class SilenceWatch {
  readonly #waiting = new Map<string, Waiting>();
  /** Switches that tell of ringing at all: files rendered by an earlier version do not ask them to. */
  readonly #telling = new Set<string>();

  /** A leg is dialled on a trunk; `now` in milliseconds of a clock that nobody sets. */
  dialled(leg: SlotKey, trunk: string, now: number): void {
    this.#waiting.set(keyOf(leg), { server: leg.server, trunk, since: now });
    keepNewest(this.#waiting, MOST_WAITING);
  }

  /** It rings, or says something else. */
  spoke(leg: SlotKey): void {
    this.#telling.add(leg.server);
    this.#waiting.delete(keyOf(leg));
  }

  /** It is dialled no more. The trunk that said nothing and for how long, milliseconds; null when it spoke. */
  over(leg: SlotKey, now: number): { readonly trunk: string; readonly silentMs: number } | null {
    const waiting = this.#waiting.get(keyOf(leg));
    this.#waiting.delete(keyOf(leg));
    if (waiting === undefined || !this.#telling.has(leg.server)) return null;
    return { trunk: waiting.trunk, silentMs: now - waiting.since };
  }

  /** The switch was not heard for a while: what its legs said then is unknown. */
  forget(server: string): void {
    this.#telling.delete(server);
    for (const [key, waiting] of this.#waiting) if (waiting.server === server) this.#waiting.delete(key);
  }
}

function keyOf({ server, uniqueid }: SlotKey): string {
  return `${server} ${uniqueid}`;
}
