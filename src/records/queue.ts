import type { Logger } from "pino";
import { RecordError } from "../calls/record-port.ts";
import { messageOf } from "../platform/errors.ts";
import type { JournalEntry, JournalWrite } from "./sqlite/journal.ts";
import type { JournalThread } from "./sqlite/thread.ts";

export type QueueOptions = {
  readonly thread: Pick<JournalThread, "write">;
  readonly log: Logger;
  /** Most finished calls waiting in memory. */
  readonly most: number;
  readonly onWritten: (answer: { readonly outbox: number }) => void;
};

type Done = JournalWrite["done"][number];

const BATCH = 200;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

/**
 * What waits for the local file, in memory and bounded. One write is under way at a time; what comes meanwhile goes
 * into the next, a call that is on only in its newest form. A write that fails is tried again until it succeeds.
 */
export class WriteQueue {
  readonly #options: QueueOptions;
  readonly #open = new Map<string, JournalEntry>();
  #done: Done[] = [];
  #writing = false;
  #timer: NodeJS.Timeout | null = null;
  #retryMs = FIRST_RETRY_MS;
  #lost = 0;
  #problem: RecordError | null = null;
  #idle: (() => void)[] = [];
  #stopped = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#done.length;
  }

  get lost(): number {
    return this.#lost;
  }

  /** Why the last write failed, null once one has succeeded. */
  get problem(): RecordError | null {
    return this.#problem;
  }

  keepOpen(entry: JournalEntry): void {
    // Each call that is on stands here once, so the calls that can be on at a time bound this map.
    this.#open.set(entry.call, entry);
    this.#next();
  }

  put(entry: Done): void {
    this.#open.delete(entry.call);
    if (this.#done.length >= this.#options.most) {
      this.#lost++;
      const { call } = entry;
      this.#options.log.error(
        { event: "records.lost", call, lost: this.#lost },
        "a call record is lost: memory and disk are full",
      );
      return;
    }
    this.#done.push(entry);
    this.#next();
  }

  /** Resolves when nothing waits. */
  drained(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (!this.#writing && this.#done.length === 0 && this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Tries no more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#stopped = true;
  }

  #next(): void {
    if (this.#stopped || this.#writing || this.#timer !== null) return;
    if (this.#done.length === 0 && this.#open.size === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    this.#writing = true;
    void this.#write();
  }

  async #write(): Promise<void> {
    const open = [...this.#open.values()].slice(0, BATCH);
    for (const { call } of open) this.#open.delete(call);
    const done = this.#done.splice(0, BATCH);
    try {
      this.#options.onWritten(await this.#options.thread.write({ open, done }));
      if (this.#problem !== null) this.#options.log.info({ event: "records.writable" });
      this.#problem = null;
      this.#retryMs = FIRST_RETRY_MS;
      this.#writing = false;
      this.#next();
    } catch (error) {
      this.#putBack(open, done);
      this.#failed(error);
    }
  }

  #putBack(open: readonly JournalEntry[], done: readonly Done[]): void {
    this.#done = [...done, ...this.#done];
    const ended = new Set(this.#done.map((entry) => entry.call));
    for (const entry of open) {
      if (!this.#open.has(entry.call) && !ended.has(entry.call)) this.#open.set(entry.call, entry);
    }
  }

  #failed(error: unknown): void {
    const problem =
      error instanceof RecordError ? error : new RecordError("records_failed", messageOf(error), error);
    if (this.#problem?.code !== problem.code) {
      this.#options.log.error({ event: "records.not_writable", code: problem.code }, problem.message);
    }
    this.#problem = problem;
    this.#writing = false;
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#next();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }
}
