/**
 * Takes the calls of a node's local file into the records database: for who moves from a file to a database, and for a
 * file that is all that is left of a machine. What is there already is joined with it, so that it may break off and be
 * done again. No node may still write to the file.
 */
import type { DatabaseSync } from "node:sqlite";
import { RecordError } from "../calls/record-port.ts";
import { recordOf } from "../core/record/derive.ts";
import { foldEvent } from "../core/record/fold.ts";
import type { CallFacts } from "../core/record/record.ts";
import { readFacts } from "./facts.ts";
import { migrate } from "./migrations.ts";
import { triedAgain } from "./mysql/again.ts";
import { isCluster } from "./mysql/cluster.ts";
import { openMysql } from "./mysql/database.ts";
import { changeRow, type RecordingChange, stateWhenOver } from "./recordings/change.ts";
import { openForReading } from "./sqlite/file.ts";
import { OUTBOX, sqliteFile } from "./store.ts";
import type { RecordingRow, Writer } from "./tables.ts";
import { expectFile, unreadable } from "./trouble.ts";
import { type Arriving, writeCalls } from "./write.ts";

export type Imported = {
  readonly calls: number;
  readonly recordings: number;
  /** Calls of which nothing could be read. */
  readonly unreadable: number;
};

const BATCH = 200;

/** Where calls are in a local file. Those that were on when its node was stopped have no end there. */
const TABLES = ["calls", "unowned_calls", "outbox", "outbox_aside", "open_calls"] as const;

/** `records` as configured. Rejects with RecordError: `records_no_database`, `records_absent`, `records_foreign`, `records_unreadable` … */
export async function importFile(
  file: string,
  { records, now }: { readonly records: string; readonly now: number },
): Promise<Imported> {
  if (sqliteFile(records, "") !== null) {
    const says = "calls are taken into a database, and `records` names a file: set it to mysql://… first";
    throw new RecordError("records_no_database", says);
  }
  expectFile(file);
  const source = openSource(file);
  const database = openMysql({ url: records, connections: 1 });
  const { db, dialect } = database;
  try {
    await migrate(db, dialect);
    const cluster = await isCluster(db);
    const counts = { calls: 0, recordings: 0, unreadable: 0 };
    for (const page of pagesIn(file, source, now)) {
      const rows = ofFile(file, () => recordingsOf(source, page.arriving));
      const store = async (writer: Writer): Promise<number> => {
        await writeCalls(writer, page.arriving);
        let taken = 0;
        // With their calls: a node that is running would take what was deleted long ago for missing.
        for (const row of rows) if (await changeRow(writer, row.file, asItWas(row))) taken += 1;
        return taken;
      };
      counts.recordings += await triedAgain(() =>
        db.transaction().execute((transaction) => store({ db: transaction, dialect, isCluster: cluster })),
      );
      counts.calls += page.arriving.length;
      counts.unreadable += page.unreadable;
    }
    return counts;
  } catch (error) {
    throw error instanceof RecordError ? error : unreadable(error, null);
  } finally {
    source.close();
    await db.destroy();
  }
}

type Page = { readonly arriving: readonly Arriving[]; readonly unreadable: number };

/** A file without our tables would look like one of a node that had no calls. */
function openSource(file: string): DatabaseSync {
  const source = ofFile(file, () => openForReading(file));
  try {
    if (ofFile(file, () => TABLES.some((table) => hasFacts(source, table)))) return source;
    const says = `${file} is no local file of a node: it has no table of calls. Such a file is signalbox.db or ${OUTBOX} under a node's --var`;
    throw new RecordError("records_foreign", says);
  } catch (error) {
    source.close();
    throw error;
  }
}

/** What is wrong with the file is said of it, and not of the database that it goes into. */
function ofFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof RecordError ? error : unreadable(error, file);
  }
}

function* pagesIn(file: string, source: DatabaseSync, now: number): Generator<Page> {
  try {
    yield* pagesOf(source, now);
  } catch (error) {
    throw unreadable(error, file);
  }
}

function* pagesOf(source: DatabaseSync, now: number): Generator<Page> {
  for (const table of TABLES) {
    if (!hasFacts(source, table)) continue;
    const over = table === "open_calls" ? "1" : "is_over";
    const next = source.prepare(
      `select rowid as nth, facts, ${over} as is_over from ${table} where rowid > ? order by rowid limit ${BATCH}`,
    );
    for (let after = 0; ; ) {
      const rows = next.all(after) as { nth: number; facts: string; is_over: number }[];
      if (rows.length === 0) break;
      after = rows.at(-1)?.nth ?? after;
      const arriving = rows.flatMap(({ facts: text, is_over }) => {
        const facts = readable(text);
        if (facts === null) return [];
        // Should the node that goes on with it have heard of its end, that is joined with this.
        const known = table === "open_calls" ? foldEvent(facts, { type: "legs_gone", at: now }) : facts;
        return [{ facts: known, over: is_over === 1 }];
      });
      yield { arriving, unreadable: rows.length - arriving.length };
    }
  }
}

/** Whether it is one that calls are kept in; another program's may have the same name. */
function hasFacts(source: DatabaseSync, table: string): boolean {
  return source.prepare("select 1 from pragma_table_info(?) where name = 'facts'").get(table) !== undefined;
}

function isTable(source: DatabaseSync, table: string): boolean {
  const found = source.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(table);
  return found !== undefined;
}

/** Null for what no record can be made of: one such row must not keep the others out. */
function readable(text: string): CallFacts | null {
  try {
    const facts = readFacts(text);
    return typeof recordOf(facts).call === "string" ? facts : null;
  } catch {
    return null;
  }
}

function recordingsOf(source: DatabaseSync, arriving: readonly Arriving[]): readonly RecordingRow[] {
  if (!isTable(source, "recordings")) return [];
  const calls = JSON.stringify(arriving.map(({ facts }) => facts.call));
  const rows = source.prepare(
    "select * from recordings where call_id in (select value from json_each(?)) order by file",
  );
  return rows.all(calls) as unknown as RecordingRow[];
}

const SEEN = [
  ...(["state", "started_at", "stopped_at", "length_ms", "bytes", "sha256", "keep_until"] as const),
  ...(["held_at", "held_by", "held_why", "deleted_at", "deleted_by"] as const),
] as const;

/** What was seen and decided of the recording, unless the database knows more of it by now. */
function asItWas(was: RecordingRow): RecordingChange {
  const seen = Object.fromEntries(SEEN.map((name) => [name, was[name]]));
  // A file of an older version has what was empty or missing as deleted, too.
  const set = was.state === "deleted" ? { ...seen, state: stateWhenOver(was) } : seen;
  return {
    to: ({ state, call_id }) =>
      call_id === was.call_id && (state === "begun" || state === "missing") ? set : null,
    also: async ({ db }, { file, part, call_id, tenant }) => {
      if (was.state !== "kept" || part !== "mixed") return;
      const call = db.updateTable("calls").set({ recording: file });
      await call.where("call_id", "=", call_id).where("tenant", "=", tenant).execute();
    },
  };
}
