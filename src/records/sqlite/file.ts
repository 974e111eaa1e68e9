import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/**
 * Opens the file for writing. A lock that another process holds is waited for `busyMs`, which blocks this thread:
 * only the worker may do that.
 */
export function openForWriting(file: string, busyMs: number): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyMs });
  database.exec("pragma journal_mode = wal");
  // A record is kept through the machine's death too; the fsync costs this thread alone.
  database.exec("pragma synchronous = full");
  database.exec("pragma wal_autocheckpoint = 1000");
  return database;
}

/** Opens the file for commands: it can change nothing, whatever is asked of it. */
export function openForReading(file: string): DatabaseSync {
  return new DatabaseSync(file, { readOnly: true, timeout: 5000 });
}

/** Names the file that lies at this path, whatever else it is called; "" for none. */
export function fileAt(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "" : `${found.dev}:${found.ino}`;
}
