/**
 * What is kept of one call. Two forms of it: `CallFacts` is what was seen, in any order and as often as one likes;
 * `CallRecord` is what follows from it, computed anew whenever a fact is added. Facts only ever grow, and two sets
 * of facts about one call can be joined (merge.ts), so that it does not matter which node saw what, or when.
 *
 * Nothing here knows a digit that a caller typed: only the key of a choice that the menu has.
 */
import type { RefusalReason } from "../callflow/refusal.ts";
import type { Recording } from "../recording/recording.ts";
import type { Instruction } from "../routing/instruction.ts";
import type { OpenState } from "../schedule/hours.ts";
import type { CallId, Direction, Stamped } from "../tenant/stamp.ts";
import type { TenantId } from "../tenant/tenant-id.ts";
import type { CdrLeg } from "./cdr.ts";

/** Everything seen of one call. All times are epoch milliseconds, UTC. */
export type CallFacts = {
  readonly call: CallId;
  readonly server: string;
  /** The switch's boot as it names it, "" while unknown. */
  readonly boot: string;
  /** Ordered by time. */
  readonly steps: readonly StepNote[];
  /** Ordered by uniqueid. */
  readonly legs: readonly LegNote[];
  /** When it was noticed that the switch has none of its legs any more, without having said that they ended. */
  readonly lostAt: number | null;
  /** What became of its recording, ordered by time; absent where nothing did. */
  readonly marks?: readonly RecordingMark[];
  /** What the switch's own records say, ordered by channel; absent where they were not asked. */
  readonly cdr?: readonly CdrLeg[];
  /** What nodes heard that did not listen to the switch (overheard.ts); absent where none did. */
  readonly overheard?: Pick<CallFacts, "legs" | "lostAt">;
  /** True where something was heard later than it happened; absent where nothing is known to have been. */
  readonly late?: true;
};

/** One decided step, without what a caller typed. */
export type StepNote = {
  readonly at: number;
  readonly uniqueid: string;
  /** The same for a step that was asked for again, since its first answer did not arrive; the last one counts. */
  readonly turn: string;
  readonly direction: Direction;
  readonly tenant: TenantId | null;
  /** The tenant's zone at the time. */
  readonly zone: string | null;
  readonly did: string | null;
  /** Who calls, as the core read it. */
  readonly caller: string;
  /** As dialled; null on a step after the first. */
  readonly dialled: string | null;
  /** What the call came back from; null for its first step. */
  readonly back: StepBack | null;
  readonly choice: MenuChoice | null;
  readonly does: Instruction["do"];
  /** Cause of a hangup that was decided. */
  readonly cause: number | null;
  readonly dial: StepDial | null;
  readonly queue: string | null;
  readonly ended: boolean;
  readonly schedule: OpenState | null;
  readonly target: Readonly<Record<string, unknown>> | null;
  readonly refusal: { readonly reason: RefusalReason; readonly says: string } | null;
  readonly revision: string;
  readonly trace: readonly { readonly rule: string; readonly says: string }[];
  /** The call that the asking channel was dialled in, where a phone has sent it on: its leg and its seconds are that one's. */
  readonly sentFrom?: CallId;
  /** The dialler's campaign and its agent; absent where nobody told. */
  readonly campaign?: string;
  readonly agent?: string;
  /** Absent from a step that records nothing. */
  readonly recording?: StepRecording;
  /** The tenant's limits at the time, on the first step of its call. */
  readonly limits?: StepLimits;
};

/** `cap`: most channels of the tenant, null for no cap. `reserved`: legs of the shared pool that are always its. */
export type StepLimits = { readonly cap: number | null; readonly reserved: number };

/** What is recorded from this step on, once somebody answers. */
export type StepRecording = Recording & {
  /** Null: it is kept until somebody deletes it. */
  readonly keepDays: number | null;
};

/**
 * `noticed`: the notice was played to its end. `unnoticed`: whoever was to hear it hung up before that, so that nothing was
 * recorded. `stopped`: a pause was not confirmed, so it was ended for good.
 */
export type RecordingMark = {
  readonly at: number;
  readonly what: "noticed" | "unnoticed" | "paused" | "resumed" | "stopped";
};

/** What was to be recorded of a call, as far as the call itself tells; whether there is a file is seen on disk. */
export type RecordedCall = StepRecording & {
  /** When the notice had been played; null: it was not, or nobody saw it. */
  readonly noticedAt: number | null;
  readonly gaps: readonly RecordingGap[];
};

/** Not recorded from here to there; `to` is null when that lasted to the end of the call. Epoch milliseconds. */
export type RecordingGap = { readonly from: number; readonly to: number | null };

export type StepBack = {
  readonly type: "played" | "digits" | "silence" | "dialled" | "queued";
  /** DIALSTATUS or QUEUESTATUS. */
  readonly status: string | null;
  readonly cause: number | null;
};

export type StepDial = {
  /** The whole Dial() string. */
  readonly dial: string;
  readonly trunk: string | null;
  readonly number: string | null;
  readonly callerId: string | null;
};

/** The key of a choice that the menu has, never other digits. */
export type MenuChoice = { readonly menu: string; readonly key: string };

/** One channel. Times are the earliest that anybody saw, `seenAt` the latest. */
export type LegNote = {
  readonly uniqueid: string;
  readonly channel: string | null;
  /** Null for a leg on no trunk: a phone, a Local channel, a conference. */
  readonly trunk: LegTrunk | null;
  readonly dialledBy: string | null;
  readonly upAt: number | null;
  readonly dialAt: number | null;
  readonly answeredAt: number | null;
  readonly seenAt: number | null;
  readonly endedAt: number | null;
  /** Q.850, 0 when Asterisk knew none. */
  readonly cause: number | null;
  /** True when the far end hung this leg up, false when our side did, null when nobody said. */
  readonly byFarEnd: boolean | null;
  /** The leg had called in and was still ringing as it ended. */
  readonly unanswered?: true;
  /** It was ended since it had lasted as long as a call may. */
  readonly overtime?: true;
  readonly dialStatus: string | null;
  /** What the leg itself carries; believed where no step says whose the call is. */
  readonly tenant: TenantId | null;
  /** That tenant's zone at the time. */
  readonly zone: string | null;
  readonly direction: Direction | "refused" | null;
};

export type LegTrunk = { readonly name: string; readonly shared: boolean };

export type CallOutcome =
  /** Somebody was reached: a phone, a trunk's far end, an agent of a queue, an in-group, a mailbox. */
  | "answered"
  | "busy"
  | "no_answer"
  | "failed"
  /** Who dialled out gave up. */
  | "cancelled"
  /** Ended by configuration: announced or hung up. */
  | "ended"
  /** Who called in hung up before reaching anybody: in a menu, in a queue, while it rang. */
  | "abandoned"
  | "refused"
  /** The switch died or forgot it; the seconds are those up to its last sign of life. */
  | "unknown_end";

export type HungUpBy = "caller" | "callee" | "signalbox";

/** What is full, forbidden or unknown, for reports. */
export type RefusalScope =
  | "tenant"
  | "direction"
  | "pool"
  | "trunk"
  | "rate"
  | "number"
  | "identity"
  | "store";

export type Attempt = {
  readonly trunk: string;
  readonly dial: string;
  readonly number: string | null;
  readonly callerId: string | null;
  readonly at: number;
  /** Null when it never came back: the caller was gone, or the call is still on it. */
  readonly status: string | null;
  readonly cause: number | null;
  readonly uniqueid: string | null;
};

/** A leg with its seconds; all zero for one that was never answered but `ringSeconds`. */
export type RecordLeg = {
  readonly uniqueid: string;
  readonly channel: string | null;
  readonly trunk: string | null;
  readonly shared: boolean;
  readonly direction: Direction;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  readonly cause: number | null;
  /** True for a leg that was only told that it may not come in. */
  readonly refused: boolean;
  readonly ringSeconds: number;
  readonly talkSeconds: number;
  /** Begun seconds of talk; 0 for a refused leg. */
  readonly billableSeconds: number;
};

export type CallRecord = {
  readonly call: CallId;
  readonly server: string;
  readonly boot: string;
  readonly tenant: TenantId | null;
  readonly direction: Direction;
  readonly zone: string;
  readonly uniqueids: readonly string[];
  readonly did: string | null;
  readonly from: string;
  readonly to: { readonly dialled: string; readonly sent: string | null };
  readonly trunk: string | null;
  readonly attempts: readonly Attempt[];
  readonly menuPath: readonly MenuChoice[];
  readonly schedule: OpenState | null;
  readonly target: Readonly<Record<string, unknown>> | null;
  readonly ingroup: string | null;
  /** The dialler's campaign that placed the call, and the agent, where it was told. */
  readonly campaign: string | null;
  readonly agent: string | null;
  readonly queue: string | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  /** Those on a trunk. */
  readonly legs: readonly RecordLeg[];
  /** Of the call's own leg: the one it came in on, or those it went out on. */
  readonly billableSeconds: number;
  readonly outcome: CallOutcome;
  readonly cause: number | null;
  readonly hungUpBy: HungUpBy | null;
  readonly refusal: {
    readonly reason: RefusalReason;
    readonly scope: RefusalScope;
    readonly says: string;
  } | null;
  readonly recorded: RecordedCall | null;
  readonly revision: string;
  readonly trace: readonly { readonly at: number; readonly rule: string; readonly says: string }[];
  readonly facts: CallFacts;
};

/** A call of a client; without the stamp it cannot be stored as one. */
export type StampedCall = Stamped<CallRecord>;

/** A call of nobody: a number that no client owns. It is kept apart and has no tenant at all. */
export type UnownedCall = CallRecord & { readonly tenant: null };
