import { sql } from "kysely";
import type { Database } from "./tables.ts";

/** When each number was called last, E.164 → epoch milliseconds. Read from the ends of its calls in the index. */
export async function readLastCalls(database: Database): Promise<Map<string, number>> {
  const { db, dialect } = database;
  const { rows } = await (dialect === "mysql" ? GROUPED : LEAPING).execute(db);
  const last = new Map<string, number>();
  // A number may have been another client's before.
  for (const { did, at } of rows) last.set(did, Math.max(last.get(did) ?? 0, Number(at)));
  return last;
}

type LastCall = { readonly did: string; readonly at: number };

/** MySQL and MariaDB leap from one number to the next by themselves, where their statistics say that it pays. */
const GROUPED = sql<LastCall>`
  select did, max(started_at) as at from calls where did is not null group by tenant, did`;

/** SQLite reads every entry of a group; here each step looks up the next client, and the next number of each. */
const LEAPING = sql<LastCall>`
  with recursive clients(tenant) as (
    select min(tenant) from calls union all
    select (select min(tenant) from calls where calls.tenant > clients.tenant) from clients
    where clients.tenant is not null
  ),
  numbers(tenant, did) as (
    select tenant, (select min(did) from calls where calls.tenant = clients.tenant) from clients
    where clients.tenant is not null
    union all
    select tenant, (select min(did) from calls where calls.tenant = numbers.tenant and calls.did > numbers.did)
    from numbers where numbers.did is not null
  )
  select did, (select max(started_at) from calls where calls.tenant = numbers.tenant and calls.did = numbers.did) as at
  from numbers where did is not null`;
