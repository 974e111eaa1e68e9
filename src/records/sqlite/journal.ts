/**
 * The local file: calls that are on, and calls on their way out. Where no other database is configured, the same file
 * holds the finished calls too, and a call leaves the open ones and joins the finished in one transaction.
 * Runs in the worker only.
 */
import type { DatabaseSync } from "node:sqlite";
import { Kysely, type Transaction } from "kysely";
import type { Migration } from "kysely/migration";
import { RecordError } from "../../calls/record-port.ts";
import { EdgeMemory } from "../edges.ts";
import { readFacts } from "../facts.ts";
import { migrate, recordMigrations } from "../migrations.ts";
import { addColumn } from "../schema.ts";
import type { JournalTables, Tables } from "../tables.ts";
import { type Arriving, writeCalls } from "../write.ts";
import { sqliteDialect } from "./dialect.ts";
import { openForWriting } from "./file.ts";

export type JournalOptions = {
  readonly file: string;
  /** True when the finished calls live in this file; false when it is the outbox of another database. */
  readonly keepsCalls: boolean;
  readonly busyMs: number;
  /** Most calls in the outbox. */
  readonly outboxMost: number;
  /** How long a file that was moved away is waited for before another one is begun; half a minute unless said. */
  readonly goneMs?: number;
};

/** One write: CallFacts as JSON. */
export type JournalWrite = {
  readonly open: readonly OpenEntry[];
  readonly done: readonly (JournalEntry & { readonly over: boolean })[];
};

export type JournalEntry = { readonly call: string; readonly boot: string; readonly facts: string };

/** `clock` is how the clock stood that its times were read on (platform/clock-steps.ts). */
export type OpenEntry = JournalEntry & { readonly clock: string };

export type KeptOpen = { readonly facts: string; readonly clock: string };

export type OutboxEntry = { readonly id: number; readonly facts: string; readonly over: boolean };

type AllTables = Tables & JournalTables;

export type Journal = {
  write(write: JournalWrite): Promise<{ readonly outbox: number }>;
  openCalls(): Promise<readonly KeptOpen[]>;
  /** The oldest `limit` of the outbox. */
  oldest(limit: number): Promise<readonly OutboxEntry[]>;
  drop(ids: readonly number[]): Promise<{ readonly outbox: number }>;
  /**
   * Puts one of the outbox aside, which the database does not take. It counts as waiting, and goes out again when the
   * file is opened next.
   */
  putAside(id: number, why: string): Promise<void>;
  count(): Promise<number>;
  close(): Promise<void>;
};

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const file = openForWriting(options.file, options.busyMs);
  const db = new Kysely<AllTables>({ dialect: sqliteDialect(file) });
  try {
    await migrate(db, "sqlite", { ...recordMigrations("sqlite"), ...journalMigrations });
    await db.transaction().execute(takeBack);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return journalOver(db, openCallsIn(file), options, await outboxCount(db));
}

type KeptCalls = {
  readonly keep: (open: JournalWrite["open"]) => void;
  /** Likewise in a transaction of its own. MUST be called between two others. */
  readonly keepAlone: (open: JournalWrite["open"]) => void;
  readonly forget: (done: JournalWrite["done"]) => void;
};

/** Every call is written here several times while it is on, so its statements are made once. */
function openCallsIn(file: DatabaseSync): KeptCalls {
  const keep = file.prepare(
    `insert into open_calls (call_id, boot, facts, clock) values (?, ?, ?, ?)
     on conflict (call_id) do update set boot = excluded.boot, facts = excluded.facts, clock = excluded.clock`,
  );
  const forget = file.prepare("delete from open_calls where call_id = ?");
  const begin = file.prepare("begin");
  const commit = file.prepare("commit");
  const keepAll = (open: JournalWrite["open"]): void => {
    for (const { call, boot, facts, clock } of open) keep.run(call, boot, facts, clock);
  };
  return {
    keep: keepAll,
    keepAlone: (open) => {
      begin.run();
      try {
        keepAll(open);
        commit.run();
      } catch (error) {
        // What SQLite has rolled back by itself would hide its reason behind a second error.
        if (file.isTransaction) file.exec("rollback");
        throw error;
      }
    },
    forget: (done) => {
      for (const { call, over } of done) if (over) forget.run(call);
    },
  };
}

function journalOver(
  db: Kysely<AllTables>,
  kept: KeptCalls,
  options: JournalOptions,
  inOutbox: number,
): Journal {
  let outbox = inOutbox;
  const edges = new EdgeMemory();
  return {
    async write({ open, done }) {
      if (done.length === 0) {
        kept.keepAlone(open);
        return { outbox };
      }
      if (!options.keepsCalls && outbox >= options.outboxMost) {
        // Calls that are on are still kept; one batch more than the bound is the most that ever goes in.
        kept.keepAlone(open);
        throw new RecordError("records_outbox_full", `the outbox ${options.file} holds ${outbox} calls`);
      }
      try {
        await db.transaction().execute(async (transaction) => {
          kept.keep(open);
          kept.forget(done);
          if (options.keepsCalls) await writeFinished(transaction, done, edges);
          else await putOut(transaction, done);
        });
      } catch (error) {
        edges.forget();
        throw error;
      }
      if (!options.keepsCalls) outbox += done.length;
      return { outbox };
    },
    openCalls() {
      return db.selectFrom("open_calls").select(["facts", "clock"]).execute();
    },
    async oldest(limit) {
      const rows = await db.selectFrom("outbox").selectAll().orderBy("id").limit(limit).execute();
      return rows.map(({ id, facts, is_over }) => ({ id, facts, over: is_over === 1 }));
    },
    async drop(ids) {
      if (ids.length > 0) await db.deleteFrom("outbox").where("id", "in", ids).execute();
      outbox -= ids.length;
      return { outbox };
    },
    async putAside(id, why) {
      await db.transaction().execute(async (transaction) => {
        const row = await transaction
          .deleteFrom("outbox")
          .where("id", "=", id)
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return;
        const { facts, is_over } = row;
        await transaction.insertInto("outbox_aside").values({ id, facts, is_over, why }).execute();
      });
    },
    count: async () => outbox,
    close: () => db.destroy(),
  };
}

async function writeFinished(
  db: Transaction<AllTables>,
  done: JournalWrite["done"],
  edges: EdgeMemory,
): Promise<void> {
  const arriving: Arriving[] = done.map(({ facts, over }) => ({
    facts: readFacts(facts),
    over,
    text: facts,
  }));
  await writeCalls({ db: db as unknown as Transaction<Tables>, dialect: "sqlite", edges }, arriving);
}

async function putOut(db: Transaction<AllTables>, done: JournalWrite["done"]): Promise<void> {
  for (const { facts, over } of done) {
    await db
      .insertInto("outbox")
      .values({ facts, is_over: over ? 1 : 0 } as JournalTables["outbox"])
      .execute();
  }
}

/** A newer version, or a database with other settings, may take what was refused. */
async function takeBack(db: Transaction<AllTables>): Promise<void> {
  const aside = db.selectFrom("outbox_aside").select(["facts", "is_over"]).orderBy("id");
  await db.insertInto("outbox").columns(["facts", "is_over"]).expression(aside).execute();
  await db.deleteFrom("outbox_aside").execute();
}

async function outboxCount(db: Kysely<AllTables>): Promise<number> {
  const row = await db
    .selectFrom("outbox")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .executeTakeFirst();
  return row?.count ?? 0;
}

/** The steps that the local file has besides those of both databases. */
export const journalMigrations: Record<string, Migration> = {
  "900_journal": {
    up: async (db) => {
      await db.schema
        .createTable("open_calls")
        .ifNotExists()
        .addColumn("call_id", "text", (column) => column.primaryKey())
        .addColumn("boot", "text", (column) => column.notNull())
        .addColumn("facts", "text", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("outbox")
        .ifNotExists()
        .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
        .addColumn("facts", "text", (column) => column.notNull())
        .addColumn("is_over", "integer", (column) => column.notNull())
        .execute();
    },
  },
  "901_outbox_aside": {
    up: async (db) => {
      await db.schema
        .createTable("outbox_aside")
        .ifNotExists()
        .addColumn("id", "integer", (column) => column.primaryKey())
        .addColumn("facts", "text", (column) => column.notNull())
        .addColumn("is_over", "integer", (column) => column.notNull())
        .addColumn("why", "text", (column) => column.notNull())
        .execute();
    },
  },
  "902_open_calls_clock": {
    up: (db) =>
      addColumn(db, "open_calls", (table) =>
        table.addColumn("clock", "text", (column) => column.notNull().defaultTo("")),
      ),
  },
};
