import type { SpendAnswer, SpendRequest } from "../core/callflow/commands.ts";
import type { CallId } from "../core/tenant/stamp.ts";

/** The port of the spend guard: what every tenant has dialled on each day of its own calendar. */
export type SpendLedger = {
  /**
   * Counts a call under every limit of the request if all have room, else under none. Atomic over all nodes that share
   * the ledger, and exact across restarts where it is stored. Asked again for a call that is counted, it says `within`
   * and counts nothing. MUST answer within 150 ms and never rejects: `unknown` while it cannot be asked.
   */
  readonly begin: (request: SpendRequest) => Promise<SpendAnswer>;
  /**
   * The call is over and was billable for `seconds`, which are added to the day it began on. Minutes are known only
   * then: calls that are still talking can take a tenant past its minutes, never past its calls. Told twice, or of a
   * call that was never counted, it adds nothing.
   */
  readonly ended: (call: CallId, seconds: number) => Promise<void>;
};
