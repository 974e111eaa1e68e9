import type { Logger } from "pino";
import { RecordError } from "../calls/record-port.ts";
import type { CallFacts } from "../core/record/record.ts";
import { createClockMark } from "../platform/clock-steps.ts";
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
/** Between the beginnings of two writes: a single call is written down at once, the many of a busy moment together. */
const GATHER_MS = 20;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

/**
 * What waits for the local file, in memory and bounded. One write is under way at a time; what comes meanwhile goes
 * into the next, a call that is on only in its newest form. A write that fails is tried again until it succeeds.
 */
export class WriteQueue {
  readonly #options: QueueOptions;
  /** As text only when they are written: most are replaced before. */
  readonly #open = new Map<string, CallFacts>();
  readonly #clock = createClockMark();
  #done: Done[] = [];
  #writing = false;
  #timer: NodeJS.Timeout | null = null;
  #begunAt = Number.NEGATIVE_INFINITY;
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

  keepOpen(facts: CallFacts): void {
    // Each call that is on stands here once, so the calls that can be on at a time bound this map.
    this.#open.set(facts.call, facts);
    this.#next();
  }

  put(entry: Done): void {
    if (entry.over) this.#open.delete(entry.call);
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
    const now = performance.now();
    if (now - this.#begunAt < GATHER_MS) {
      this.#wait(GATHER_MS - (now - this.#begunAt));
      return;
    }
    this.#begunAt = now;
    this.#writing = true;
    void this.#write();
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#next();
    }, ms);
  }

  async #write(): Promise<void> {
    const open: CallFacts[] = [];
    for (const facts of this.#open.values()) {
      if (open.length === BATCH) break;
      open.push(facts);
      this.#open.delete(facts.call);
    }
    const done = this.#done.splice(0, BATCH);
    try {
      const clock = this.#clock();
      const entries = open.map((facts) => ({ ...entryOf(facts), clock }));
      this.#options.onWritten(await this.#options.thread.write({ open: entries, done }));
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

  #putBack(open: readonly CallFacts[], done: readonly Done[]): void {
    this.#done = [...done, ...this.#done];
    const ended = new Set(this.#done.flatMap(({ call, over }) => (over ? [call] : [])));
    for (const facts of open) {
      if (!this.#open.has(facts.call) && !ended.has(facts.call)) this.#open.set(facts.call, facts);
    }
  }

  #failed(error: unknown): void {
    const problem = recordError(error);
    if (this.#problem?.code !== problem.code) {
      this.#options.log.error({ event: "records.not_writable", code: problem.code }, problem.message);
    }
    this.#problem = problem;
    this.#writing = false;
    if (this.#stopped) return;
    this.#wait(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }
}

/** What befell the local file, under its own code or, for what has none, `records_failed`. */
export function recordError(error: unknown): RecordError {
  return error instanceof RecordError ? error : new RecordError("records_failed", messageOf(error), error);
}

/** As the local file keeps it. */
export function entryOf(facts: CallFacts): JournalEntry {
  return { call: facts.call, boot: facts.boot, facts: JSON.stringify(facts) };
}
