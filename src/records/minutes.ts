import { levelsOf, levelsText } from "../core/record/held.ts";
import { riseOf } from "../core/record/peak.ts";
import { MinuteEdges, minuteOfBegin, minuteOfEnd } from "./edges.ts";
import { type Into, insertRows } from "./insert.ts";
import type { Writer } from "./tables.ts";

/** One tenant's minute, in minutes of the epoch. */
export type TenantMinute = { readonly tenant: string; readonly minute: number };

const MINUTE_MS = 60_000;
/** Minutes this close together are read at once. */
const GAP = 2;

const COLUMNS = ["tenant", "minute", "began", "ended", "rise", "rise_at", "levels", "bound"] as const;
const KEYS = ["tenant", "minute"] as const;

/** How many began and ended in it is summed elsewhere. */
const CHANNELS: Into = {
  table: "channel_minutes",
  columns: COLUMNS,
  taken: { keys: KEYS, set: ["rise", "rise_at", "levels", "bound"], how: "replace" },
};
const POOL: Into = {
  table: "pool_minutes",
  columns: COLUMNS,
  taken: { keys: KEYS, set: ["began", "ended", "rise", "rise_at", "levels", "bound"], how: "replace" },
};

/**
 * Counts anew how far the level rises within each of these minutes and how long each level lasts, for all channels and
 * for those of the shared pool. The transaction MUST have written their rows before, which locks them: two nodes that
 * add legs to one minute come here one after the other and the second sees both legs.
 */
export async function writeMinutes(writer: Writer, minutes: readonly TenantMinute[]): Promise<void> {
  const byTenant = new Map<string, Map<number, MinuteEdges>>();
  const file = (tenant: string, minute: number, edges: MinuteEdges): void => {
    const known = byTenant.get(tenant) ?? new Map<number, MinuteEdges>();
    byTenant.set(tenant, known.set(minute, edges));
    writer.edges?.keep(tenant, minute, edges);
  };
  const unknown: TenantMinute[] = [];
  for (const each of minutes) {
    const edges = writer.edges?.get(each.tenant, each.minute) ?? null;
    if (edges === null) unknown.push(each);
    else file(each.tenant, each.minute, edges);
  }
  for (const { tenant, from, to, wanted } of stretches(unknown)) {
    const edges = await readEdges(writer, tenant, from, to);
    for (const minute of wanted) file(tenant, minute, edges.get(minute) ?? new MinuteEdges());
  }
  for (const [tenant, edges] of byTenant) await writeTenant(writer, tenant, edges);
  writer.edges?.bound();
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
  for (const row of began) of(minuteOfBegin(row.began_at)).began(row);
  for (const row of ended) of(minuteOfEnd(row.ended_at)).ended(row);
  return edges;
}

async function writeTenant(
  writer: Writer,
  tenant: string,
  edges: ReadonlyMap<number, MinuteEdges>,
): Promise<void> {
  // In one order on every node, like all rows that two of them may want.
  const minutes = [...edges].sort(([a], [b]) => a - b);
  const rows = minutes.map(([minute, { all, cap }]) => {
    const { rise, riseAt } = riseOf(all);
    return [tenant, minute, 0, 0, rise, riseAt, levelsText(levelsOf(minute, all)), cap];
  });
  await insertRows(writer, CHANNELS, rows);
  await writePool(writer, tenant, minutes);
}

/** A leg that turned out to be on no shared trunk leaves a minute of zeros, which counts like none. */
async function writePool(
  writer: Writer,
  tenant: string,
  minutes: readonly (readonly [number, MinuteEdges])[],
): Promise<void> {
  const empty = minutes.filter(([, { pool }]) => pool.length === 0).map(([minute]) => minute);
  for (let start = 0; start < empty.length; start += 500) {
    await writer.db
      .updateTable("pool_minutes")
      .set({ began: 0, ended: 0, rise: 0, rise_at: null, levels: null, bound: null })
      .where("tenant", "=", tenant)
      .where("minute", "in", empty.slice(start, start + 500))
      .execute();
  }
  const rows = minutes.flatMap(([minute, { pool, reserved }]) => {
    if (pool.length === 0) return [];
    const { rise, riseAt } = riseOf(pool);
    const began = pool.filter(({ change }) => change === 1).length;
    const levels = levelsText(levelsOf(minute, pool));
    return [[tenant, minute, began, pool.length - began, rise, riseAt, levels, reserved]];
  });
  await insertRows(writer, POOL, rows);
}
