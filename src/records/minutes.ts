import { type RawBuilder, sql } from "kysely";
import { levelsOf, levelsText } from "../core/record/held.ts";
import { type Edge, riseOf } from "../core/record/peak.ts";
import type { Writer } from "./tables.ts";

/** One tenant's minute, in minutes of the epoch. */
export type TenantMinute = { readonly tenant: string; readonly minute: number };

const MINUTE_MS = 60_000;
/** Minutes this close together are read at once. */
const GAP = 2;

/**
 * Counts anew how far the level rises within each of these minutes and how long each level lasts, for all channels and
 * for those of the shared pool. The transaction MUST have written their rows before, which locks them: two nodes that
 * add legs to one minute come here one after the other and the second sees both legs.
 */
export async function writeMinutes(writer: Writer, minutes: readonly TenantMinute[]): Promise<void> {
  for (const { tenant, from, to, wanted } of stretches(minutes)) {
    const edges = await readEdges(writer, tenant, from, to);
    for (let start = 0; start < wanted.length; start += 500) {
      await writePart(writer, tenant, wanted.slice(start, start + 500), edges);
    }
  }
}

type Stretch = { tenant: string; from: number; to: number; wanted: number[] };

/** Neighbouring minutes of one tenant together; `to` is the minute after the last. */
function stretches(minutes: readonly TenantMinute[]): Stretch[] {
  const sorted = [...minutes].sort(
    (a, b) => (a.tenant < b.tenant ? -1 : a.tenant > b.tenant ? 1 : 0) || a.minute - b.minute,
  );
  const found: Stretch[] = [];
  for (const { tenant, minute } of sorted) {
    const last = found.at(-1);
    if (last !== undefined && last.tenant === tenant && minute - last.to <= GAP) {
      last.to = minute + 1;
      last.wanted.push(minute);
    } else found.push({ tenant, from: minute, to: minute + 1, wanted: [minute] });
  }
  return found;
}

/** The edges of one minute, and the bounds that its latest beginning knew of. */
class MinuteEdges {
  readonly all: Edge[] = [];
  readonly pool: Edge[] = [];
  cap: Known = UNKNOWN;
  reserved: Known = UNKNOWN;

  add(edge: Edge, shared: number): void {
    this.all.push(edge);
    if (shared === 1) this.pool.push(edge);
  }
}

type Known = { readonly at: number; readonly bound: number | null };
const UNKNOWN: Known = { at: -Infinity, bound: null };

/** Of two that began at one instant the larger bound counts, so that every node writes the same. */
function later(known: Known, at: number, bound: number | null): Known {
  if (bound === null || at < known.at) return known;
  return at === known.at && (known.bound ?? bound) > bound ? known : { at, bound };
}

/** Edges by minute, from the minute `from` until before `to`. */
async function readEdges(
  { db }: Writer,
  tenant: string,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, MinuteEdges>> {
  const began = await db
    .selectFrom("occupations")
    .select(["began_at", "shared", "cap", "reserved"])
    .where("tenant", "=", tenant)
    .where("began_at", ">=", from * MINUTE_MS)
    .where("began_at", "<", to * MINUTE_MS)
    .execute();
  const ended = await db
    .selectFrom("occupations")
    .select(["ended_at", "shared"])
    .where("tenant", "=", tenant)
    .where("ended_at", ">", from * MINUTE_MS)
    .where("ended_at", "<=", to * MINUTE_MS)
    .execute();
  const edges = new Map<number, MinuteEdges>();
  const of = (minute: number): MinuteEdges => {
    const known = edges.get(minute) ?? new MinuteEdges();
    edges.set(minute, known);
    return known;
  };
  for (const { began_at: at, shared, cap, reserved } of began) {
    const minute = of(Math.floor(at / MINUTE_MS));
    minute.add({ at, change: 1 }, shared);
    minute.cap = later(minute.cap, at, cap);
    minute.reserved = later(minute.reserved, at, reserved);
  }
  for (const { ended_at: at, shared } of ended)
    of(Math.ceil(at / MINUTE_MS) - 1).add({ at, change: -1 }, shared);
  return edges;
}

const NO_EDGES = new MinuteEdges();

async function writePart(
  writer: Writer,
  tenant: string,
  minutes: readonly number[],
  edges: ReadonlyMap<number, MinuteEdges>,
): Promise<void> {
  const all = minutes.map((minute) => {
    const { all: own, cap } = edges.get(minute) ?? NO_EDGES;
    const { rise, riseAt } = riseOf(own);
    return sql`(${tenant}, ${minute}, 0, 0, ${rise}, ${riseAt}, ${levelsText(levelsOf(minute, own))}, ${cap.bound})`;
  });
  await upsert(writer, "channel_minutes", all, ["rise", "rise_at", "levels", "bound"]);
  await writePool(writer, tenant, minutes, edges);
}

/** A leg that turned out to be on no shared trunk leaves a minute of zeros, which counts like none. */
async function writePool(
  writer: Writer,
  tenant: string,
  minutes: readonly number[],
  edges: ReadonlyMap<number, MinuteEdges>,
): Promise<void> {
  const { db } = writer;
  await db
    .updateTable("pool_minutes")
    .set({ began: 0, ended: 0, rise: 0, rise_at: null, levels: null, bound: null })
    .where("tenant", "=", tenant)
    .where("minute", "in", minutes.filter((minute) => (edges.get(minute)?.pool.length ?? 0) === 0).concat(-1))
    .execute();
  const rows = minutes.flatMap((minute) => {
    const { pool, reserved } = edges.get(minute) ?? NO_EDGES;
    if (pool.length === 0) return [];
    const { rise, riseAt } = riseOf(pool);
    const began = pool.filter(({ change }) => change === 1).length;
    const levels = levelsText(levelsOf(minute, pool));
    return [
      sql`(${tenant}, ${minute}, ${began}, ${pool.length - began}, ${rise}, ${riseAt}, ${levels}, ${reserved.bound})`,
    ];
  });
  const changed = ["began", "ended", "rise", "rise_at", "levels", "bound"];
  if (rows.length > 0) await upsert(writer, "pool_minutes", rows, changed);
}

async function upsert(
  { db, dialect }: Writer,
  table: "channel_minutes" | "pool_minutes",
  rows: readonly RawBuilder<unknown>[],
  changed: readonly string[],
): Promise<void> {
  const set = changed.map((column) => {
    const name = sql.ref(column);
    return dialect === "mysql" ? sql`${name} = values(${name})` : sql`${name} = excluded.${name}`;
  });
  const update =
    dialect === "mysql"
      ? sql`on duplicate key update ${sql.join(set)}`
      : sql`on conflict (tenant, minute) do update set ${sql.join(set)}`;
  await sql`insert into ${sql.table(table)} (tenant, minute, began, ended, rise, rise_at, levels, bound)
    values ${sql.join([...rows])} ${update}`.execute(db);
}
