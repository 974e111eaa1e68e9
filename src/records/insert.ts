/**
 * Inserts rows, in statements whose text depends on nothing but how many there are. A local file is written several
 * times a second with batches of any size: there the rows go by powers of two, so that every statement is made once and
 * stays prepared. A database behind a network takes as many as it can in one.
 */
import { CompiledQuery } from "kysely";
import type { DialectName, Tables, Writer } from "./tables.ts";

export type Cell = string | number | null;

export type Into = {
  readonly table: keyof Tables;
  readonly columns: readonly string[];
  /** What to do with a row that is there already under `keys`; without it that is an error. */
  readonly taken?: {
    readonly keys: readonly string[];
    /** Columns that the new row's values are added to, or put into. */
    readonly set: readonly string[];
    readonly how: "add" | "replace";
  };
};

/** SQLite takes 32,766 values in one statement. */
const MOST = { sqlite: 64, mysql: 500 } as const;

export async function insertRows(
  { db, dialect }: Writer,
  into: Into,
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  for (let start = 0; start < rows.length; ) {
    const size = portion(rows.length - start, dialect);
    const values = rows.slice(start, start + size).flat();
    await db.executeQuery(CompiledQuery.raw(textOf(into, size, dialect), values));
    start += size;
  }
}

function portion(left: number, dialect: DialectName): number {
  const most = Math.min(left, MOST[dialect]);
  return dialect === "mysql" ? most : 2 ** Math.floor(Math.log2(most));
}

const texts = new WeakMap<Into, Map<string, string>>();

function textOf(into: Into, size: number, dialect: DialectName): string {
  const known = texts.get(into) ?? new Map<string, string>();
  texts.set(into, known);
  const key = `${dialect} ${size}`;
  const text = known.get(key) ?? written(into, size, dialect);
  known.set(key, text);
  return text;
}

function written({ table, columns, taken }: Into, size: number, dialect: DialectName): string {
  const mark = dialect === "mysql" ? "`" : '"';
  const name = (word: string): string => `${mark}${word}${mark}`;
  const names = (words: readonly string[]): string => words.map(name).join(", ");
  const row = `(${columns.map(() => "?").join(", ")})`;
  const rows = Array.from({ length: size }, () => row).join(", ");
  const insert = `insert into ${name(table)} (${names(columns)}) values ${rows}`;
  if (taken === undefined) return insert;
  const terms = taken.set.map((column) => {
    const own = name(column);
    const arriving = dialect === "mysql" ? `values(${own})` : `excluded.${own}`;
    return `${own} = ${taken.how === "add" ? `${own} + ${arriving}` : arriving}`;
  });
  const otherwise =
    dialect === "mysql" ? "on duplicate key update" : `on conflict (${names(taken.keys)}) do update set`;
  return `${insert} ${otherwise} ${terms.join(", ")}`;
}
