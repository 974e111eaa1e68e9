/** What the steps of migrations.ts are made of, such that one which broke off half-way on MySQL can be done again. */
import { type AlterTableBuilder, type CreateTableBuilder, type Kysely, sql } from "kysely";
import type { DialectName } from "./tables.ts";

export const UTF8 = sql`engine = InnoDB default character set utf8mb4 collate utf8mb4_bin`;

/** Ids are compared byte by byte: another collation would hold two calls for one. */
export function finish(table: CreateTableBuilder<string, string>, dialect: DialectName): Promise<void> {
  const whole = dialect === "mysql" ? table.modifyEnd(UTF8) : table;
  return whole.execute();
}

/** MySQL has no `if not exists` for an index, and a migration that broke off half-way there has left some. */
export async function index(
  db: Kysely<unknown>,
  table: string,
  name: string,
  columns: string[],
): Promise<void> {
  try {
    await db.schema.createIndex(name).on(table).columns(columns).execute();
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ER_DUP_KEYNAME") throw error;
  }
}

export async function dropIndex(db: Kysely<unknown>, dialect: DialectName, name: string): Promise<void> {
  const drop = db.schema.dropIndex(name);
  try {
    await (dialect === "mysql" ? drop.on("recordings") : drop).execute();
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

/** As with an index: a migration that broke off half-way on MySQL has left the column. */
export async function addColumn(
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
