/**
 * Stores calls, in one transaction with the counts they change. Each call is joined with what is there under its
 * name; the old record's shares are taken out of the counts and the new one's put in, so that storing a call again
 * changes nothing and the counts are exact at any time.
 */
import { sql } from "kysely";
import { recordOf, stampRecord } from "../core/record/derive.ts";
import { mergeFacts } from "../core/record/merge.ts";
import type { CallFacts, CallRecord } from "../core/record/record.ts";
import { addShares, noChanges, writeChanges } from "./counts.ts";
import { readFacts } from "./facts.ts";
import { type Cell, type Into, insertRows } from "./insert.ts";
import { takeTurns } from "./mysql/cluster.ts";
import { writeRecordings } from "./recordings/write.ts";
import { type CallRow, SHOWN, type Writer } from "./tables.ts";

/** A call on its way into the database: all that is known of it here, and whether it has ended. */
export type Arriving = {
  readonly facts: CallFacts;
  readonly over: boolean;
  /** The facts as JSON, where they came so. */
  readonly text?: string;
};

/** Stores a batch. MUST run in a transaction; one call may occur in it several times. */
export async function writeCalls(writer: Writer, arriving: readonly Arriving[]): Promise<void> {
  if (arriving.length === 0) return;
  const ids = [...new Set(arriving.map(({ facts }) => facts.call as string))].sort();
  if (writer.isCluster === true) await takeTurns(writer, ids);
  const known = await readKnown(writer, ids);
  const joined = joinAll(known, arriving).map((each) => ({ ...each, record: recordOf(each.after.facts) }));
  const ended = joined.flatMap(({ after, record }) => (after.over ? [stampRecord(record)] : []));
  const changes = noChanges();
  for (const { before } of joined) {
    for (const kept of before) if (kept.over) addShares(changes, stampRecord(recordOf(kept.facts)), -1);
    // Its legs may be moved: what is remembered of their minutes is not so any more.
    if (before.length > 0) writer.edges?.forget();
  }
  for (const record of ended) addShares(changes, record, 1);
  await removeReplaced(writer, joined);
  await insertCalls(writer, joined);
  await refuseHalves(writer, joined);
  await writeRecordings(writer, ended, changes);
  await writeChanges(writer, changes);
}

type Kept = Arriving & { readonly recording: string | null };
/** `before` are several rows where two nodes have stored a half each. */
type Joined = { readonly before: readonly Kept[]; readonly after: Kept };
type Recorded = Joined & { readonly record: CallRecord };

/** Locked against other nodes until the transaction ends. */
async function readKnown({ db, dialect }: Writer, ids: readonly string[]): Promise<Kept[]> {
  const lock = dialect === "mysql" ? sql` for update` : sql``;
  // One text for any number of calls, where a statement stays prepared.
  const list =
    dialect === "mysql"
      ? sql.join(ids.map((id) => sql`${id}`))
      : sql`select value from json_each(${JSON.stringify(ids)})`;
  const columns = sql`call_id, boot, facts, is_over, recording`;
  const kept: Kept[] = [];
  for (const table of ["calls", "unowned_calls"]) {
    const { rows } = await sql<Pick<CallRow, "facts" | "is_over" | "recording">>`
      select ${columns} from ${sql.table(table)} where call_id in (${list})${lock}`.execute(db);
    for (const row of rows) {
      kept.push({ facts: readFacts(row.facts), over: row.is_over === 1, recording: row.recording });
    }
  }
  return kept;
}

/** A call whose boot is not known yet is the one of that name whose boot is; two known boots are two calls. */
function joinAll(known: readonly Kept[], arriving: readonly Arriving[]): readonly Joined[] {
  const byCall = new Map<string, { before: Kept[]; after: Kept }[]>();
  const join = (came: Kept, before: readonly Kept[]): void => {
    const { call, boot } = came.facts;
    const same = byCall.get(call) ?? [];
    byCall.set(call, same);
    const found =
      same.find(({ after }) => after.facts.boot === boot) ??
      same.find(({ after }) => sameBoot(after.facts.boot, boot));
    if (found === undefined) {
      same.push({ before: [...before], after: came });
      return;
    }
    found.before.push(...before);
    found.after = {
      facts: mergeFacts(found.after.facts, came.facts),
      over: found.after.over || came.over,
      recording: found.after.recording ?? came.recording,
    };
  };
  // A half without a boot comes after the one with it, or both would end under one name.
  const halvesLast = [...known].sort((a, b) => (a.facts.boot > b.facts.boot ? -1 : 1));
  for (const kept of halvesLast) join(kept, [kept]);
  for (const each of arriving) join({ ...each, recording: null }, []);
  return [...byCall.values()].flat();
}

/** Another node has stored its half of a call while this one was stored: tried again, they are joined. */
class StoredTwiceError extends Error {
  readonly code = "records_stored_twice";
}

/**
 * Nothing can be locked of a call that is not there yet, and a half without a boot has another key than one with it.
 * The look afterwards waits for what others have written and not committed, so that the last of them sees all.
 */
async function refuseHalves({ db, dialect }: Writer, joined: readonly Joined[]): Promise<void> {
  const fresh = joined.filter(({ before }) => before.length === 0);
  if (dialect !== "mysql" || fresh.length === 0) return;
  const list = sql.join([...new Set(fresh.map(({ after }) => after.facts.call as string))].sort());
  const boots = new Map<string, string[]>();
  for (const table of ["calls", "unowned_calls"]) {
    const { rows } = await sql<Pick<CallRow, "call_id" | "boot">>`
      select call_id, boot from ${sql.table(table)} where call_id in (${list}) for update`.execute(db);
    for (const { call_id: call, boot } of rows) {
      const others = boots.get(call) ?? [];
      if (others.some((other) => sameBoot(other, boot)))
        throw new StoredTwiceError(`${call} is stored twice`);
      boots.set(call, [...others, boot]);
    }
  }
}

function sameBoot(a: string, b: string): boolean {
  return a === b || a === "" || b === "";
}

async function removeReplaced({ db, dialect }: Writer, joined: readonly Joined[]): Promise<void> {
  const keys = joined.flatMap(({ before }) => before.map(({ facts }) => sql`(${facts.call}, ${facts.boot})`));
  if (keys.length === 0) return;
  for (const table of ["calls", "unowned_calls", "occupations"]) {
    // SQLite wants the word before a list of pairs, MySQL does not know it there.
    const pairs = dialect === "mysql" ? sql.join(keys) : sql`values ${sql.join(keys)}`;
    await sql`delete from ${sql.table(table)} where (call_id, boot) in (${pairs})`.execute(db);
  }
}

const CALL = [...SHOWN, "boot", "is_over", "facts"] as const satisfies readonly (keyof CallRow)[];

const OWNED: Into = { table: "calls", columns: [...CALL, "tenant"] };
const UNOWNED: Into = { table: "unowned_calls", columns: CALL };

async function insertCalls(writer: Writer, joined: readonly Recorded[]): Promise<void> {
  const owned: Cell[][] = [];
  const unowned: Cell[][] = [];
  for (const { after, record } of joined) {
    const row = rowOf(record, after);
    const cells = CALL.map((column) => row[column]);
    if (record.tenant === null) unowned.push(cells);
    else owned.push([...cells, record.tenant]);
  }
  await insertRows(writer, OWNED, owned);
  await insertRows(writer, UNOWNED, unowned);
}

function rowOf(record: CallRecord, { facts, text, over, recording }: Kept): CallRow {
  return {
    call_id: record.call,
    boot: record.boot,
    is_over: over ? 1 : 0,
    direction: record.direction,
    server: record.server,
    did: record.did,
    caller: record.from.slice(0, 120),
    callee: (record.to.sent ?? record.to.dialled).slice(0, 120),
    trunk: record.trunk,
    started_at: record.startedAt,
    answered_at: record.answeredAt,
    ended_at: record.endedAt,
    billable_seconds: record.billableSeconds,
    outcome: record.outcome,
    reason: record.refusal?.reason ?? null,
    recording,
    facts: text ?? JSON.stringify(facts),
  };
}
