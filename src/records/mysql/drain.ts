/**
 * Carries the outbox into the records database, in batches and in order. What was stored is then dropped from the
 * outbox; dying between the two stores it again, which changes nothing. A database that is down, slow or hung costs
 * time here and nowhere else.
 */
import type { Logger } from "pino";
import { RecordError } from "../../calls/record-port.ts";
import { messageOf } from "../../platform/errors.ts";
import { readFacts } from "../facts.ts";
import type { OutboxEntry } from "../sqlite/journal.ts";
import type { JournalThread } from "../sqlite/thread.ts";
import { triedAgain } from "./again.ts";
import type { MysqlDatabase } from "./database.ts";

export type DrainOptions = {
  readonly url: string;
  readonly thread: Pick<JournalThread, "oldest" | "drop" | "putAside">;
  readonly log: Logger;
  readonly onDropped: (answer: { readonly outbox: number }) => void;
  /** A batch that takes longer is given up, its connection with it. */
  readonly batchMs?: number;
};

export type Drain = {
  /** Something is in the outbox. */
  wake(): void;
  readonly problem: () => RecordError | null;
  close(): void;
};

const BATCH = 200;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;
/** A house without calls, at night, must hear of a database that is gone or that lets nobody in before the first one. */
const ASK_EVERY_MS = 10_000;
/** What a database says of a value that it does not take, as opposed to not being there. */
const OF_THE_CALL: ReadonlySet<unknown> = new Set([
  "ER_DATA_TOO_LONG",
  "ER_WARN_DATA_OUT_OF_RANGE",
  "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD",
  "ER_TRUNCATED_WRONG_VALUE",
  "ER_BAD_NULL_ERROR",
  "ER_NET_PACKET_TOO_LARGE",
]);

/** Read when the drain begins: a node whose calls stay in its file has no use for it, and would hold 10 MB of it. */
async function writing() {
  const [{ openMysql }, { isCluster }, { migrate }, { writeCalls }] = await Promise.all([
    import("./database.ts"),
    import("./cluster.ts"),
    import("../migrations.ts"),
    import("../write.ts"),
  ]);
  return { openMysql, isCluster, migrate, writeCalls };
}

export function startDrain({ url, thread, log, onDropped, batchMs = 60_000 }: DrainOptions): Drain {
  let database: MysqlDatabase | null = null;
  let migrated = false;
  let clustered: boolean | null = null;
  let problem: RecordError | null = null;
  let running: Promise<void> | null = null;
  let retryMs = FIRST_RETRY_MS;
  let closing = false;
  let woken = false;
  /** When the database last did what it was asked. */
  let answeredAt = Number.NEGATIVE_INFINITY;
  /** Halved by every failure and doubled by every success, so that one call never keeps the others. */
  let most = BATCH;
  let rest: { readonly timer: NodeJS.Timeout; readonly end: () => void } | null = null;

  async function drain(): Promise<void> {
    while (!closing) {
      woken = false;
      let batch: readonly OutboxEntry[] = [];
      try {
        batch = await thread.oldest(most);
        if (batch.length === 0) await askWhenDue();
        else {
          await withinTime(store(batch), batchMs);
          answeredAt = performance.now();
          onDropped(await thread.drop(batch.map(({ id }) => id)));
        }
        if (problem !== null) log.info({ event: "records.database_back" });
        problem = null;
        retryMs = FIRST_RETRY_MS;
        if (batch.length === 0 && !woken) return;
        most = Math.min(BATCH, most * 2);
      } catch (error) {
        const alone = batch.length === 1 ? batch[0] : undefined;
        if (batch.length > 0) most = Math.max(1, Math.floor(Math.min(most, batch.length) / 2));
        if (batch.length === 0 || !isOfTheCall(error)) await failed(error);
        else if (alone !== undefined) await putAside(alone, messageOf(error)).catch(failed);
      }
    }
  }

  async function putAside({ id, facts }: OutboxEntry, said: string): Promise<void> {
    await thread.putAside(id, said);
    const call = /"call":"([^"]*)"/.exec(facts)?.[1];
    const why = `the records database does not take this call: ${said}; it stays in the local file and is tried again at the next start`;
    log.error({ event: "records.put_aside", code: "records_put_aside", call }, why);
  }

  /** Throws when the drain is being closed: what is taken for stored is dropped from the outbox. */
  async function opened() {
    const { openMysql, isCluster, migrate } = await writing();
    if (closing) throw new RecordError("records_closing", "the node is being stopped");
    database ??= openMysql({ url, connections: 2 });
    const { db, dialect } = database;
    if (!migrated) await migrate(db, dialect);
    migrated = true;
    clustered ??= await isCluster(db);
    return { db, writer: { dialect, isCluster: clustered } };
  }

  async function askWhenDue(): Promise<void> {
    if (performance.now() - answeredAt < ASK_EVERY_MS) return;
    const ask = async () => {
      const { db } = await opened();
      // No call is called this: nothing changes, and a database that may only be read refuses it.
      await db.updateTable("calls").set({ is_over: 1 }).where("call_id", "=", "").execute();
    };
    await withinTime(ask(), batchMs);
    answeredAt = performance.now();
  }

  async function store(batch: readonly OutboxEntry[]): Promise<void> {
    const { db, writer } = await opened();
    const { writeCalls } = await writing();
    const arriving = batch.map(({ facts, over }) => ({ facts: readFacts(facts), over }));
    await triedAgain(() =>
      db.transaction().execute((transaction) => writeCalls({ ...writer, db: transaction }, arriving)),
    );
  }

  async function failed(error: unknown): Promise<void> {
    if (closing) return;
    const code = error instanceof RecordError ? error.code : "records_database_failed";
    const why = `the records database cannot be written: ${messageOf(error)}; calls go on, their records wait in the local file`;
    if (problem === null) log.error({ event: "records.database_down", code }, why);
    problem = new RecordError(code, why, error);
    database?.abandon();
    database = null;
    // What answers next may be another server, without tables even, or the same one in a cluster by now.
    clustered = null;
    migrated = false;
    answeredAt = Number.NEGATIVE_INFINITY;
    await new Promise<void>((resolve) => {
      rest = { timer: setTimeout(resolve, retryMs), end: resolve };
    });
    rest = null;
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }

  function wake(): void {
    woken = true;
    if (closing || running !== null) return;
    running = drain().finally(() => {
      running = null;
      if (woken && !closing) wake();
    });
  }
  const asking = setInterval(wake, ASK_EVERY_MS);
  asking.unref();

  return {
    wake,
    problem: () => problem,
    close() {
      closing = true;
      clearInterval(asking);
      if (rest !== null) {
        clearTimeout(rest.timer);
        rest.end();
      }
      database?.abandon();
    },
  };
}

/** A fault of our own over one call counts as its own, too: what the driver and the thread report have a code. */
function isOfTheCall(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === undefined
    ? error instanceof TypeError || error instanceof SyntaxError
    : OF_THE_CALL.has(code);
}

/** A server that hangs answers neither yes nor no. */
async function withinTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RecordError("records_timeout", `no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
