/** The steps of migrations.ts that are about recordings. */
import { type CreateTableBuilder, type Kysely, sql } from "kysely";
import { addColumn, dropIndex, finish, index, UTF8 } from "../schema.ts";
import type { DialectName } from "../tables.ts";

export async function createRecordings(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
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

/** A call that is recorded by legs has several files. */
export async function addParts(db: Kysely<unknown>): Promise<void> {
  await addColumn(db, "recordings", (table) =>
    table.addColumn("part", "varchar(8)", (column) => column.notNull().defaultTo("mixed")),
  );
  const columns = ["tenant", "call_began_at", "part", "state", "length_ms", "bytes"];
  await index(db, "recordings", "recordings_of_span", columns);
}

/** A report sums recordings by what became of them: in this order it reads them once and sorts nothing. */
export async function indexByState(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
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

/**
 * What had been empty or missing when its time was over stood there as deleted, and was counted as a recording. The sums
 * are locked before the rows are read: whoever changes a row meanwhile adds it to what is made here.
 */
export async function tellNothingFromDeleted(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const over = sql`('deleted', 'void', 'lost')`;
  const work = async (on: Kysely<unknown>): Promise<void> => {
    await sql`delete from usage_recordings where state in ${over}`.execute(on);
    await sql`update recordings set state = case answered when 1 then 'lost' else 'void' end
      where state = 'deleted' and (sha256 is null or (answered = 0 and coalesce(length_ms, 0) = 0))`.execute(
      on,
    );
    await sql`insert into usage_recordings (tenant, hour, state, part, recordings, length_ms, bytes)
      select * from (${sumsOfRecordings}) as summed where state in ${over}`.execute(on);
  };
  // All steps of a local file are in one already.
  if (dialect === "sqlite") await work(db);
  else await db.transaction().execute(work);
}

/** Recordings by the hour, so that a report need not read an index entry for each. */
export async function createRecordedSums(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
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
    await sql`delete from usage_recordings`.execute(db);
    await sql`insert into usage_recordings (tenant, hour, state, part, recordings, length_ms, bytes)
      ${sumsOfRecordings}`.execute(db);
  }
  await dropIndex(db, dialect, "recordings_of_state");
}
