import { sql } from "kysely";
import { type Edge, riseOf } from "../core/record/peak.ts";
import type { Writer } from "./tables.ts";

/** One tenant's minute, in minutes of the epoch. */
export type TenantMinute = { readonly tenant: string; readonly minute: number };

const MINUTE_MS = 60_000;
/** Minutes this close together are read at once. */
const GAP = 2;

/**
 * Counts anew how far the level rises within each of these minutes. The transaction MUST have written their rows before,
 * which locks them: two nodes that add legs to one minute come here one after the other and the second sees both legs.
 */
export async function writeRises(writer: Writer, minutes: readonly TenantMinute[]): Promise<void> {
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

/** Edges by minute, from the minute `from` until before `to`. */
async function readEdges(
  { db }: Writer,
  tenant: string,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, Edge[]>> {
  const began = await db
    .selectFrom("occupations")
    .select("began_at")
    .where("tenant", "=", tenant)
    .where("began_at", ">=", from * MINUTE_MS)
    .where("began_at", "<", to * MINUTE_MS)
    .execute();
  const ended = await db
    .selectFrom("occupations")
    .select("ended_at")
    .where("tenant", "=", tenant)
    .where("ended_at", ">", from * MINUTE_MS)
    .where("ended_at", "<=", to * MINUTE_MS)
    .execute();
  const edges = new Map<number, Edge[]>();
  const note = (minute: number, edge: Edge): void => {
    const known = edges.get(minute);
    if (known === undefined) edges.set(minute, [edge]);
    else known.push(edge);
  };
  for (const { began_at: at } of began) note(Math.floor(at / MINUTE_MS), { at, change: 1 });
  for (const { ended_at: at } of ended) note(Math.ceil(at / MINUTE_MS) - 1, { at, change: -1 });
  return edges;
}

async function writePart(
  { db, dialect }: Writer,
  tenant: string,
  minutes: readonly number[],
  edges: ReadonlyMap<number, Edge[]>,
): Promise<void> {
  const values = minutes.map((minute) => {
    const { rise, riseAt } = riseOf(edges.get(minute) ?? []);
    return sql`(${tenant}, ${minute}, 0, 0, ${rise}, ${riseAt})`;
  });
  const update =
    dialect === "mysql"
      ? sql`on duplicate key update rise = values(rise), rise_at = values(rise_at)`
      : sql`on conflict (tenant, minute) do update set rise = excluded.rise, rise_at = excluded.rise_at`;
  await sql`insert into channel_minutes (tenant, minute, began, ended, rise, rise_at)
    values ${sql.join(values)} ${update}`.execute(db);
}
