import type { AcquireContext, TrunkLeg } from "../calls/slot-port.ts";
import type { SlotKey, SlotRequest } from "../core/admission/admission.ts";
import { keepNewest } from "../platform/keep-newest.ts";
import { nameOf } from "./entries.ts";

/** A call that was let in, and its leg should that have come up meanwhile. */
export type LetIn = { readonly request: SlotRequest; readonly context: AcquireContext; leg: TrunkLeg | null };

/** Should a Redis be away for hours, the sweeps know what lives better than a list of all that was let in. */
const MOST = 5000;
/** So many are told together: one by one, those of a long outage would take seconds. */
const AT_ONCE = 16;

/** What was let in while Redis could not be asked, to be told to it once it can be. */
export class Owed {
  readonly #calls = new Map<string, LetIn>();
  #paying = false;

  letIn(request: SlotRequest, context: AcquireContext): LetIn {
    const call = { request, context, leg: null };
    this.#calls.set(nameOf(request.key), call);
    keepNewest(this.#calls, MOST);
    return call;
  }

  cameUp(asker: SlotKey, leg: TrunkLeg): void {
    const call = this.#calls.get(nameOf(asker));
    if (call !== undefined) call.leg = leg;
  }

  forget(key: SlotKey): void {
    this.#calls.delete(nameOf(key));
  }

  /** Redis knows of this very call. Of one that has asked anew meanwhile it may not. */
  told(call: LetIn): void {
    if (this.#owes(call)) this.forget(call.request.key);
  }

  /**
   * Tells of each that is still owed. False when that is under way already: a call that is told of before its leg and
   * again after it would be counted twice.
   */
  async pay(tell: (call: LetIn) => Promise<void>): Promise<boolean> {
    if (this.#paying) return false;
    this.#paying = true;
    try {
      const calls = [...this.#calls.values()];
      for (let from = 0; from < calls.length; from += AT_ONCE) {
        const due = calls.slice(from, from + AT_ONCE).filter((call) => this.#owes(call));
        const ends = await Promise.allSettled(due.map((call) => tell(call).then(() => this.told(call))));
        const failed = ends.find((end) => end.status === "rejected");
        if (failed !== undefined) throw failed.reason;
      }
    } finally {
      this.#paying = false;
    }
    return true;
  }

  #owes(call: LetIn): boolean {
    return this.#calls.get(nameOf(call.request.key)) === call;
  }
}
