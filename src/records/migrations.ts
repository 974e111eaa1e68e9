/**
 * The tables of both databases, as steps that are applied once and in order at start-up. kysely's migrator holds
 * GET_LOCK on MySQL and MariaDB meanwhile, so that of two nodes that start together one waits for the other.
 * A step that was released MUST never be changed; add another.
 */
import { type AlterTableBuilder, type CreateTableBuilder, type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { RecordError } from "../calls/record-port.ts";
import { messageOf } from "../platform/errors.ts";
import type { DialectName } from "./tables.ts";

/** Brings the tables up to date. Rejects with `records_migration_failed`. */
export async function migrate<Tables>(
  db: Kysely<Tables>,
  dialect: DialectName,
  migrations: Record<string, Migration> = recordMigrations(dialect),
): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    // The local file has steps of its own between those that both databases share.
    allowUnorderedMigrations: true,
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw new RecordError(
    "records_migration_failed",
    `the tables of the call records could not be made: ${messageOf(error)}; does the account have CREATE and INDEX rights?`,
    error,
  );
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
  };
}

const UTF8 = sql`engine = InnoDB default character set utf8mb4 collate utf8mb4_bin`;

/** Ids are compared byte by byte: another collation would hold two calls for one. */
function finish(table: CreateTableBuilder<string, string>, dialect: DialectName): Promise<void> {
  const whole = dialect === "mysql" ? table.modifyEnd(UTF8) : table;
  return whole.execute();
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

async function createRecordings(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const optional = (table: CreateTableBuilder<string, string>, columns: Readonly<Record<string, string>>) =>
    Object.entries(columns).reduce((built, [name, type]) => built.addColumn(name, type as "bigint"), table);
  const table = db.schema
    .createTable("recordings")
    .ifNotExists()
    .addColumn("file", "varchar(255)", (column) => column.primaryKey())
    .addColumn("call_id", "varchar(120)", (column) => column.notNull())
    .addColumn("tenant", "varchar(20)", (column) => column.notNull())
    .addColumn("server", "varchar(64)", (column) => column.notNull())
    .addColumn("direction", "varchar(8)", (column) => column.notNull())
    .addColumn("answered", "integer", (column) => column.notNull())
    .addColumn("call_began_at", "bigint", (column) => column.notNull())
    .addColumn("call_ended_at", "bigint", (column) => column.notNull())
    .addColumn("format", "varchar(8)", (column) => column.notNull())
    .addColumn("gaps", "text", (column) => column.notNull())
    .addColumn("state", "varchar(8)", (column) => column.notNull());
  const times = ["noticed_at", "started_at", "stopped_at", "length_ms", "bytes", "keep_until"];
  const marks = ["held_at", "deleted_at"];
  const whole = optional(table as CreateTableBuilder<string, string>, {
    ...Object.fromEntries([...times, ...marks].map((name) => [name, "bigint"])),
    did: "varchar(32)",
    notice: "varchar(255)",
    sha256: "varchar(64)",
    held_by: "varchar(100)",
    held_why: "varchar(500)",
    deleted_by: "varchar(100)",
  });
  await finish(whole, dialect);
  await index(db, "recordings", "recordings_by_tenant", ["tenant", "call_began_at"]);
  await index(db, "recordings", "recordings_by_call", ["call_id"]);
  await index(db, "recordings", "recordings_by_state", ["state", "server", "call_ended_at"]);
  await index(db, "recordings", "recordings_due", ["state", "keep_until"]);
}

/** MySQL has no `if not exists` for an index, and a migration that broke off half-way there has left some. */
async function index(db: Kysely<unknown>, table: string, name: string, columns: string[]): Promise<void> {
  try {
    await db.schema.createIndex(name).on(table).columns(columns).execute();
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ER_DUP_KEYNAME") throw error;
  }
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

/** A call that is recorded by legs has several files. */
async function addParts(db: Kysely<unknown>): Promise<void> {
  await addColumn(db, "recordings", (table) =>
    table.addColumn("part", "varchar(8)", (column) => column.notNull().defaultTo("mixed")),
  );
  const columns = ["tenant", "call_began_at", "part", "state", "length_ms", "bytes"];
  await index(db, "recordings", "recordings_of_span", columns);
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

/** A report sums recordings by what became of them: in this order it reads them once and sorts nothing. */
async function indexByState(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const columns = ["tenant", "state", "part", "call_began_at", "length_ms", "bytes"];
  await index(db, "recordings", "recordings_of_state", columns);
  await dropIndex(db, dialect, "recordings_of_span");
}

/**
 * The sums of all recordings, as the rows are. The hour is told without rounding, which a plain division would do on
 * MySQL.
 */
export const sumsOfRecordings = sql`
  select tenant, (call_began_at - call_began_at % 3600000) / 3600000 as hour, state, part, count(*) as recordings,
    coalesce(sum(length_ms), 0) as length_ms, coalesce(sum(bytes), 0) as bytes
  from recordings group by tenant, hour, state, part`;

/** Recordings by the hour, so that a report need not read an index entry for each. */
async function createRecordedSums(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const table = db.schema
    .createTable("usage_recordings")
    .ifNotExists()
    .addColumn("tenant", "varchar(20)", (column) => column.notNull())
    .addColumn("hour", "bigint", (column) => column.notNull())
    .addColumn("state", "varchar(8)", (column) => column.notNull())
    .addColumn("part", "varchar(8)", (column) => column.notNull())
    .addColumn("recordings", "bigint", (column) => column.notNull())
    .addColumn("length_ms", "bigint", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("usage_recordings_key", ["tenant", "hour", "state", "part"]);
  if (dialect === "mysql") {
    // Filled as it is made, so that nobody sees it empty: another node's thread that looks at files would write to it,
    // and a migration that broke off could not tell what is in it from what is not.
    await table.modifyEnd(sql`${UTF8} as ${sumsOfRecordings}`).execute();
  } else {
    await table.execute();
    await sql`insert into usage_recordings (tenant, hour, state, part, recordings, length_ms, bytes)
      ${sumsOfRecordings}`.execute(db);
  }
  await dropIndex(db, dialect, "recordings_of_state");
}

async function dropIndex(db: Kysely<unknown>, dialect: DialectName, name: string): Promise<void> {
  const drop = db.schema.dropIndex(name);
  try {
    await (dialect === "mysql" ? drop.on("recordings") : drop).execute();
  } catch (error) {
    // A migration that broke off half-way on MySQL has dropped it.
    if ((error as { code?: unknown }).code !== "ER_CANT_DROP_FIELD_OR_KEY") throw error;
  }
}

async function addColumns(
  db: Kysely<unknown>,
  table: string,
  columns: Readonly<Record<string, "text" | "bigint">>,
): Promise<void> {
  for (const [name, type] of Object.entries(columns))
    await addColumn(db, table, (alter) => alter.addColumn(name, type));
}

/** As with an index: a migration that broke off half-way on MySQL has left the column. */
async function addColumn(
  db: Kysely<unknown>,
  table: string,
  add: (table: AlterTableBuilder) => { execute(): Promise<void> },
): Promise<void> {
  try {
    await add(db.schema.alterTable(table)).execute();
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ER_DUP_FIELDNAME") throw error;
  }
}
