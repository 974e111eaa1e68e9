/**
 * The call records of a node: a queue in memory, the local file behind it in a thread of its own, and, where one is
 * configured, the records database behind that. It never makes a call wait and never stores a client's call without
 * its stamp. Commands do not come here: they read with open.ts, and cannot write.
 */
import { isAbsolute, join } from "node:path";
import type { Logger } from "pino";
import { RecordError, type RecordStore } from "../calls/record-port.ts";
import type { CallFacts } from "../core/record/record.ts";
import { shiftFacts } from "../core/record/shift.ts";
import { steppedSince } from "../platform/clock-steps.ts";
import { readFacts } from "./facts.ts";
import { type Drain, startDrain } from "./mysql/drain.ts";
import { entryOf, recordError, WriteQueue } from "./queue.ts";
import type { KeptOpen } from "./sqlite/journal.ts";
import { startJournal } from "./sqlite/thread.ts";

export type RecordStoreOptions = {
  /** `sqlite:FILE` or `mysql://…`, as configured. */
  readonly records: string;
  /** Where relative files go, and the outbox. It exists. */
  readonly variables: string;
  readonly log: Logger;
  readonly bounds?: Partial<RecordBounds>;
};

export type RecordBounds = {
  /** Most finished calls in memory, while the local file cannot be written. About 3 kB each. */
  readonly queue: number;
  /** Most calls in the outbox, while the database cannot be reached. */
  readonly outbox: number;
  /** How long the writing thread waits for a lock before it says so and tries again. */
  readonly busyMs: number;
  /** How long the database may take for 200 calls. */
  readonly batchMs: number;
  /** How long a local file that was moved away is waited for before another one is begun. */
  readonly goneMs: number;
};

const recordBounds: RecordBounds = {
  queue: 50_000,
  outbox: 5_000_000,
  busyMs: 2000,
  batchMs: 60_000,
  goneMs: 30_000,
};

/** The outbox's name under `--var`. */
export const OUTBOX = "records-outbox.db";

/** Opens nothing yet: the first write does. Throws `records_bad_url` for what is neither kind. */
export function createRecordStore({ records, variables, log, bounds }: RecordStoreOptions): RecordStore {
  const { queue: most, outbox: outboxMost, busyMs, batchMs, goneMs } = { ...recordBounds, ...bounds };
  const file = sqliteFile(records, variables);
  const thread = startJournal({
    file: file ?? join(variables, OUTBOX),
    keepsCalls: file !== null,
    busyMs,
    outboxMost,
    goneMs,
  });
  let outbox = 0;
  let drain: Drain | null = null;
  const learn = (answer: { readonly outbox: number }): void => {
    outbox = answer.outbox;
  };
  const queue = new WriteQueue({
    thread,
    log,
    most,
    onWritten: (answer) => {
      learn(answer);
      if (answer.outbox > 0) drain?.wake();
    },
  });
  if (file === null) drain = startDrain({ url: records, thread, log, onDropped: learn, batchMs });
  // What an earlier process left behind is counted, and goes first, without waiting for a new call.
  if (drain !== null) {
    void thread.count().then(
      (left) => learn({ outbox: left }),
      () => undefined,
    );
    drain.wake();
  }

  /** Why the local file could not be read for the calls that were on, null once it was. */
  let unread: RecordError | null = null;
  const openCalls = async (): Promise<readonly KeptOpen[]> => {
    try {
      const kept = await thread.openCalls();
      unread = null;
      return kept;
    } catch (error) {
      unread = recordError(error);
      throw error;
    }
  };

  const put: RecordStore["put"] = (record, { part = false } = {}) =>
    queue.put({ ...entryOf(record.facts), over: !part });
  return {
    keepOpen: (facts) => queue.keepOpen(facts),
    put,
    putUnowned: (record, { part = false } = {}) => queue.put({ ...entryOf(record.facts), over: !part }),
    openCalls: async () => (await openCalls()).map((kept) => onThisClock(kept, log)),
    flush: () => queue.drained(),
    pending: () => ({ queued: queue.waiting, outbox, lost: queue.lost }),
    health() {
      const problem = queue.problem ?? unread ?? drain?.problem() ?? null;
      return { ready: problem === null, code: problem?.code ?? null, why: problem?.message ?? "" };
    },
    async close(graceMs = 3000) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([queue.drained(), late]);
      clearTimeout(timer);
      queue.stop();
      drain?.close();
      await thread.close(graceMs);
    },
  };
}

/** While no process ran the machine's clock may have been set: the call would last for as long as it was moved. */
function onThisClock({ facts, clock }: KeptOpen, log: Logger): CallFacts {
  const read = readFacts(facts);
  const byMs = steppedSince(clock);
  if (byMs === 0) return read;
  log.warn({ event: "clock.stepped", byMs, call: read.call }, "the machine's clock was set: is NTP running?");
  return shiftFacts(read, byMs);
}

/** The file of `sqlite:FILE` under `variables`; null when the calls live in another database. */
export function sqliteFile(records: string, variables: string): string | null {
  const file = /^sqlite:(.+)$/.exec(records)?.[1];
  if (file !== undefined) return isAbsolute(file) ? file : join(variables, file);
  if (/^(mysql|mariadb):\/\//.test(records)) return null;
  throw new RecordError(
    "records_bad_url",
    "`records` must be sqlite:FILE or mysql://user:password@host:port/database",
  );
}
