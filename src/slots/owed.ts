import type { AcquireContext, TrunkLeg } from "../calls/slot-port.ts";
import type { SlotKey, SlotRequest } from "../core/admission/admission.ts";
import { nameOf } from "./entries.ts";

/** A call that was let in, and its leg should that have come up meanwhile. */
type LetIn = { readonly request: SlotRequest; readonly context: AcquireContext; leg: TrunkLeg | null };

/** Should a Redis be away for hours, the sweeps know what lives better than a list of all that was let in. */
const MOST = 5000;

/** What was let in while Redis could not be asked, to be told to it once it can be. */
export class Owed {
  readonly #calls = new Map<string, LetIn>();

  letIn(request: SlotRequest, context: AcquireContext): void {
    const [oldest] = this.#calls.keys();
    if (this.#calls.size >= MOST && oldest !== undefined) this.#calls.delete(oldest);
    this.#calls.set(nameOf(request.key), { request, context, leg: null });
  }

  cameUp(asker: SlotKey, leg: TrunkLeg): void {
    const call = this.#calls.get(nameOf(asker));
    if (call !== undefined) call.leg = leg;
  }

  forget(key: SlotKey): void {
    this.#calls.delete(nameOf(key));
  }

  list(): readonly LetIn[] {
    return [...this.#calls.values()];
  }
}
