import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import { startThread } from "../../platform/thread.ts";
import { sqliteFile } from "../store.ts";
import type { WorkerOptions, WorkerOrder, WorkerWord } from "./worker.ts";

export type RecordingKeeperOptions = {
  /** `sqlite:FILE` or `mysql://…`, as configured. */
  readonly records: string;
  readonly variables: string;
  /** Absolute directory of the recordings. */
  readonly directory: string;
  readonly log: Logger;
  /** How long after the end of its call a file may still appear; a minute unless said. */
  readonly missingMs?: number;
};

export type RecordingsSeen = {
  /** Null until the disk was looked at. */
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | null;
  /** True while so little is free that recordings are about to be cut short, or are. */
  readonly full: boolean;
  /** Since the process began: calls that should have a file and have none. */
  readonly missing: number;
};

export type RecordingKeeper = {
  /** Switches whose recordings are on this machine's disk. */
  beside(servers: readonly string[]): void;
  /** A call has ended. */
  wake(): void;
  seen(): RecordingsSeen;
  close(): Promise<void>;
};

const RESTART_MS = 5000;
const CLOSE_MS = 1000;

/** Starts the thread that looks at recorded files, and again when it dies. Nothing here is on the path of a call. */
export function startRecordingKeeper(options: RecordingKeeperOptions): RecordingKeeper {
  const { log } = options;
  const told = new Map<string, string>();
  const seen: { disk: RecordingsSeen["disk"]; full: boolean; missing: number } = {
    disk: null,
    full: false,
    missing: 0,
  };
  let servers: readonly string[] = [];
  let closed = false;
  let hasEnded = false;
  let worker = start();

  function start(): Worker {
    const started = startThread(new URL("./worker.ts", import.meta.url), workerOptions(options));
    hasEnded = false;
    started.unref();
    started.on("message", hear);
    started.on("error", (error) => once("recordings.thread_died", "recordings_thread_died", error.message));
    started.on("exit", () => {
      hasEnded = true;
      if (closed) return;
      setTimeout(() => {
        if (!closed) worker = start();
      }, RESTART_MS).unref();
    });
    started.postMessage({ type: "beside", servers } satisfies WorkerOrder);
    return started;
  }

  function hear(word: WorkerWord): void {
    if (word.type === "disk") seeDisk(word);
    else if (word.type === "failed") once("recordings.not_looked_at", word.code, word.why);
    else hearLooked(word);
  }

  function hearLooked({ examined, unseen }: Extract<WorkerWord, { type: "looked" }>): void {
    told.delete("recordings.not_looked_at");
    // One that is recorded by legs has three files.
    const missing = new Set<string>();
    for (const { file, call, tenant, state, cameBack } of examined) {
      if (cameBack === true) log.info({ event: "recording.came_back", call, tenant, file });
      else log.debug({ event: "recording.seen", call, tenant, file, state });
      if (state !== "missing") continue;
      missing.add(call);
      const why =
        "somebody answered and there is no file: may Asterisk write to the directory of recordings?";
      log.error({ event: "recording.missing", code: "recording_missing", call, tenant, file }, why);
    }
    seen.missing += missing.size;
    const [first] = unseen;
    if (first === undefined) told.delete("recordings.unreadable");
    else {
      const why = `${first.file} cannot be read: give this node's user Asterisk's group`;
      once("recordings.unreadable", first.code, why);
    }
  }

  function seeDisk({ freeBytes, totalBytes, lack }: Extract<WorkerWord, { type: "disk" }>): void {
    const full = lack !== null;
    if (full && !seen.full) {
      const left =
        lack === "files" ? "hardly room for another file" : `${freeBytes} of ${totalBytes} bytes are free`;
      const why = `${options.directory}: ${left}; calls go on, recordings will be cut short: purge, or add space`;
      log.error({ event: "recordings.disk_full", code: "recordings_disk_full", freeBytes, totalBytes }, why);
    }
    if (!full && seen.full) log.info({ event: "recordings.disk_free", freeBytes, totalBytes });
    Object.assign(seen, { full, disk: { freeBytes, totalBytes } });
  }

  /** A trouble that lasts is told once. */
  function once(event: string, code: string, why: string): void {
    if (told.get(event) === code) return;
    told.set(event, code);
    log.error({ event, code }, why);
  }

  return {
    beside(next) {
      servers = [...next];
      worker.postMessage({ type: "beside", servers } satisfies WorkerOrder);
    },
    wake: () => worker.postMessage({ type: "wake" } satisfies WorkerOrder),
    seen: () => ({ ...seen }),
    async close() {
      closed = true;
      // One that has died and is to be started again would be waited for without end.
      if (hasEnded) return;
      const gone = new Promise((resolve) => worker.once("exit", resolve));
      worker.postMessage({ type: "close" } satisfies WorkerOrder);
      worker.ref();
      // One that waits for a disk which hangs cannot even be terminated.
      const late = new AbortController();
      const left = sleep(2 * CLOSE_MS, undefined, late).catch(() => {});
      const timer = setTimeout(() => void worker.terminate(), CLOSE_MS);
      await Promise.race([gone, left]);
      clearTimeout(timer);
      late.abort();
    },
  };
}

function workerOptions(options: RecordingKeeperOptions): WorkerOptions {
  const { records, variables, directory, missingMs = 60_000 } = options;
  const file = sqliteFile(records, variables);
  return { directory, missingMs, database: file === null ? { url: records } : { file } };
}
