/** Every number with its owner, and whether it still earns what it costs. Pure; times are epoch milliseconds. */
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { localText } from "./month.ts";
import { csvLine, textTable } from "./table.ts";

export type DidLine = {
  readonly did: string;
  readonly tenant: string;
  readonly label: string | null;
  /** Null for a number on hold. */
  readonly route: string | null;
  /** In millionths of the currency unit, so that sums are exact. */
  readonly monthlyCostMicros: number | null;
  /** Null: no call is on record. */
  readonly lastCall: number | null;
  /** Whole days without a call; null when there never was one. */
  readonly idleDays: number | null;
  /** Dates `YYYY-MM-DD`. */
  readonly inServiceSince: string | null;
  readonly onHoldUntil: string | null;
  /** `hold_over`: its time on hold has passed on its client's calendar, so that it may be given back or used again. */
  readonly state: "in_service" | "on_hold" | "hold_over";
};

export type InventoryOptions = {
  readonly now: number;
  readonly lastCalls: ReadonlyMap<string, number>;
  readonly tenant?: string | undefined;
  /** Only numbers that were in service for this many days and had no call in them. */
  readonly unusedDays?: number | undefined;
};

const DAY_MS = 86_400_000;

export function inventory(snapshot: Snapshot, options: InventoryOptions): DidLine[] {
  const { now, lastCalls, tenant, unusedDays } = options;
  const lines = [...snapshot.tenants.values()]
    .filter(({ id }) => tenant === undefined || id === tenant)
    .flatMap((owner) => {
      const today = localText(now, owner.timezone).slice(0, 10);
      return [...owner.dids.values()].map((did): DidLine => {
        const lastCall = lastCalls.get(did.did) ?? null;
        return {
          did: did.did,
          tenant: owner.id,
          label: did.label,
          route: did.route,
          monthlyCostMicros: did.monthlyCost === null ? null : Math.round(did.monthlyCost * 1_000_000),
          lastCall,
          idleDays: lastCall === null ? null : Math.max(0, Math.floor((now - lastCall) / DAY_MS)),
          inServiceSince: did.inServiceSince,
          onHoldUntil: did.onHoldUntil,
          state: stateOf(did.onHoldUntil, today),
        };
      });
    });
  const wanted =
    unusedDays === undefined ? lines : lines.filter((line) => unusedFor(line, snapshot, now) >= unusedDays);
  return wanted.sort((a, b) => order(a.tenant, b.tenant) || order(a.did, b.did));
}

/** In whole days. A number that was never called is unused since its service began, on its client's calendar. */
function unusedFor(
  { idleDays, inServiceSince, tenant }: DidLine,
  { tenants }: Snapshot,
  now: number,
): number {
  if (idleDays !== null) return idleDays;
  if (inServiceSince === null) return Infinity;
  const zone = [...tenants.values()].find(({ id }) => id === tenant)?.timezone ?? "UTC";
  return (Date.parse(localText(now, zone).slice(0, 10)) - Date.parse(inServiceSince)) / DAY_MS;
}

/** The last day on hold is still one. */
function stateOf(onHoldUntil: string | null, today: string): DidLine["state"] {
  if (onHoldUntil === null) return "in_service";
  return today <= onHoldUntil ? "on_hold" : "hold_over";
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function inventoryText(lines: readonly DidLine[]): string {
  const rows = textTable(
    [
      { title: "number", cell: (line: DidLine) => line.did },
      { title: "client", cell: (line) => line.tenant },
      { title: "route", cell: (line) => line.route ?? stateText(line) },
      { title: "label", cell: (line) => line.label ?? "" },
      { title: "cost/month", cell: (line) => costText(line.monthlyCostMicros), right: true },
      { title: "last call (UTC)", cell: (line) => lastText(line.lastCall) },
      {
        title: "idle days",
        cell: (line) => (line.idleDays === null ? "-" : String(line.idleDays)),
        right: true,
      },
      { title: "since", cell: (line) => line.inServiceSince ?? "-" },
    ],
    lines,
  );
  const total = lines.reduce((sum, line) => sum + (line.monthlyCostMicros ?? 0), 0);
  const count = lines.length === 1 ? "1 number" : `${lines.length} numbers`;
  return `${[...rows, "", `${count}, ${costText(total)} a month`].join("\n")}\n`;
}

function stateText({ state, onHoldUntil }: DidLine): string {
  return state === "hold_over" ? `hold over since ${onHoldUntil}` : `on hold until ${onHoldUntil}`;
}

export function inventoryCsv(lines: readonly DidLine[]): string {
  const head = ["did", "tenant", "route", "label", "monthly_cost", "last_call", "idle_days"];
  head.push("state", "in_service_since", "on_hold_until");
  const rows = lines.map((line) => [
    line.did,
    line.tenant,
    line.route,
    line.label,
    line.monthlyCostMicros === null ? null : costText(line.monthlyCostMicros),
    line.lastCall === null ? null : new Date(line.lastCall).toISOString(),
    line.idleDays,
    line.state,
    line.inServiceSince,
    line.onHoldUntil,
  ]);
  return `${[head, ...rows].map(csvLine).join("\r\n")}\r\n`;
}

export function inventoryJson(lines: readonly DidLine[]): unknown {
  return lines.map((line) => ({
    did: line.did,
    tenant: line.tenant,
    route: line.route,
    label: line.label,
    monthly_cost: line.monthlyCostMicros === null ? null : costText(line.monthlyCostMicros),
    last_call: line.lastCall === null ? null : new Date(line.lastCall).toISOString(),
    idle_days: line.idleDays,
    state: line.state,
    in_service_since: line.inServiceSince,
    on_hold_until: line.onHoldUntil,
  }));
}

/** `1.20`; further digits only where there are some. */
function costText(micros: number | null): string {
  if (micros === null) return "-";
  const fraction = String(micros % 1_000_000)
    .padStart(6, "0")
    .replace(/0{1,4}$/, "");
  return `${Math.floor(micros / 1_000_000)}.${fraction}`;
}

function lastText(at: number | null): string {
  return at === null ? "never" : new Date(at).toISOString().slice(0, 16).replace("T", " ");
}
