/**
 * The thread that owns the local file. A lock held by another process, a slow or full disk, an fsync: all of it is
 * waited for here, never on the thread that decides calls. One request is done at a time, in order.
 */
import { parentPort, workerData } from "node:worker_threads";
import { RecordError } from "../../calls/record-port.ts";
import { stepBehind } from "../../platform/niceness.ts";
import { clearAway } from "../../platform/thread.ts";
import { fileAt } from "./file.ts";
import { type Journal, type JournalOptions, type JournalWrite, openJournal } from "./journal.ts";

export type JournalRequest =
  | { readonly id: number; readonly ask: "write"; readonly write: JournalWrite }
  | { readonly id: number; readonly ask: "openCalls" }
  | { readonly id: number; readonly ask: "oldest"; readonly limit: number }
  | { readonly id: number; readonly ask: "drop"; readonly ids: readonly number[] }
  | { readonly id: number; readonly ask: "putAside"; readonly entry: number; readonly why: string }
  | { readonly id: number; readonly ask: "count" }
  | { readonly id: number; readonly ask: "close" };

export type JournalReply =
  | { readonly id: number; readonly ok: true; readonly answer: unknown }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };

const options = workerData as JournalOptions;
stepBehind();
/** What is wrong with the file itself, of which the next one at its place is free. */
const OF_THE_FILE: ReadonlySet<string> = new Set(["records_damaged", "records_io_error"]);

let opened: Journal | null = null;
/** Which file that is, and since when it is not at its place any more. */
let file = "";
let goneSince: number | null = null;

async function answer(request: JournalRequest): Promise<unknown> {
  if (request.ask === "close") {
    await close();
    return null;
  }
  if (opened !== null && fileAt(options.file) !== file) await leaveWhenGone();
  // Opened at the first request and again after a failure to open: the file may be locked or its folder full.
  if (opened === null) {
    opened = await openJournal(options);
    file = fileAt(options.file);
    clearAway();
  }
  goneSince = null;
  switch (request.ask) {
    case "write":
      return opened.write(request.write);
    case "openCalls":
      return opened.openCalls();
    case "oldest":
      return opened.oldest(request.limit);
    case "drop":
      return opened.drop(request.ids);
    case "putAside":
      return opened.putAside(request.entry, request.why);
    case "count":
      return opened.count();
  }
}

async function close(): Promise<void> {
  const closing = opened;
  opened = null;
  await closing?.close();
}

/**
 * What is written to a file that has no name any more is lost with this process, and nobody would know. Somebody who
 * moves it away may be about to put it, or another one, back. And SQLite knows its own files beside it by their path:
 * what else this process has opened must have been closed before another one is begun.
 */
async function leaveWhenGone(): Promise<void> {
  goneSince ??= performance.now();
  if (performance.now() - goneSince < (options.goneMs ?? 30_000)) {
    const todo = "put it back; otherwise another one is begun in a moment";
    throw new RecordError(
      "records_file_gone",
      `it was moved or deleted while this node writes to it: ${todo}`,
    );
  }
  await close();
}

async function reply(request: JournalRequest): Promise<void> {
  try {
    parentPort?.postMessage({
      id: request.id,
      ok: true,
      answer: await answer(request),
    } satisfies JournalReply);
  } catch (error) {
    const code = codeOf(error);
    if (OF_THE_FILE.has(code)) await close().catch(() => {});
    const message = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ id: request.id, ok: false, code, message } satisfies JournalReply);
  }
}

/** SQLite's own result code, in our words; the low byte is the kind of it. */
function codeOf(error: unknown): string {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof errcode === "number") {
    const kinds: Readonly<Record<number, string>> = {
      5: "records_locked",
      6: "records_locked",
      8: "records_read_only",
      10: "records_io_error",
      11: "records_damaged",
      13: "records_disk_full",
      14: "records_cannot_open",
      26: "records_damaged",
    };
    return kinds[errcode & 0xff] ?? "records_failed";
  }
  return typeof code === "string" && code.startsWith("records_") ? code : "records_failed";
}

let turn: Promise<void> = Promise.resolve();
parentPort?.on("message", (request: JournalRequest) => {
  turn = turn.then(() => reply(request));
});
