/**
 * The port of the call records: where finished calls go, and what reports and commands read.
 *
 * Writing MUST never delay a call: every writing operation returns at once and throws for nothing, whatever is down,
 * locked, slow or full. What was accepted is first written to a local file, which outlives a kill -9, and is then
 * stored once: a record is known by its call and the boot of its switch, and one that comes again, or in halves from
 * two nodes, is joined with what is there.
 *
 * A client's record carries its stamp, or it cannot be handed over as one.
 */

import type { IncrementName } from "../core/billing/increments.ts";
import type { Held } from "../core/record/held.ts";
import type { Peak } from "../core/record/peak.ts";
import type { CallFacts, CallRecord, StampedCall, UnownedCall } from "../core/record/record.ts";
import type { CallShare, CampaignShare, LegShare } from "../core/record/usage.ts";
import type { RecordingPart } from "../core/recording/recording-file.ts";
import type { RecordingState } from "./recording-port.ts";

export interface RecordStore {
  /** The call is still on; its facts so far are kept, so that a new process can go on with it. */
  keepOpen(facts: CallFacts): void;
  /**
   * A call that is over, or, with `part`, one that another node will end: what this node knows of it.
   * Idempotent.
   */
  put(record: StampedCall, how?: PutHow): void;
  /** A call of nobody. It is stored apart from every client's. */
  putUnowned(record: UnownedCall, how?: PutHow): void;
  /** Calls that were on when the last process ended. Rejects with RecordError when the local file cannot be read. */
  openCalls(): Promise<readonly CallFacts[]>;
  /** Resolves once everything accepted so far is in the local file, however long that takes. */
  flush(): Promise<void>;
  pending(): RecordsPending;
  health(): RecordsHealth;
  /** Writes what it can within `graceMs`, default 3000, and stops. */
  close(graceMs?: number): Promise<void>;
}

export type PutHow = { readonly part?: boolean };

export type RecordsPending = {
  /** Accepted and not yet in the local file. */
  readonly queued: number;
  /** In the local file and not yet in the records database; always 0 where the file is the database. */
  readonly outbox: number;
  /** Given up since the process began, because both bounds were reached. */
  readonly lost: number;
};

export type RecordsHealth = {
  readonly ready: boolean;
  /** Stable code of what is wrong, null when ready. */
  readonly code: string | null;
  /** What is wrong and what to do. */
  readonly why: string;
};

/** One line of a list of calls. Times are epoch milliseconds. */
export type StoredCall = {
  readonly call: string;
  /** Null for a call of nobody. */
  readonly tenant: string | null;
  readonly direction: string;
  readonly server: string;
  readonly did: string | null;
  readonly from: string;
  readonly to: string;
  readonly trunk: string | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  readonly billableSeconds: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly recording: string | null;
};

export type CallQuery = {
  readonly tenant?: string;
  /** True for the calls of nobody, which no tenant's query ever shows. */
  readonly unowned?: boolean;
  readonly did?: string;
  /** Began at or after, epoch milliseconds. */
  readonly since?: number;
  /** Began before. */
  readonly until?: number;
  /** Default 100, of pages none. */
  readonly limit?: number;
};

/** `from` and `to` are local dates `YYYY-MM-DD` of the tenant, half-open. */
export type UsageQuery = { readonly tenant: string; readonly from: string; readonly to: string };

export type UsageRows = {
  readonly calls: readonly CallShare[];
  readonly legs: readonly LegShare[];
  readonly campaigns: readonly CampaignShare[];
};

/**
 * `from` and `to` are epoch milliseconds, half-open. The limits are those to take for a time of which no call tells
 * them: `cap` null for none.
 */
export type HeldQuery = {
  readonly tenant: string;
  readonly from: number;
  readonly to: number;
  readonly cap: number | null;
  readonly reserved: number;
};

/** Recordings of calls that began in a span, by what became of them. */
export type RecordedUse = readonly {
  readonly state: RecordingState;
  readonly part: RecordingPart;
  readonly count: number;
  readonly lengthMs: number;
  readonly bytes: number;
}[];

/** Where a leg's share has what each increment makes of it; what is billed by the second is its seconds. */
export const billedColumns = {
  "1/1": "seconds",
  "6/6": "billed66",
  "30/6": "billed306",
  "60/60": "billed6060",
} as const satisfies Readonly<Record<IncrementName, string>>;

/** Reads finished calls. It never writes, not even the file's own housekeeping. Rejects with RecordError. */
export interface RecordReader {
  /** Newest first. All in memory: for few. */
  calls(query: CallQuery): Promise<readonly StoredCall[]>;
  /** The same, a page at a time, all there are unless limited. A call that ends meanwhile is seen once or not at all. */
  pages(query: CallQuery): AsyncIterable<readonly StoredCall[]>;
  /** Null when there is no such call. */
  call(id: string): Promise<{ readonly record: CallRecord; readonly recording: string | null } | null>;
  usage(query: UsageQuery): Promise<UsageRows>;
  /** The most channels held at one time between two instants, epoch milliseconds, half-open. */
  peak(tenant: string, from: number, to: number): Promise<Peak>;
  /** What was held over a span: all channels against the cap, and those of the shared pool against the reserve. */
  held(query: HeldQuery): Promise<{ readonly all: Held; readonly pool: Held }>;
  /** `from` and `to` are epoch milliseconds, half-open. */
  recorded(query: Pick<HeldQuery, "tenant" | "from" | "to">): Promise<RecordedUse>;
  /** E.164 → when its last call began, whoever's number it was. */
  lastCalls(): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

/** `code`: records_bad_url, records_absent, records_unreadable, records_locked, records_outbox_full … */
export class RecordError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "RecordError";
    this.code = code;
  }
}
