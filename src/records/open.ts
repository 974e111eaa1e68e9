/** Opens the call records for commands: to read, and for nothing else. */
import { Kysely } from "kysely";
import type { RecordReader } from "../calls/record-port.ts";
import { openMysql } from "./mysql/database.ts";
import { readerOver } from "./read.ts";
import { sqliteDialect } from "./sqlite/dialect.ts";
import { openForReading } from "./sqlite/file.ts";
import { sqliteFile } from "./store.ts";
import type { Database, Tables } from "./tables.ts";
import { expectFile, unreadable } from "./trouble.ts";

/**
 * `records` as configured; relative files are under `variables`. Rejects with `records_absent` when no node has
 * written any yet, `records_unreadable` when the database does not answer or this user may not read it.
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
  expectFile(file);
  const db = new Kysely<Tables>({ dialect: sqliteDialect(openForReading(file)) });
  return { database: { db, dialect: "sqlite" }, close: () => db.destroy() };
}

function openDatabase(url: string): Opened {
  // A report asks for two things at once, each of which takes the server a while.
  const database = openMysql({ url, connections: 2, forReading: true });
  return { database, close: () => database.db.destroy() };
}
