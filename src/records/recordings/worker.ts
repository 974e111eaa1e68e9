/**
 * The thread that looks at recorded files, and at the disk they are on. It has a connection of its own to the records
 * database: neither a large file nor a slow disk keeps anybody else waiting. What it is told is which switches are
 * beside it, and that a call has ended; what it says is what it found.
 */
import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../platform/errors.ts";
import { stepBehind } from "../../platform/niceness.ts";
import { lackOf } from "../../platform/room.ts";
import { clearAway } from "../../platform/thread.ts";
import { fileAt, openForReading } from "../sqlite/file.ts";
import type { Database } from "../tables.ts";
import type { Examined, Place, Places, Unseen } from "./examine.ts";

export type WorkerOptions = {
  /** Absolute path of the SQLite file, or `mysql://…`. */
  readonly database: { readonly file: string } | { readonly url: string };
  readonly directory: string;
  readonly missingMs: number;
};

export type WorkerOrder =
  | { readonly type: "beside"; readonly servers: readonly string[] }
  | { readonly type: "wake" }
  | { readonly type: "close" };

export type WorkerWord =
  | { readonly type: "looked"; readonly examined: readonly Examined[]; readonly unseen: readonly Unseen[] }
  | { readonly type: "failed"; readonly code: string; readonly why: string }
  | {
      readonly type: "disk";
      readonly freeBytes: number;
      readonly totalBytes: number;
      /** What it is as good as out of. */
      readonly lack: ReturnType<typeof lackOf>;
    };

const LOOK_MS = 1000;
/** Without a call that ended there is little to see, but for what another node or process has left. */
const IDLE_LOOKS = 10;
/** What is missing stays so, as a rule. */
const MISSING_LOOKS = 60;
const DISK_MS = 5000;
const BUSY_MS = 2000;
/** Longer than the records' own thread waits for the file to come back. */
const MOVED_MS = 60_000;

const options = workerData as WorkerOptions;
let beside: readonly string[] = [];
let database: Database | null = null;
let looks = 0;
let pending = true;
/** Where the next look goes on, and the next for what is missing. */
let places: Places = { own: null, others: null };
let missingAfter: Place | null = null;
/** Which SQLite file is open, and until when no other is opened. */
let file = "";
let restsUntil = 0;
let turn: Promise<void> = Promise.resolve();
let closing = false;

let looking: typeof import("./looking.ts") | null = null;

/** What looks, and what it builds its statements with: 8 MB that a node which records nothing need not hold. */
async function ready(): Promise<typeof import("./looking.ts")> {
  if (looking !== null) return looking;
  looking = await import("./looking.ts");
  clearAway();
  return looking;
}

/** True where there is something to look at, or only the database itself can say. */
function isWorthLooking(): boolean {
  const { database: where } = options;
  if ("url" in where || database !== null) return true;
  if (performance.now() < restsUntil || !existsSync(where.file)) return false;
  const opened = openForReading(where.file);
  try {
    const due = opened.prepare("select 1 from recordings where state in ('begun', 'missing') limit 1");
    return due.get() !== undefined;
  } finally {
    opened.close();
  }
}

/** A file that was moved away is let go of at once, and whoever writes the calls is first to begin another. */
async function leaveMovedFile(): Promise<void> {
  const { database: where } = options;
  if (database === null || "url" in where || fileAt(where.file) === file) return;
  restsUntil = performance.now() + MOVED_MS;
  await database.db.destroy();
  database = null;
}

async function look(): Promise<void> {
  looks += 1;
  const looksForMissing = looks % MISSING_LOOKS === 0;
  if (!pending && !looksForMissing && looks % IDLE_LOOKS !== 0) return;
  pending = false;
  try {
    await leaveMovedFile();
    if (!isWorthLooking()) return say({ type: "looked", examined: [], unseen: [] });
    const { examine, examineMissing, openDatabase } = await ready();
    if (database === null) {
      database = openDatabase(options.database, BUSY_MS);
      file = "url" in options.database ? "" : fileAt(options.database.file);
    }
    const { directory, missingMs } = options;
    const work = { database, directory, beside, missingMs };
    const { next, ...found } = await examine(work, Date.now(), places);
    places = next;
    say({ type: "looked", ...found });
    if (looksForMissing) {
      const { examined, next } = await examineMissing(work, Date.now(), missingAfter);
      missingAfter = next;
      if (examined.length > 0) say({ type: "looked", examined, unseen: found.unseen });
    }
    // A full batch has more behind it.
    if (found.examined.length > 0 || next.own !== null || next.others !== null) pending = true;
  } catch (error) {
    if (!isEarly(error)) await fail(error);
  }
}

/** Before the first call is stored there is neither file nor table. */
function isEarly(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "ER_NO_SUCH_TABLE" || /no such table/.test(messageOf(error));
}

async function fail(error: unknown): Promise<void> {
  const { code } = error as { code?: unknown };
  say({ type: "failed", code: typeof code === "string" ? code : "unknown", why: messageOf(error) });
  await database?.db.destroy().catch(() => {});
  database = null;
}

function seeDisk(): void {
  let folder = options.directory;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    const room = statfsSync(folder);
    const { bavail, blocks, bsize } = room;
    say({ type: "disk", freeBytes: bavail * bsize, totalBytes: blocks * bsize, lack: lackOf(room) });
  } catch (error) {
    say({ type: "failed", code: "recordings_disk_unseen", why: messageOf(error) });
  }
}

function say(word: WorkerWord): void {
  parentPort?.postMessage(word);
}

function begin(port: MessagePort): void {
  const lookTimer = setInterval(() => {
    turn = turn.then(() => (closing ? undefined : look()));
  }, LOOK_MS);
  const diskTimer = setInterval(seeDisk, DISK_MS);
  seeDisk();
  clearAway();
  port.on("message", (order: WorkerOrder) => {
    if (order.type === "beside") beside = order.servers;
    if (order.type === "wake") pending = true;
    if (order.type !== "close") return;
    closing = true;
    clearInterval(lookTimer);
    clearInterval(diskTimer);
    void turn.then(async () => {
      await database?.db.destroy().catch(() => {});
      port.close();
    });
  });
}

if (parentPort !== null) {
  stepBehind();
  begin(parentPort);
}
