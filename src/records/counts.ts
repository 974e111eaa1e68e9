import { minutesOf } from "../core/record/peak.ts";
import type { StampedCall } from "../core/record/record.ts";
import { sharesOf } from "../core/record/usage.ts";
import { type Cell, type Into, insertRows } from "./insert.ts";
import { writeMinutes } from "./minutes.ts";
import type { RecordingRow, Tables, Writer } from "./tables.ts";

/** Recordings are summed by the hour of the epoch: a month begins at one in most zones, and none needs to be known. */
export const HOUR_MS = 3_600_000;

/** What recordings are summed by, and what is summed of them. */
export type CountedRecording = Pick<
  RecordingRow,
  "tenant" | "call_began_at" | "state" | "part" | "length_ms" | "bytes"
>;

/** What a batch of calls changes in the counts: by key, so that a batch touches each row once. */
export type CountChanges = {
  readonly sums: ReadonlyMap<CountTable, Map<string, { key: Cell[]; sums: number[] }>>;
  /** Those to be there afterwards; the caller has removed what was there before. */
  readonly occupations: Map<string, Tables["occupations"]>;
};

type CountTable = "usage_calls" | "usage_legs" | "usage_campaigns" | "channel_minutes" | "usage_recordings";

const USE = ["legs", "answered", "seconds", "billed66", "billed306", "billed6060"] as const;

const COLUMNS: Readonly<
  Record<CountTable, { readonly keys: readonly string[]; readonly sums: readonly string[] }>
> = {
  usage_calls: {
    keys: ["tenant", "day", "direction", "did", "ingroup", "outcome", "reason"],
    sums: ["calls"],
  },
  usage_legs: {
    keys: ["tenant", "day", "direction", "did", "ingroup", "trunk", "shared"],
    sums: USE,
  },
  usage_campaigns: { keys: ["tenant", "day", "campaign", "trunk"], sums: USE },
  channel_minutes: { keys: ["tenant", "minute"], sums: ["began", "ended"] },
  usage_recordings: {
    keys: ["tenant", "hour", "state", "part"],
    sums: ["recordings", "length_ms", "bytes"],
  },
};

const SUMS = Object.fromEntries(
  Object.entries(COLUMNS).map(([table, { keys, sums }]) => [
    table,
    { table, columns: [...keys, ...sums], taken: { keys, set: sums, how: "add" } },
  ]),
) as unknown as Readonly<Record<CountTable, Into>>;

const OCCUPATION = [
  "call_id",
  "boot",
  "uniqueid",
  "tenant",
  "began_at",
  "ended_at",
  "shared",
  "cap",
  "reserved",
] as const satisfies readonly (keyof Tables["occupations"])[];

const OCCUPATIONS: Into = { table: "occupations", columns: OCCUPATION };

export function noChanges(): CountChanges {
  return {
    sums: new Map([
      ["usage_calls", new Map()],
      ["usage_legs", new Map()],
      ["usage_campaigns", new Map()],
      ["channel_minutes", new Map()],
      ["usage_recordings", new Map()],
    ]),
    occupations: new Map(),
  };
}

/** Adds a record's shares, or with `sign` -1 takes them out. Null, a call of nobody, has none. */
export function addShares(changes: CountChanges, record: StampedCall | null, sign: 1 | -1): void {
  if (record === null) return;
  const { call, legs, campaigns, occupations } = sharesOf(record);
  const { tenant } = call;
  const { day, direction, did, ingroup, outcome, reason } = call;
  add(changes, "usage_calls", [tenant, day, direction, did, ingroup, outcome, reason], [sign * call.calls]);
  for (const leg of legs) {
    const sums = USE.map((column) => leg[column]);
    add(
      changes,
      "usage_legs",
      [tenant, leg.day, leg.direction, leg.did, leg.ingroup, leg.trunk, leg.shared ? 1 : 0],
      sums.map((sum) => sign * sum),
    );
  }
  for (const leg of campaigns) {
    const key = [tenant, leg.day, leg.campaign, leg.trunk];
    add(
      changes,
      "usage_campaigns",
      key,
      USE.map((column) => sign * leg[column]),
    );
  }
  for (const { uniqueid, from, to, shared, cap, reserved } of occupations) {
    const minutes = minutesOf({ from, to });
    add(changes, "channel_minutes", [tenant, minutes.began], [sign, 0]);
    add(changes, "channel_minutes", [tenant, minutes.ended], [0, sign]);
    if (sign === -1) continue;
    changes.occupations.set(`${record.call} ${record.boot} ${uniqueid}`, {
      call_id: record.call,
      boot: record.boot,
      uniqueid,
      tenant,
      began_at: from,
      ended_at: to,
      shared: shared ? 1 : 0,
      cap,
      reserved,
    });
  }
}

/** Adds a row of recordings as it is, or with `sign` -1 takes it out as it was. */
export function addRecording(changes: CountChanges, row: CountedRecording, sign: 1 | -1): void {
  const key = [row.tenant, Math.floor(row.call_began_at / HOUR_MS), row.state, row.part];
  const sums = [1, row.length_ms ?? 0, row.bytes ?? 0];
  add(
    changes,
    "usage_recordings",
    key,
    sums.map((sum) => sign * sum),
  );
}

function add(changes: CountChanges, table: CountTable, key: readonly Cell[], sums: readonly number[]): void {
  const rows = changes.sums.get(table);
  const name = JSON.stringify(key);
  const row = rows?.get(name);
  if (row === undefined) rows?.set(name, { key: [...key], sums: [...sums] });
  else row.sums = row.sums.map((sum, index) => sum + (sums[index] ?? 0));
}

export async function writeChanges(writer: Writer, changes: CountChanges): Promise<void> {
  for (const [table, rows] of changes.sums) {
    // In one order on every node: two that want the same rows wait for, instead of deadlock, one another.
    // A minute is written though its sums stay: a leg may have moved within it, and the row is the lock on its rise.
    const changed = [...rows.entries()]
      .filter(([, row]) => table === "channel_minutes" || row.sums.some((sum) => sum !== 0))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => [...row.key, ...row.sums]);
    await insertRows(writer, SUMS[table], changed);
  }
  const occupations = [...changes.occupations.values()];
  await insertRows(
    writer,
    OCCUPATIONS,
    occupations.map((row) => OCCUPATION.map((column) => row[column])),
  );
  for (const row of occupations) writer.edges?.add(row);
  const minutes = changes.sums.get("channel_minutes") ?? new Map<string, { key: Cell[] }>();
  await writeMinutes(
    writer,
    [...minutes.values()].map(({ key }) => ({ tenant: String(key[0]), minute: Number(key[1]) })),
  );
}
