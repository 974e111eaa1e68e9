import type { Worker } from "node:worker_threads";
import { RecordError } from "../../calls/record-port.ts";
import { startThread } from "../../platform/thread.ts";
import type { JournalOptions, JournalWrite, KeptOpen, OutboxEntry } from "./journal.ts";
import type { JournalReply, JournalRequest } from "./worker.ts";

/** The local file as the main thread sees it. Everything rejects with RecordError; a thread that died is replaced. */
export type JournalThread = {
  write(write: JournalWrite): Promise<{ readonly outbox: number }>;
  openCalls(): Promise<readonly KeptOpen[]>;
  oldest(limit: number): Promise<readonly OutboxEntry[]>;
  drop(ids: readonly number[]): Promise<{ readonly outbox: number }>;
  putAside(entry: number, why: string): Promise<void>;
  count(): Promise<number>;
  /** Ends the thread, in the middle of what it waits for if that takes longer than `graceMs`. */
  close(graceMs: number): Promise<void>;
};

type Waiting = { resolve(answer: unknown): void; reject(error: RecordError): void };
type Ask = JournalRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, "id">
    : never
  : never;

export function startJournal(options: JournalOptions): JournalThread {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let lastId = 0;

  function fail(why: string): void {
    worker = null;
    const error = new RecordError("records_thread_died", `the thread that writes call records ended: ${why}`);
    for (const each of waiting.values()) each.reject(error);
    waiting.clear();
  }

  function start(): Worker {
    const started = startThread(new URL("./worker.ts", import.meta.url), options);
    started.on("message", (reply: JournalReply) => {
      const each = waiting.get(reply.id);
      waiting.delete(reply.id);
      // A process waits for what it has asked, and for nothing else of this thread.
      if (waiting.size === 0) started.unref();
      if (reply.ok) each?.resolve(reply.answer);
      else
        each?.reject(new RecordError(reply.code, `${options.file}: ${reply.message}${todo(reply.message)}`));
    });
    started.on("error", (error) => fail(error.message));
    started.on("exit", (code) => {
      if (worker === started) fail(`exit code ${code}`);
    });
    return started;
  }

  function ask<T>(request: Ask): Promise<T> {
    worker ??= start();
    const target = worker;
    const id = ++lastId;
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve: (answer) => resolve(answer as T), reject });
      target.ref();
      target.postMessage({ ...request, id });
    });
  }

  return {
    write: (write) => ask({ ask: "write", write }),
    openCalls: () => ask({ ask: "openCalls" }),
    oldest: (limit) => ask({ ask: "oldest", limit }),
    drop: (ids) => ask({ ask: "drop", ids }),
    putAside: (entry, why) => ask({ ask: "putAside", entry, why }),
    count: () => ask({ ask: "count" }),
    async close(graceMs) {
      const ending = worker;
      if (ending === null) return;
      const grace = AbortSignal.timeout(graceMs);
      const late = new Promise<void>((resolve) => grace.addEventListener("abort", () => resolve()));
      await Promise.race([ask({ ask: "close" }).catch(() => undefined), late]);
      worker = null;
      await ending.terminate();
    },
  };
}

/** A file of another user's, where somebody ran a node as root once, say. */
function todo(message: string): string {
  if (/malformed|not a database/.test(message)) {
    const saved = "`sqlite3 FILE .recover` gets out of it what can be read";
    return `: move it away, with its -wal and -shm, and another one is begun at once; ${saved}`;
  }
  if (!/readonly database|unable to open/.test(message)) return "";
  return ": let this node's user write that file, its -wal and -shm, and its folder";
}
