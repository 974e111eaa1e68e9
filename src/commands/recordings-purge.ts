import { existsSync, lstatSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { RecordingBook, StoredRecording } from "../calls/recording-port.ts";
import { userName } from "../platform/user.ts";
import { OutsideError, problemOf, withPlace } from "../records/recordings/place.ts";
import { type Common, counted, type Io } from "./io.ts";
import { switchesBeside } from "./node-recordings.ts";
import { isLeftUnseen, UNSEEN } from "./recordings.ts";
import { type RecordingPlace, tenantName, withRecordings } from "./records-of.ts";

export type RecordingsPurgeOptions = Common & {
  readonly tenant?: string;
  /** The one whose recordings are on this machine; unless said, those that are beside it. */
  readonly server?: string;
  /** Without it nothing is deleted, only told. */
  readonly delete?: boolean;
  /** The clock is right although the newest call on record is long past. */
  readonly clockIsRight?: boolean;
};

const DAY_MS = 86_400_000;
/** Without a call for so long, a clock that is wrong is likelier than a house without calls. */
const LONG_PAST_DAYS = 90;

/**
 * Deletes recordings whose time is over and that nobody holds. A row is claimed first, so that none can be held
 * meanwhile; it stays, and says when its file was deleted and by whom. 1 when a file could not be deleted,
 * or nobody has looked at one whose time is over.
 */
export async function purgeRecordings(options: RecordingsPurgeOptions, io: Io): Promise<number> {
  const write = options.delete === true;
  return withRecordings(options, io, { write }, async (book, place) => {
    const now = Date.now();
    const doubt = options.clockIsRight === true ? null : doubtOfClock(await book.newest(), now);
    if (write && doubt !== null) {
      io.err(`signalbox: nothing is deleted: ${doubt}\n`);
      return 1;
    }
    const counts = { done: 0, failed: 0, elsewhere: 0, unseen: 0 };
    const here = new Set([...switchesBeside(place.snapshot), options.server]);
    for await (const row of dueRows(book, options, now)) {
      // A file of another machine's disk is not here, which must not be taken for its being deleted.
      if (!here.has(row.server)) counts.elsewhere += 1;
      // It has no checksum to say which file it was, and may be looked at any moment.
      else if (row.state === "begun") counts.unseen += isLeftUnseen(row) ? 1 : 0;
      else if (!write) {
        tell(row, place, io);
        counts.done += 1;
      } else counts[await purgeOne(book, row, { place, now, io })] += 1;
    }
    if (counts.elsewhere > 0) io.err(elsewhereText(counts.elsewhere));
    if (counts.unseen > 0) io.err(unseenText(counts.unseen));
    if (write) io.err(`${counted(counts.done, "recording")} deleted, ${counts.failed} not\n`);
    else
      io.err(`${counted(counts.done, "recording")} would be deleted; nothing was: add --delete to do it\n`);
    return counts.failed + counts.unseen === 0 ? 0 : 1;
  });
}

function doubtOfClock(newest: number | null, now: number): string | null {
  if (newest === null || now - newest <= LONG_PAST_DAYS * DAY_MS) return null;
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  return `this machine's clock says ${day(now)}, and the newest call to be recorded began on ${day(newest)}; if the clock is right, add --clock-is-right`;
}

async function* dueRows(
  book: RecordingBook,
  { tenant, server }: RecordingsPurgeOptions,
  now: number,
): AsyncGenerator<StoredRecording> {
  const pages = book.pages({
    ...(tenant === undefined ? {} : { tenant: tenantName(tenant) }),
    ...(server === undefined ? {} : { server }),
    states: ["begun", "kept", "empty", "missing", "deleting"],
    dueAt: now,
  });
  for await (const page of pages) yield* page;
}

function unseenText(count: number): string {
  return `${counted(count, "recording")} whose time is over left alone: ${UNSEEN}\n`;
}

function elsewhereText(count: number): string {
  const remedy = "run this on the machine beside it, or name it with --server if its files are here";
  return `${counted(count, "recording")} of a switch that is not beside this machine left alone: ${remedy}\n`;
}

function tell({ file, keepUntil }: StoredRecording, { directory }: RecordingPlace, io: Io): void {
  const since = keepUntil === null ? "" : new Date(keepUntil).toISOString().slice(0, 10);
  io.out(`${join(directory, file)} due since ${since}\n`);
}

async function purgeOne(
  book: RecordingBook,
  row: StoredRecording,
  { io, ...how }: { readonly place: RecordingPlace; readonly now: number; readonly io: Io },
): Promise<"done" | "failed"> {
  const problem = await purge(book, row, how);
  if (problem === null) {
    io.out(`${new Date().toISOString()} deleted ${row.file} sha256=${row.sha256}\n`);
    return "done";
  }
  io.err(`signalbox: ${row.file} is not deleted: ${problem}\n`);
  return "failed";
}

/** Null once the file is gone and the row says so, else why not. */
async function purge(
  book: RecordingBook,
  row: StoredRecording,
  { place, now }: { readonly place: RecordingPlace; readonly now: number },
): Promise<string | null> {
  const { file, state } = row;
  if (!(await book.claim(file, now))) return "it is held, or another process deletes it";
  const problem = remove(place.directory, row);
  if (problem === null) await book.settle(file, { deletedAt: Date.now(), by: userName() });
  else await book.settle(file, { stays: state });
  return problem;
}

/** What was deleted before the row could say so, and what never was, is gone all the same. */
function remove(directory: string, row: StoredRecording): string | null {
  try {
    return withPlace(directory, row, (path) => {
      if (!lstatSync(path).isFile()) throw new OutsideError("no plain file");
      unlinkSync(path);
      return isGone(path) ? null : "it is still there";
    });
  } catch (error) {
    const problem = problemOf(error);
    const own = join(directory, row.tenant);
    const hasFile = row.state === "kept" || row.state === "deleting";
    if (problem === null && hasFile && !existsSync(own))
      return `${own} is not there: is the disk of the recordings mounted?`;
    return problem;
  }
}

function isGone(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined;
}
