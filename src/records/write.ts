/**
 * Stores calls, in one transaction with the counts they change. Each call is joined with what is there under its
 * name; the old record's shares are taken out of the counts and the new one's put in, so that storing a call again
 * changes nothing and the counts are exact at any time.
 */
import { sql } from "kysely";
import { recordOf, stampRecord } from "../core/record/derive.ts";
import { mergeFacts } from "../core/record/merge.ts";
import type { CallFacts, CallRecord, StampedCall } from "../core/record/record.ts";
import { addShares, noChanges, writeChanges } from "./counts.ts";
import { writeRecordings } from "./recordings/write.ts";
import type { CallRow, Writer } from "./tables.ts";

/** A call on its way into the database: all that is known of it here, and whether it has ended. */
export type Arriving = { readonly facts: CallFacts; readonly over: boolean };

/** Stores a batch. MUST run in a transaction; one call may occur in it several times. */
export async function writeCalls(writer: Writer, arriving: readonly Arriving[]): Promise<void> {
  if (arriving.length === 0) return;
  const ids = [...new Set(arriving.map(({ facts }) => facts.call as string))].sort();
  const known = await readKnown(writer, ids);
  const joined = joinAll(known, arriving);
  const changes = noChanges();
  for (const { before, after } of joined) {
    if (before?.over) addShares(changes, stamped(before.facts), -1);
    if (after.over) addShares(changes, stamped(after.facts), 1);
  }
  await removeReplaced(writer, joined);
  await insertCalls(writer, joined);
  await writeRecordings(
    writer,
    joined.flatMap(({ after }) => (after.over ? [stamped(after.facts)] : [])),
  );
  await writeChanges(writer, changes);
}

type Kept = Arriving & { readonly recording: string | null };
type Joined = { readonly before: Kept | null; readonly after: Kept };

/** Locked against other nodes until the transaction ends. */
async function readKnown({ db, dialect }: Writer, ids: readonly string[]): Promise<Kept[]> {
  const lock = dialect === "mysql" ? sql` for update` : sql``;
  const list = sql.join(ids.map((id) => sql`${id}`));
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

export function readFacts(text: string): CallFacts {
  return JSON.parse(text) as CallFacts;
}

/** A call whose boot is not known yet is the one of that name whose boot is; two known boots are two calls. */
function joinAll(known: readonly Kept[], arriving: readonly Arriving[]): readonly Joined[] {
  const byCall = new Map<string, { before: Kept | null; after: Kept }[]>();
  for (const kept of known) {
    const same = byCall.get(kept.facts.call) ?? [];
    byCall.set(kept.facts.call, [...same, { before: kept, after: kept }]);
  }
  for (const { facts, over } of arriving) {
    const same = byCall.get(facts.call) ?? [];
    byCall.set(facts.call, same);
    const found = same.find(({ after }) => sameBoot(after.facts.boot, facts.boot));
    if (found === undefined) {
      same.push({ before: null, after: { facts, over, recording: null } });
      continue;
    }
    found.after = {
      facts: mergeFacts(found.after.facts, facts),
      over: found.after.over || over,
      recording: found.after.recording,
    };
  }
  return [...byCall.values()].flat();
}

function sameBoot(a: string, b: string): boolean {
  return a === b || a === "" || b === "";
}

async function removeReplaced({ db, dialect }: Writer, joined: readonly Joined[]): Promise<void> {
  const keys = joined.flatMap(({ before }) =>
    before === null ? [] : [sql`(${before.facts.call}, ${before.facts.boot})`],
  );
  if (keys.length === 0) return;
  for (const table of ["calls", "unowned_calls", "occupations"]) {
    // SQLite wants the word before a list of pairs, MySQL does not know it there.
    const pairs = dialect === "mysql" ? sql.join(keys) : sql`values ${sql.join(keys)}`;
    await sql`delete from ${sql.table(table)} where (call_id, boot) in (${pairs})`.execute(db);
  }
}

async function insertCalls({ db }: Writer, joined: readonly Joined[]): Promise<void> {
  const owned: (CallRow & { tenant: string })[] = [];
  const unowned: CallRow[] = [];
  for (const { after } of joined) {
    const record = recordOf(after.facts);
    const row = rowOf(record, after);
    if (record.tenant === null) unowned.push(row);
    else owned.push({ ...row, tenant: record.tenant });
  }
  if (owned.length > 0) await db.insertInto("calls").values(owned).execute();
  if (unowned.length > 0) await db.insertInto("unowned_calls").values(unowned).execute();
}

function rowOf(record: CallRecord, { facts, over, recording }: Kept): CallRow {
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
    facts: JSON.stringify(facts),
  };
}

function stamped(facts: CallFacts): StampedCall | null {
  return stampRecord(recordOf(facts));
}
