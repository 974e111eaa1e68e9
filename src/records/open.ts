/** Opens the call records for commands: to read, and for nothing else. */
import { existsSync } from "node:fs";
import { Kysely } from "kysely";
import { RecordError, type RecordReader } from "../calls/record-port.ts";
import { messageOf } from "../platform/errors.ts";
import { openMysql } from "./mysql/database.ts";
import { readerOver } from "./read.ts";
import { sqliteDialect } from "./sqlite/dialect.ts";
import { openForReading } from "./sqlite/file.ts";
import { sqliteFile } from "./store.ts";
import type { Database, Tables } from "./tables.ts";

/**
 * `records` as configured; relative files are under `variables`. Rejects with `records_absent` when no node has
 * written any yet, `records_unreadable` when the database does not answer.
 */
export async function openRecords(records: string, variables: string): Promise<RecordReader> {
  const file = sqliteFile(records, variables);
  const { database, close } = file === null ? openDatabase(records) : openFile(file);
  try {
    await database.db.selectFrom("calls").select("call_id").limit(1).execute();
  } catch (error) {
    await close();
    throw unreadable(error, file);
  }
  return readerOver(database, close);
}

type Opened = { readonly database: Database; readonly close: () => Promise<void> };

function openFile(file: string): Opened {
  if (!existsSync(file)) throw absent(file);
  const db = new Kysely<Tables>({ dialect: sqliteDialect(openForReading(file)) });
  return { database: { db, dialect: "sqlite" }, close: () => db.destroy() };
}

function openDatabase(url: string): Opened {
  // A report asks for two things at once, each of which takes the server a while.
  const database = openMysql({ url, connections: 2, forReading: true });
  return { database, close: () => database.db.destroy() };
}

function absent(where: string, cause?: unknown): RecordError {
  return new RecordError(
    "records_absent",
    `there are no call records at ${where} yet: start \`signalbox serve\`, or name its --var`,
    cause,
  );
}

function unreadable(error: unknown, file: string | null): RecordError {
  const where = file ?? "the records database";
  const { code } = error as { code?: unknown };
  const text = messageOf(error);
  if (code === "ER_NO_SUCH_TABLE" || /no such table/.test(text)) return absent(where, error);
  return new RecordError("records_unreadable", `${where} cannot be read: ${text}; is it running?`, error);
}
