import { existsSync, unlinkSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { RecordingBook, StoredRecording } from "../calls/recording-port.ts";
import { messageOf } from "../platform/errors.ts";
import { type Common, counted, type Io } from "./io.ts";
import { type RecordingPlace, withRecordings } from "./records-of.ts";

export type RecordingsPurgeOptions = Common & {
  readonly tenant?: string;
  /** With several switches: the one whose recordings are on this machine. */
  readonly server?: string;
  /** Without it nothing is deleted, only told. */
  readonly delete?: boolean;
};

/**
 * Deletes recordings whose time is over and that nobody holds. A row is claimed first, so that none can be held
 * meanwhile; it stays, and says when its file was deleted and by whom. 1 when a file could not be deleted.
 */
export async function purgeRecordings(options: RecordingsPurgeOptions, io: Io): Promise<number> {
  const write = options.delete === true;
  return withRecordings(options, io, { write }, async (book, place) => {
    const { tenant, server } = options;
    const now = Date.now();
    const due = await book.list({
      ...(tenant === undefined ? {} : { tenant }),
      ...(server === undefined ? {} : { server }),
      states: ["kept", "empty", "missing", "deleting"],
      dueAt: now,
    });
    if (!write) return tell(due, place, io);
    let failed = 0;
    for (const row of due) {
      const problem = await purge(book, row, { place, now });
      if (problem === null) io.out(`${new Date().toISOString()} deleted ${row.file} sha256=${row.sha256}\n`);
      else {
        failed += 1;
        io.err(`signalbox: ${row.file} is not deleted: ${problem}\n`);
      }
    }
    io.err(`${counted(due.length - failed, "recording")} deleted, ${failed} not\n`);
    return failed === 0 ? 0 : 1;
  });
}

function tell(due: readonly StoredRecording[], { directory }: RecordingPlace, io: Io): number {
  for (const { file, keepUntil } of due) {
    const since = keepUntil === null ? "" : new Date(keepUntil).toISOString().slice(0, 10);
    io.out(`${join(directory, file)} due since ${since}\n`);
  }
  io.err(`${counted(due.length, "recording")} would be deleted; nothing was: add --delete to do it\n`);
  return 0;
}

/** Null once the file is gone and the row says so, else why not. */
async function purge(
  book: RecordingBook,
  { file, state }: StoredRecording,
  { place, now }: { readonly place: RecordingPlace; readonly now: number },
): Promise<string | null> {
  if (!(await book.claim(file, now))) return "it is held, or another process deletes it";
  const path = join(place.directory, file);
  try {
    unlinkSync(path);
  } catch (error) {
    // What was deleted before the row could say so, and what never was, is gone all the same.
    if (
      (error as { code?: unknown }).code !== "ENOENT" ||
      (state === "kept" && !existsSync(place.directory))
    ) {
      await book.settle(file, { stays: state });
      return messageOf(error);
    }
  }
  if (existsSync(path)) {
    await book.settle(file, { stays: state });
    return "it is still there";
  }
  await book.settle(file, { deletedAt: Date.now(), by: userInfo().username });
  return null;
}
