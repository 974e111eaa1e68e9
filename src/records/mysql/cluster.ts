/**
 * A cluster of Galera, several of whose members are written to. Two transactions on two members see nothing of one
 * another until both have ended, and the second is refused only if both have written one row. Two halves of one call can
 * have two keys, so whoever stores a call writes a row first that it has in common with the other half.
 */
import { crc32 } from "node:zlib";
import { type Kysely, sql } from "kysely";
import type { Tables, Writer } from "../tables.ts";

/** Rows to meet in. Calls that share one by chance cost a batch a second try, and nothing else. */
const TURNS = 1024;

/** False for MySQL, and for a MariaDB that is alone. */
export async function isCluster(db: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ Value: string }>`show global variables like 'wsrep_on'`.execute(db);
  return rows[0]?.Value === "ON";
}

/** First of all in a transaction: two that store the same call through two members cannot both end well. */
export async function takeTurns({ db }: Writer, calls: readonly string[]): Promise<void> {
  const turns = [...new Set(calls.map((call) => crc32(call) % TURNS))].sort((a, b) => a - b);
  const rows = sql.join(turns.map((turn) => sql`(${turn}, 1)`));
  await sql`insert into call_turns (turn, taken) values ${rows} on duplicate key update taken = taken + 1`.execute(
    db,
  );
}
