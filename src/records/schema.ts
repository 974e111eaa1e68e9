/**
 * What the steps of migrations.ts are made of, such that one which broke off half-way can be done again: on MySQL, and in
 * a local file of a version that had no transaction around them.
 */
import { type AlterTableBuilder, type CreateTableBuilder, type Kysely, sql } from "kysely";
import { messageOf } from "../platform/errors.ts";
import type { DialectName } from "./tables.ts";

export const UTF8 = sql`engine = InnoDB default character set utf8mb4 collate utf8mb4_bin`;

/** Ids are compared byte by byte: another collation would hold two calls for one. */
export function finish(table: CreateTableBuilder<string, string>, dialect: DialectName): Promise<void> {
  const whole = dialect === "mysql" ? table.modifyEnd(UTF8) : table;
  return whole.execute();
}

/** MySQL has no `if not exists` for an index, and neither database has one for a column. */
export async function index(
  db: Kysely<unknown>,
  table: string,
  name: string,
  columns: string[],
): Promise<void> {
  try {
    await db.schema.createIndex(name).on(table).columns(columns).execute();
  } catch (error) {
    if (!isThere(error, "ER_DUP_KEYNAME", /^index \S+ already exists$/)) throw error;
  }
}

export async function dropIndex(db: Kysely<unknown>, dialect: DialectName, name: string): Promise<void> {
  const drop = db.schema.dropIndex(name);
  try {
    await (dialect === "mysql" ? drop.on("recordings") : drop.ifExists()).execute();
  } catch (error) {
    // A migration that broke off half-way on MySQL has dropped it.
    if ((error as { code?: unknown }).code !== "ER_CANT_DROP_FIELD_OR_KEY") throw error;
  }
}

export async function addColumns(
  db: Kysely<unknown>,
  table: string,
  columns: Readonly<Record<string, "text" | "bigint">>,
): Promise<void> {
  for (const [name, type] of Object.entries(columns))
    await addColumn(db, table, (alter) => alter.addColumn(name, type));
}

export async function addColumn(
  db: Kysely<unknown>,
  table: string,
  add: (table: AlterTableBuilder) => { execute(): Promise<void> },
): Promise<void> {
  try {
    await add(db.schema.alterTable(table)).execute();
  } catch (error) {
    if (!isThere(error, "ER_DUP_FIELDNAME", /^duplicate column name: /)) throw error;
  }
}

function isThere(error: unknown, code: string, says: RegExp): boolean {
  return (error as { code?: unknown }).code === code || says.test(messageOf(error));
}
