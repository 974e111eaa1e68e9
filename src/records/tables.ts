import type { Kysely, Transaction } from "kysely";
import type { RecordingState } from "../calls/recording-port.ts";
import type { RecordingPart } from "../core/recording/recording-file.ts";
import type { EdgeMemory } from "./edges.ts";

/** Rows as both databases have them. Times are epoch milliseconds; "" stands for none in what is part of a key. */
export type Tables = {
  calls: CallRow & { tenant: string };
  /** Calls of nobody: this table has no column for a tenant. */
  unowned_calls: CallRow;
  usage_calls: {
    tenant: string;
    day: string;
    direction: string;
    did: string;
    ingroup: string;
    outcome: string;
    reason: string;
    calls: number;
  };
  usage_legs: {
    tenant: string;
    day: string;
    direction: string;
    did: string;
    ingroup: string;
    trunk: string;
    shared: number;
    legs: number;
    answered: number;
    seconds: number;
    billed66: number;
    billed306: number;
    billed6060: number;
  };
  /** Legs out by the dialler's campaign: the same legs as in usage_legs. */
  usage_campaigns: {
    tenant: string;
    day: string;
    campaign: string;
    trunk: string;
    legs: number;
    answered: number;
    seconds: number;
    billed66: number;
    billed306: number;
    billed6060: number;
  };
  /** All channels; `bound` is the tenant's cap. */
  channel_minutes: MinuteRow;
  /** Channels on shared trunks alone; `bound` is the tenant's reserve. Written with the row of all channels only. */
  pool_minutes: MinuteRow;
  /** When each counted leg held a channel, and what its call knew of its tenant's limits. */
  occupations: {
    call_id: string;
    boot: string;
    uniqueid: string;
    tenant: string;
    began_at: number;
    ended_at: number;
    shared: number;
    cap: number | null;
    reserved: number | null;
  };
  recordings: RecordingRow;
  /** Rows of recordings by the hour of the epoch in which their calls began. */
  usage_recordings: {
    tenant: string;
    hour: number;
    state: RecordingState;
    part: RecordingPart;
    recordings: number;
    length_ms: number;
    bytes: number;
  };
};

/**
 * Legs that began and ended in each minute of the epoch, how far that took the level up (core/record/peak), how long
 * each level lasted (core/record/held), and the bound that the last of them knew of.
 */
export type MinuteRow = {
  tenant: string;
  minute: number;
  began: number;
  ended: number;
  rise: number;
  rise_at: number | null;
  levels: string | null;
  bound: number | null;
};

/** One file of a recorded call; the row outlives the file. */
export type RecordingRow = {
  /** Below the directory of recordings: `apex/2026/11/23/ast1-1795304782.2.wav`. */
  file: string;
  call_id: string;
  part: RecordingPart;
  tenant: string;
  server: string;
  direction: string;
  did: string | null;
  /** 1 when somebody was reached, so that there has to be a file. */
  answered: number;
  call_began_at: number;
  call_ended_at: number;
  format: string;
  /** The notice that was to be played, and when it had been. */
  notice: string | null;
  noticed_at: number | null;
  /** RecordingGap[] as JSON. */
  gaps: string;
  state: RecordingState;
  started_at: number | null;
  stopped_at: number | null;
  length_ms: number | null;
  bytes: number | null;
  sha256: string | null;
  keep_until: number | null;
  held_at: number | null;
  held_by: string | null;
  held_why: string | null;
  deleted_at: number | null;
  deleted_by: string | null;
};

export type CallRow = {
  call_id: string;
  boot: string;
  /** 0 while only parts of a call are known whose end another node will tell; such a call counts nowhere. */
  is_over: number;
  direction: string;
  server: string;
  did: string | null;
  caller: string;
  callee: string;
  trunk: string | null;
  started_at: number;
  answered_at: number | null;
  ended_at: number;
  billable_seconds: number;
  outcome: string;
  reason: string | null;
  recording: string | null;
  /** CallFacts as JSON. */
  facts: string;
};

/** What a list of calls shows of each. */
export const SHOWN = [
  "call_id",
  "direction",
  "server",
  "did",
  "caller",
  "callee",
  "trunk",
  "started_at",
  "answered_at",
  "ended_at",
  "billable_seconds",
  "outcome",
  "reason",
  "recording",
] as const satisfies readonly (keyof CallRow)[];

/** Only in the local file. */
export type JournalTables = {
  open_calls: { call_id: string; boot: string; facts: string; clock: string };
  outbox: { id: number; facts: string; is_over: number };
  /** Calls that the records database does not take, with what it said. */
  outbox_aside: { id: number; facts: string; is_over: number; why: string };
};

export type DialectName = "sqlite" | "mysql";

/** A database of records, with what its dialect is where the two differ. */
export type Database = { readonly db: Kysely<Tables>; readonly dialect: DialectName };

export type Writer = {
  readonly db: Transaction<Tables>;
  readonly dialect: DialectName;
  /** Only where nobody else writes calls to this database. */
  readonly edges?: EdgeMemory;
  /** Others may write through another member of a cluster: see mysql/cluster.ts. */
  readonly isCluster?: boolean;
};
