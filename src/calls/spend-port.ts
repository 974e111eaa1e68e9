import type { SpendAnswer, SpendRequest } from "../core/callflow/commands.ts";
import type { CallId } from "../core/tenant/stamp.ts";

/** The port of the spend guard: what every tenant has dialled on each day of its own calendar. */
export type SpendLedger = {
  /**
   * Counts a number that a call dials under every limit of the request if all have room, else under none. Atomic over
   * all nodes that share the ledger, and exact across restarts where it is stored. Asked again for a placing that is
   * counted, or an earlier one of the call, it says `within` and counts nothing. MUST answer within 150 ms and never
   * rejects: `unknown` while it cannot be asked.
   */
  readonly begin: (request: SpendRequest) => Promise<SpendAnswer>;
  /**
   * The call is over and was billable for `seconds`, which are added to the day and the prefixes of the number that it
   * dialled last: nothing is dialled for a call once somebody has answered. Minutes are known only then: calls that are
   * still talking can take a tenant past its minutes, never past its calls. Told twice it adds nothing; false for a call
   * that was never counted, as far as anybody can be asked.
   */
  readonly ended: (call: CallId, seconds: number) => Promise<boolean>;
};

/** What was counted under one prefix of one day. */
export type Spent = {
  readonly tenant: string;
  readonly day: string;
  readonly prefix: string;
  readonly calls: number;
  readonly seconds: number;
};

/**
 * A node's own ledger beside one that all nodes share: it keeps what this node has counted, so that what the shared one
 * loses can be filled in again. MUST outlive the process.
 */
export type KeptSpending = SpendLedger & {
  /** True for a number that this node has counted, here or in the shared ledger. */
  readonly knows: (placed: Pick<SpendRequest, "call" | "placing">) => boolean;
  /** Counts a call that the shared ledger has let in, whatever the limits say. */
  readonly note: (request: SpendRequest) => void;
  /** Adds what a call cost, whichever node has counted it. */
  readonly noteEnd: (
    call: CallId,
    spent: Omit<Spent, "prefix" | "calls">,
    prefixes: readonly string[],
  ) => void;
  /** What this node has counted on `day` and after. */
  readonly own: (day: string) => readonly Spent[];
  readonly close: () => Promise<void>;
};
