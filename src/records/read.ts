/** Reads finished calls and their counts from either database. It holds no rule: reports make sense of the rows. */
import { type SelectQueryBuilder, sql } from "kysely";
import type {
  CallQuery,
  HeldQuery,
  RecordedUse,
  RecordReader,
  StoredCall,
  UsageQuery,
  UsageRows,
} from "../calls/record-port.ts";
import { recordOf } from "../core/record/derive.ts";
import { foldHeld, type Held, type MinuteHeld, UNLIMITED } from "../core/record/held.ts";
import { findPeak, type Peak } from "../core/record/peak.ts";
import type { CallOutcome } from "../core/record/record.ts";
import { HOUR_MS } from "./counts.ts";
import { readFacts } from "./facts.ts";
import { readLastCalls } from "./last-calls.ts";
import { type CallRow, type Database, SHOWN, type Tables } from "./tables.ts";

const MINUTE_MS = 60_000;

export function readerOver(database: Database, close: () => Promise<void>): RecordReader {
  return {
    calls: (query) => listCalls(database, query),
    pages: (query) => pagesOf(database, query),
    call: (id) => findCall(database, id),
    usage: (query) => readUsage(database, query),
    peak: (tenant, from, to) => readPeak(database, tenant, from, to),
    held: (query) => readHeld(database, query),
    recorded: (query) => readRecorded(database, query),
    lastCalls: () => readLastCalls(database),
    close,
  };
}

type Listed = Pick<CallRow, (typeof SHOWN)[number]>;

const PAGE = 1000;

/** Calls that stand behind this one in the list. */
type Behind = Pick<StoredCall, "call" | "startedAt">;

async function* pagesOf(
  database: Database,
  { limit = Infinity, ...query }: CallQuery,
): AsyncGenerator<readonly StoredCall[]> {
  let behind: Behind | undefined;
  for (let left = limit; left > 0; left -= PAGE) {
    const page = await listCalls(database, { ...query, limit: Math.min(left, PAGE) }, behind);
    behind = page.at(-1);
    if (behind === undefined) return;
    yield page;
    if (page.length < PAGE) return;
  }
}

async function listCalls({ db }: Database, query: CallQuery, behind?: Behind): Promise<StoredCall[]> {
  const { limit = 100 } = query;
  if (query.unowned === true) {
    const select = narrowed(db.selectFrom("unowned_calls").select(SHOWN), query, behind);
    return (await select.limit(limit).execute()).map((row) => storedCall(row, null));
  }
  let select = narrowed(db.selectFrom("calls").select([...SHOWN, "tenant"]), query, behind);
  if (query.tenant !== undefined) select = select.where("tenant", "=", query.tenant);
  const rows = await select.limit(limit).execute();
  return rows.map((row) => storedCall(row, row.tenant));
}

function narrowed<Table extends "calls" | "unowned_calls", Row>(
  select: SelectQueryBuilder<Tables, Table, Row>,
  { did, since, until }: CallQuery,
  behind: Behind | undefined,
): SelectQueryBuilder<Tables, Table, Row> {
  let narrow = select.where(sql<boolean>`is_over = 1`);
  if (did !== undefined) narrow = narrow.where(sql<boolean>`did = ${did}`);
  if (since !== undefined) narrow = narrow.where(sql<boolean>`started_at >= ${since}`);
  if (until !== undefined) narrow = narrow.where(sql<boolean>`started_at < ${until}`);
  if (behind !== undefined) {
    const { startedAt, call } = behind;
    // An "or" would have the whole table sorted for every page.
    narrow = narrow
      .where(sql<boolean>`started_at <= ${startedAt}`)
      .where(sql<boolean>`not (started_at = ${startedAt} and call_id >= ${call})`);
  }
  return narrow.orderBy(sql`started_at`, "desc").orderBy(sql`call_id`, "desc");
}

function storedCall(row: Listed, tenant: string | null): StoredCall {
  return {
    call: row.call_id,
    tenant,
    direction: row.direction,
    server: row.server,
    did: row.did,
    from: row.caller,
    to: row.callee,
    trunk: row.trunk,
    startedAt: row.started_at,
    answeredAt: row.answered_at,
    endedAt: row.ended_at,
    billableSeconds: row.billable_seconds,
    outcome: row.outcome,
    reason: row.reason,
    recording: row.recording,
  };
}

async function findCall({ db }: Database, id: string): ReturnType<RecordReader["call"]> {
  for (const table of ["calls", "unowned_calls"] as const) {
    const row = await db
      .selectFrom(table)
      .select(["facts", "recording"])
      .where("call_id", "=", id)
      .orderBy("started_at", "desc")
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined) return { record: recordOf(readFacts(row.facts)), recording: row.recording };
  }
  return null;
}

async function readUsage({ db }: Database, { tenant, from, to }: UsageQuery): Promise<UsageRows> {
  const inDays = sql<boolean>`tenant = ${tenant} and day >= ${from} and day < ${to}`;
  const calls = await db.selectFrom("usage_calls").selectAll().where(inDays).where("calls", ">", 0).execute();
  const legs = await db.selectFrom("usage_legs").selectAll().where(inDays).where("legs", ">", 0).execute();
  const campaigns = await db
    .selectFrom("usage_campaigns")
    .selectAll()
    .where(inDays)
    .where("legs", ">", 0)
    .execute();
  return {
    campaigns,
    calls: calls.map((row) => ({
      ...row,
      direction: directionOf(row.direction),
      outcome: row.outcome as CallOutcome,
    })),
    legs: legs.map((row) => ({ ...row, direction: directionOf(row.direction), shared: row.shared === 1 })),
  };
}

function directionOf(text: string): "inbound" | "outbound" {
  return text === "outbound" ? "outbound" : "inbound";
}

async function readPeak(database: Database, tenant: string, from: number, to: number): Promise<Peak> {
  const { first, levelBefore, flows } = await readMinutes(database, "channel_minutes", { tenant, from, to });
  return findPeak(first, levelBefore, flows);
}

async function readHeld(
  database: Database,
  query: HeldQuery,
): Promise<{ readonly all: Held; readonly pool: Held }> {
  const all = await readMinutes(database, "channel_minutes", query);
  const pool = await readMinutes(database, "pool_minutes", query);
  return {
    all: foldHeld({ ...all, boundBefore: all.boundBefore ?? query.cap ?? UNLIMITED }, all.flows),
    pool: foldHeld({ ...pool, boundBefore: pool.boundBefore ?? query.reserved }, pool.flows),
  };
}

type Minutes = {
  readonly first: number;
  readonly end: number;
  readonly levelBefore: number;
  readonly boundBefore: number | null;
  readonly flows: readonly MinuteHeld[];
};

/** A tenant's minutes in order, with what was held when the first of them opened. */
async function readMinutes(
  { db }: Database,
  table: "channel_minutes" | "pool_minutes",
  { tenant, from, to }: { readonly tenant: string; readonly from: number; readonly to: number },
): Promise<Minutes> {
  const first = Math.floor(from / MINUTE_MS);
  const end = Math.ceil(to / MINUTE_MS);
  const before = await db
    .selectFrom(table)
    .select(sql<number | null>`sum(began) - sum(ended)`.as("level"))
    .where("tenant", "=", tenant)
    .where("minute", "<", first)
    .executeTakeFirst();
  const bound = await db
    .selectFrom(table)
    .select("bound")
    .where("tenant", "=", tenant)
    .where("minute", "<", first)
    .where("bound", "is not", null)
    .orderBy("minute", "desc")
    .limit(1)
    .executeTakeFirst();
  const rows = await db
    .selectFrom(table)
    .select(["minute", "began", "ended", "rise", "rise_at as riseAt", "levels", "bound"])
    .where("tenant", "=", tenant)
    .where("minute", ">=", first)
    .where("minute", "<", end)
    .orderBy("minute")
    .execute();
  const levelBefore = Number(before?.level ?? 0);
  return { first, end, levelBefore, boundBefore: bound?.bound ?? null, flows: rows };
}

/** Whole hours by their sums and what is left at either end by its rows, in one statement, so that all are of one time. */
async function readRecorded(
  { db }: Database,
  { tenant, from, to }: { readonly tenant: string; readonly from: number; readonly to: number },
): Promise<RecordedUse> {
  const first = Math.ceil(from / HOUR_MS);
  const end = Math.max(first, Math.floor(to / HOUR_MS));
  const hours = db
    .selectFrom("usage_recordings")
    .select(["state", "part", "recordings", "length_ms", "bytes"])
    .where("tenant", "=", tenant)
    .where("hour", ">=", first)
    .where("hour", "<", end);
  const rest = (since: number, until: number) =>
    db
      .selectFrom("recordings")
      .select(["state", "part", sql<number>`1`.as("recordings")])
      .select([
        sql<number>`coalesce(length_ms, 0)`.as("length_ms"),
        sql<number>`coalesce(bytes, 0)`.as("bytes"),
      ])
      .where("tenant", "=", tenant)
      .where("call_began_at", ">=", since)
      .where("call_began_at", "<", until);
  const rows = await db
    .selectFrom(
      hours
        .unionAll(rest(from, Math.min(first * HOUR_MS, to)))
        .unionAll(rest(end * HOUR_MS, to))
        .as("recorded"),
    )
    .select(["state", "part", sql<number>`sum(recordings)`.as("count")])
    .select([sql<number>`sum(length_ms)`.as("lengthMs"), sql<number>`sum(bytes)`.as("bytes")])
    .groupBy(["state", "part"])
    .having(sql<boolean>`sum(recordings) > 0`)
    .execute();
  return rows.map(({ state, part, count, lengthMs, bytes }) => ({
    state,
    part,
    count: Number(count),
    lengthMs: Number(lengthMs),
    bytes: Number(bytes),
  }));
}
