/**
 * The tables of both databases, as steps that are applied once and in order at start-up. kysely's migrator holds
 * GET_LOCK on MySQL and MariaDB meanwhile, so that of two nodes that start together one waits for the other.
 * A step that was released MUST never be changed; add another.
 */
import { type CreateTableBuilder, type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { RecordError } from "../calls/record-port.ts";
import { messageOf } from "../platform/errors.ts";
import {
  addParts,
  createRecordedSums,
  createRecordings,
  indexByState,
  tellNothingFromDeleted,
} from "./recordings/schema.ts";
import { addColumn, addColumns, finish, index } from "./schema.ts";
import type { DialectName } from "./tables.ts";

/** What the second one is told. */
const MET: ReadonlySet<unknown> = new Set(["ER_DUP_ENTRY", "ER_LOCK_DEADLOCK", "ER_TABLE_EXISTS_ERROR"]);
const MOST = 10;

/**
 * Brings the tables up to date. Rejects with `records_migration_failed`. Steps of a later version, which somebody has gone
 * back from, are left as they are: a step MUST only add what the versions before it can leave out, so that calls are
 * stored after going back too.
 */
export async function migrate<Tables>(
  db: Kysely<Tables>,
  dialect: DialectName,
  migrations: Record<string, Migration> = recordMigrations(dialect),
): Promise<void> {
  // Asked beforehand: the migrator holds the one connection that a local file has.
  const steps = { ...migrations, ...(await laterSteps(db, migrations)) };
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => steps },
    // The local file has steps of its own between those that both databases share.
    allowUnorderedMigrations: true,
  });
  const error = await migrated(migrator);
  if (error === undefined) return;
  throw new RecordError(
    "records_migration_failed",
    `the tables of the call records could not be made: ${messageOf(error)}; ${todo(error)}`,
    error,
  );
}

/** Tables are the first that is asked for, so what is wrong may be everything else. */
function todo(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (/^(E[A-Z]+|PROTOCOL_.*)$/.test(String(code))) return "is the database running, and at that address?";
  if (/^ER_(ACCESS_DENIED|BAD_DB|DBACCESS)/.test(String(code)))
    return "are there this database and this account, with the password that `records` has?";
  return "does the account have CREATE and INDEX rights?";
}

/**
 * Members of a cluster know nothing of each other's GET_LOCK: where two nodes make the tables through two of them, one
 * finds that the other was first. Its steps are such that they can be done again; those that are done are not.
 */
async function migrated(migrator: Migrator): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const { error } = await migrator.migrateToLatest();
    if (attempt >= MOST || !MET.has((error as { code?: unknown } | undefined)?.code)) return error;
  }
}

/** Those done that we know nothing of. The table that names them is not there before the first. */
async function laterSteps<Tables>(
  db: Kysely<Tables>,
  known: Record<string, Migration>,
): Promise<Record<string, Migration>> {
  const done = await sql<{ name: string }>`select name from kysely_migration`
    .execute(db)
    .catch(() => ({ rows: [] }));
  const later = done.rows.filter(({ name }) => !Object.hasOwn(known, name));
  return Object.fromEntries(later.map(({ name }) => [name, { up: async () => {} }]));
}

export function recordMigrations(dialect: DialectName): Record<string, Migration> {
  return {
    "001_calls": {
      up: async (db) => {
        await createCalls(db, dialect);
        await createUsage(db, dialect);
        await createChannels(db, dialect);
      },
    },
    "002_recordings": { up: (db) => createRecordings(db, dialect) },
    "003_levels": { up: (db) => addLevels(db, dialect) },
    "004_recording_parts": { up: addParts },
    "005_campaigns": { up: (db) => createCampaigns(db, dialect) },
    "006_recordings_by_state": { up: (db) => indexByState(db, dialect) },
    "007_recorded_sums": { up: (db) => createRecordedSums(db, dialect) },
    "009_nothing_deleted": { up: (db) => tellNothingFromDeleted(db, dialect) },
    // A local file has one writer.
    ...(dialect === "mysql" ? { "008_call_turns": { up: createTurns } } : {}),
  };
}

async function createCalls(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const table = (name: string) =>
    db.schema
      .createTable(name)
      .ifNotExists()
      .addColumn("call_id", "varchar(120)", (column) => column.notNull())
      .addColumn("boot", "varchar(40)", (column) => column.notNull())
      .addColumn("is_over", "integer", (column) => column.notNull())
      .addColumn("direction", "varchar(8)", (column) => column.notNull())
      .addColumn("server", "varchar(64)", (column) => column.notNull())
      .addColumn("did", "varchar(32)")
      .addColumn("caller", "varchar(120)", (column) => column.notNull())
      .addColumn("callee", "varchar(120)", (column) => column.notNull())
      .addColumn("trunk", "varchar(64)")
      .addColumn("started_at", "bigint", (column) => column.notNull())
      .addColumn("answered_at", "bigint")
      .addColumn("ended_at", "bigint", (column) => column.notNull())
      .addColumn("billable_seconds", "bigint", (column) => column.notNull())
      .addColumn("outcome", "varchar(16)", (column) => column.notNull())
      .addColumn("reason", "varchar(32)")
      .addColumn("recording", "varchar(255)")
      .addColumn("facts", sql`mediumtext`, (column) => column.notNull())
      .addPrimaryKeyConstraint(`${name}_key`, ["call_id", "boot"] as never[]);
  await finish(
    table("calls").addColumn("tenant", "varchar(20)", (column) => column.notNull()),
    dialect,
  );
  await finish(table("unowned_calls"), dialect);
  await index(db, "calls", "calls_by_tenant", ["tenant", "started_at"]);
  await index(db, "calls", "calls_by_did", ["tenant", "did", "started_at"]);
  await index(db, "calls", "calls_by_time", ["started_at"]);
  await index(db, "unowned_calls", "unowned_by_time", ["started_at"]);
}

async function createUsage(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const texts = (name: string, columns: readonly (readonly [string, number])[]) =>
    columns.reduce(
      (table, [column, length]) =>
        table.addColumn(column, `varchar(${length})` as "varchar(1)", (it) => it.notNull()),
      db.schema.createTable(name).ifNotExists() as CreateTableBuilder<string, string>,
    );
  const counts = (table: CreateTableBuilder<string, string>, columns: readonly string[]) =>
    columns.reduce((built, column) => built.addColumn(column, "bigint", (it) => it.notNull()), table);
  const common = [
    ["tenant", 20],
    ["day", 10],
    ["direction", 8],
    ["did", 32],
    ["ingroup", 64],
  ] as const;
  const calls = [...common, ["outcome", 16], ["reason", 32]] as const;
  const legs = [...common, ["trunk", 64]] as const;
  await finish(
    counts(texts("usage_calls", calls), ["calls"]).addPrimaryKeyConstraint(
      "usage_calls_key",
      calls.map(([column]) => column),
    ),
    dialect,
  );
  await finish(
    counts(texts("usage_legs", legs), [
      "shared",
      "legs",
      "answered",
      "seconds",
      "billed66",
      "billed306",
      "billed6060",
    ]).addPrimaryKeyConstraint("usage_legs_key", [...legs.map(([column]) => column), "shared"]),
    dialect,
  );
}

async function createChannels(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  await finish(
    db.schema
      .createTable("channel_minutes")
      .ifNotExists()
      .addColumn("tenant", "varchar(20)", (column) => column.notNull())
      .addColumn("minute", "bigint", (column) => column.notNull())
      .addColumn("began", "bigint", (column) => column.notNull())
      .addColumn("ended", "bigint", (column) => column.notNull())
      .addColumn("rise", "bigint", (column) => column.notNull().defaultTo(0))
      .addColumn("rise_at", "bigint")
      .addPrimaryKeyConstraint("channel_minutes_key", ["tenant", "minute"]),
    dialect,
  );
  await finish(
    db.schema
      .createTable("occupations")
      .ifNotExists()
      .addColumn("call_id", "varchar(120)", (column) => column.notNull())
      .addColumn("boot", "varchar(40)", (column) => column.notNull())
      .addColumn("uniqueid", "varchar(80)", (column) => column.notNull())
      .addColumn("tenant", "varchar(20)", (column) => column.notNull())
      .addColumn("began_at", "bigint", (column) => column.notNull())
      .addColumn("ended_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("occupations_key", ["call_id", "boot", "uniqueid"]),
    dialect,
  );
  await index(db, "occupations", "occupations_begun", ["tenant", "began_at"]);
  await index(db, "occupations", "occupations_ended", ["tenant", "ended_at"]);
}

/** For the time at the cap and what was borrowed of the pool, and what reports sum of recordings. */
async function addLevels(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  await addColumns(db, "channel_minutes", { levels: "text", bound: "bigint" });
  await addColumns(db, "occupations", { cap: "bigint", reserved: "bigint" });
  await addColumn(db, "occupations", (table) =>
    table.addColumn("shared", "integer", (column) => column.notNull().defaultTo(0)),
  );
  const counts = ["minute", "began", "ended", "rise"].reduce(
    (table, name) => table.addColumn(name, "bigint", (column) => column.notNull()),
    db.schema
      .createTable("pool_minutes")
      .ifNotExists()
      .addColumn("tenant", "varchar(20)", (column) => column.notNull()) as CreateTableBuilder<string, string>,
  );
  await finish(
    counts
      .addColumn("rise_at", "bigint")
      .addColumn("levels", "text")
      .addColumn("bound", "bigint")
      .addPrimaryKeyConstraint("pool_minutes_key", ["tenant", "minute"]),
    dialect,
  );
  await index(db, "recordings", "recordings_by_time", ["call_began_at", "file"]);
}

/** Where nodes meet that write to two members of a cluster. */
async function createTurns(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable("call_turns")
    .ifNotExists()
    .addColumn("turn", "integer", (column) => column.primaryKey())
    .addColumn("taken", "bigint", (column) => column.notNull());
  await finish(table, "mysql");
}

/** Legs out by the dialler's campaign. Calls stored before have none. */
async function createCampaigns(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const keys = { tenant: 20, day: 10, campaign: 40, trunk: 64 };
  const named = Object.entries(keys).reduce(
    (table, [name, length]) =>
      table.addColumn(name, `varchar(${length})` as "varchar(1)", (column) => column.notNull()),
    db.schema.createTable("usage_campaigns").ifNotExists() as CreateTableBuilder<string, string>,
  );
  const sums = ["legs", "answered", "seconds", "billed66", "billed306", "billed6060"];
  const whole = sums.reduce(
    (table, name) => table.addColumn(name, "bigint", (column) => column.notNull()),
    named,
  );
  await finish(whole.addPrimaryKeyConstraint("usage_campaigns_key", Object.keys(keys)), dialect);
}
