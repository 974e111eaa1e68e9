/**
 * The thread that owns the local file. A lock held by another process, a slow or full disk, an fsync: all of it is
 * waited for here, never on the thread that decides calls. One request is done at a time, in order.
 */
import { parentPort, workerData } from "node:worker_threads";
import { clearAway } from "../../platform/thread.ts";
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
let opened: Journal | null = null;

async function answer(request: JournalRequest): Promise<unknown> {
  if (request.ask === "close") {
    await opened?.close();
    opened = null;
    return null;
  }
  // Opened at the first request and again after a failure to open: the file may be locked or its folder full.
  if (opened === null) {
    opened = await openJournal(options);
    clearAway();
  }
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

async function reply(request: JournalRequest): Promise<void> {
  try {
    parentPort?.postMessage({
      id: request.id,
      ok: true,
      answer: await answer(request),
    } satisfies JournalReply);
  } catch (error) {
    const code = codeOf(error);
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
