import type { Logger } from "pino";
import type { SlotKey } from "../core/admission/admission.ts";
import type { CallRecord, RecordLeg } from "../core/record/record.ts";
import type { CallId } from "../core/tenant/stamp.ts";
import { messageOf } from "../platform/errors.ts";
import { keepNewest } from "../platform/keep-newest.ts";
import type { SpendLedger } from "./spend-port.ts";

/** What of a record says what it cost. */
type RecordedCall = Pick<CallRecord, "call"> & {
  readonly legs: readonly Pick<RecordLeg, "direction" | "billableSeconds">[];
};

type Talk = { readonly calls: readonly string[]; readonly since: number };

/** Legs whose end was never told are forgotten when this many are known. */
const MOST_TALKS = 50_000;

/**
 * Tells the spend ledger how long each call that went out was billable: from its trunk leg's answer to that leg's end.
 * Every node hears that of its own calls. A call that began before this process did is told by its record, which comes a
 * little later; what is told twice counts once.
 */
export class SpendWatch {
  readonly #ledger: SpendLedger;
  readonly #log: Logger;
  readonly #talks = new Map<string, Talk>();

  constructor(ledger: SpendLedger, log: Logger) {
    this.#ledger = ledger;
    this.#log = log;
  }

  /**
   * The far end of a trunk leg has answered; `now` in milliseconds of a clock that nobody sets. `calls`: those that it may belong to, the surest
   * first: a leg that is transferred out still carries the name of the call it was dialled for.
   */
  answered(leg: SlotKey, calls: readonly string[], now: number): void {
    const key = keyOf(leg);
    if (this.#talks.has(key)) return;
    this.#talks.set(key, { calls, since: now });
    keepNewest(this.#talks, MOST_TALKS);
  }

  /** A leg has ended; one that was never answered costs nothing. Begun seconds count whole. */
  ended(leg: SlotKey, now: number): void {
    const key = keyOf(leg);
    const talk = this.#talks.get(key);
    if (talk === undefined) return;
    this.#talks.delete(key);
    void this.#tell(talk.calls, Math.max(1, Math.ceil((now - talk.since) / 1000)));
  }

  /** The record of a call is finished. */
  recorded({ call, legs }: RecordedCall): void {
    const out = legs.filter(({ direction }) => direction === "outbound");
    const seconds = out.reduce((sum, { billableSeconds }) => sum + billableSeconds, 0);
    if (seconds > 0) void this.#tell([call], seconds);
  }

  /** The first of `calls` that the ledger has counted pays for it. */
  async #tell(calls: readonly string[], seconds: number): Promise<void> {
    try {
      for (const call of calls) if (await this.#ledger.ended(call as CallId, seconds)) return;
    } catch (error) {
      const [call = ""] = calls;
      this.#log.error({ event: "spending.not_kept", code: "spending_not_kept", call }, messageOf(error));
    }
  }
}

function keyOf({ server, uniqueid }: SlotKey): string {
  return `${server} ${uniqueid}`;
}
