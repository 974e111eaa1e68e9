/** The rows of recordings for commands, over either database. It knows no file: those who delete one tell it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Kysely, sql } from "kysely";
import type {
  RecordingBook,
  RecordingQuery,
  RecordingState,
  StoredRecording,
} from "../../calls/recording-port.ts";
import { effectiveSteps } from "../../core/record/derive.ts";
import type { RecordingGap } from "../../core/record/record.ts";
import { recordedFiles } from "../../core/record/recorded.ts";
import { readFacts } from "../facts.ts";
import { openMysql } from "../mysql/database.ts";
import { sqliteDialect } from "../sqlite/dialect.ts";
import { openForReading, openForWriting } from "../sqlite/file.ts";
import { OUTBOX, sqliteFile } from "../store.ts";
import type { Database, JournalTables, RecordingRow, Tables } from "../tables.ts";
import { expectFile, unreadable } from "../trouble.ts";
import { changeRecording, type RecordingChange, stateWhenOver } from "./change.ts";

const BUSY_MS = 5000;
const PAGE = 1000;
const CLAIMABLE: ReadonlySet<RecordingState> = new Set(["kept", "empty", "missing", "deleting"]);

/**
 * `records` as configured. Rejects with `records_absent` when no node has written any yet, `records_unreadable` when
 * the database does not answer or this user may not use it.
 */
export async function openRecordings(
  records: string,
  variables: string,
  { write = false }: { readonly write?: boolean } = {},
): Promise<RecordingBook> {
  const file = sqliteFile(records, variables);
  const journal = file ?? join(variables, OUTBOX);
  if (file !== null) expectFile(file, { write });
  const db =
    file === null
      ? openMysql({ url: records, connections: 1 }).db
      : new Kysely<Tables>({
          dialect: sqliteDialect(write ? openForWriting(file, BUSY_MS) : openForReading(file)),
        });
  try {
    await db.selectFrom("recordings").select("file").limit(1).execute();
  } catch (error) {
    await db.destroy();
    throw unreadable(error, file);
  }
  return bookOver({ db, dialect: file === null ? "mysql" : "sqlite" }, journal);
}

function bookOver(database: Database, journal: string): RecordingBook {
  const { db } = database;
  return {
    list: async (query) => (await select(db, query).execute()).map(storedRecording),
    pages: (query) => pagesOf(db, query),
    async statesOf(files) {
      const rows = await db
        .selectFrom("recordings")
        .select(["file", "state"])
        .where("file", "in", files.length === 0 ? [""] : [...files])
        .execute();
      return new Map(rows.map(({ file, state }) => [file, state]));
    },
    async newest() {
      const row = await db
        .selectFrom("recordings")
        .select("call_began_at")
        .orderBy("call_began_at", "desc")
        .limit(1)
        .executeTakeFirst();
      return row?.call_began_at ?? null;
    },
    underWay: () => filesUnderWay(journal),
    async hold(file, { at, by, why }) {
      const { numUpdatedRows } = await db
        .updateTable("recordings")
        .set({ held_at: at, held_by: by.slice(0, 100), held_why: why.slice(0, 500) })
        .where("file", "=", file)
        .where("state", "not in", ["deleting", "deleted", "void", "lost"])
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async release(file) {
      const { numUpdatedRows } = await db
        .updateTable("recordings")
        .set({ held_at: null, held_by: null, held_why: null })
        .where("file", "=", file)
        .where("held_at", "is not", null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async keepFor(files, ms) {
      await db
        .updateTable("recordings")
        .set({ keep_until: sql<number>`call_ended_at + ${ms}` })
        .where("file", "in", [...files])
        .where("state", "in", ["begun", "kept"])
        .execute();
    },
    claim: (file, now) =>
      changeRecording(database, file, {
        to: ({ state, held_at, keep_until }) =>
          CLAIMABLE.has(state) && held_at === null && keep_until !== null && keep_until <= now
            ? { state: "deleting" }
            : null,
      }),
    async settle(file, as) {
      await changeRecording(database, file, "stays" in as ? staying(as.stays) : deleted(as));
    },
    close: () => db.destroy(),
  };
}

/** Another process may have deleted it since: its word is the last. */
function staying(state: RecordingState): RecordingChange {
  return { to: (row) => (row.state === "deleting" ? { state } : null) };
}

function deleted({ deletedAt, by }: { readonly deletedAt: number; readonly by: string }): RecordingChange {
  return {
    to: (row) => ({ state: stateWhenOver(row), deleted_at: deletedAt, deleted_by: by.slice(0, 100) }),
    also: async ({ db }, row) => {
      await db
        .updateTable("calls")
        .set({ recording: null })
        .where("call_id", "=", row.call_id)
        .where("recording", "=", row.file)
        .execute();
    },
  };
}

async function* pagesOf(
  db: Kysely<Tables>,
  { limit = Infinity, ...query }: RecordingQuery,
): AsyncGenerator<readonly StoredRecording[]> {
  let after: RecordingRow | undefined;
  for (let left = limit; left > 0; left -= PAGE) {
    let rows = select(db, { ...query, limit: Math.min(left, PAGE) });
    if (after !== undefined) {
      const { call_began_at: at, file } = after;
      // An "or" would have SQLite read both indexes for every page.
      rows = rows
        .where("call_began_at", ">=", at)
        .where(sql<boolean>`not (call_began_at = ${at} and file <= ${file})`);
    }
    const page = await rows.execute();
    after = page.at(-1);
    if (after === undefined) return;
    yield page.map(storedRecording);
    if (page.length < PAGE) return;
  }
}

function select(db: Kysely<Tables>, query: RecordingQuery) {
  const { tenant, server, calls, states, since, until, dueAt, limit } = query;
  let rows = db.selectFrom("recordings").selectAll().orderBy("call_began_at").orderBy("file");
  if (tenant !== undefined) rows = rows.where("tenant", "=", tenant);
  if (server !== undefined) rows = rows.where("server", "=", server);
  if (calls !== undefined) rows = rows.where("call_id", "in", calls.length === 0 ? [""] : [...calls]);
  // Hidden from the planner: by an index on the state, every page would sort all there is.
  if (states !== undefined)
    rows = rows.where(sql<boolean>`coalesce(state in (${sql.join([...states])}), 0) = 1`);
  if (since !== undefined) rows = rows.where("call_began_at", ">=", since);
  if (until !== undefined) rows = rows.where("call_began_at", "<", until);
  if (dueAt !== undefined)
    rows = rows
      .where(sql<boolean>`coalesce(keep_until, ${dueAt} + 1) <= ${dueAt}`)
      .where("held_at", "is", null);
  return limit === undefined ? rows : rows.limit(limit);
}

function storedRecording(row: RecordingRow): StoredRecording {
  const { held_at, held_by, held_why, deleted_at, deleted_by } = row;
  return {
    file: row.file,
    call: row.call_id,
    part: row.part,
    tenant: row.tenant,
    server: row.server,
    direction: row.direction,
    did: row.did,
    callBeganAt: row.call_began_at,
    callEndedAt: row.call_ended_at,
    format: row.format,
    notice: row.notice,
    noticedAt: row.noticed_at,
    gaps: JSON.parse(row.gaps) as RecordingGap[],
    state: row.state,
    startedAt: row.started_at,
    stoppedAt: row.stopped_at,
    lengthMs: row.length_ms,
    bytes: row.bytes,
    sha256: row.sha256,
    keepUntil: row.keep_until,
    hold: held_at === null ? null : { at: held_at, by: held_by ?? "", why: held_why ?? "" },
    deleted: deleted_at === null ? null : { at: deleted_at, by: deleted_by ?? "" },
  };
}

/** What this node's journal still holds: calls that are on, and calls on their way out. */
async function filesUnderWay(journal: string): Promise<ReadonlySet<string>> {
  if (!existsSync(journal)) return new Set();
  const db = new Kysely<JournalTables>({ dialect: sqliteDialect(openForReading(journal)) });
  try {
    const open = await db.selectFrom("open_calls").select("facts").execute();
    const leaving = await db.selectFrom("outbox").select("facts").execute();
    const files = [...open, ...leaving].flatMap((row) => {
      const facts = readFacts(row.facts);
      return recordedFiles(effectiveSteps(facts)).map(({ file }) => file);
    });
    return new Set(files);
  } finally {
    await db.destroy();
  }
}
