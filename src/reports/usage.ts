/**
 * What a client used in a month, from the counts that the records database keeps beside the calls. Sums of integers
 * and nothing else: every break-down (by day, number, in-group, trunk) adds up to the same totals, to the second.
 * It reads no database, knows no price and writes nothing.
 */
import { billedColumns, type RecordedUse, type UsageRows } from "../calls/record-port.ts";
import type { Billing } from "../core/billing/increments.ts";
import type { Held } from "../core/record/held.ts";
import type { Peak } from "../core/record/peak.ts";
import type { CampaignShare, LegShare } from "../core/record/usage.ts";
import type { Month } from "./month.ts";

/** Of trunk legs. `billedSeconds` by the increment of the leg's trunk, leg by leg. */
export type Use = {
  readonly legs: number;
  readonly answered: number;
  readonly seconds: number;
  readonly billedSeconds: number;
};

export type UsageReport = {
  readonly tenant: string;
  readonly month: string;
  readonly zone: string;
  readonly billing: Billing;
  readonly calls: {
    readonly total: number;
    readonly inbound: number;
    readonly outbound: number;
    readonly outcomes: readonly { readonly outcome: string; readonly calls: number }[];
  };
  readonly inbound: Use;
  readonly outbound: Use;
  /** On trunks of the client's own. */
  readonly dedicated: Use;
  /** On shared trunks. */
  readonly overflow: Use;
  readonly inboundByDid: readonly (Use & { readonly did: string })[];
  readonly inboundByIngroup: readonly (Use & { readonly ingroup: string })[];
  /** "" for calls of no campaign, or of none that is known. */
  readonly outboundByCampaign: readonly (Use & { readonly campaign: string })[];
  readonly outboundByTrunk: readonly (Use & { readonly trunk: string; readonly overflow: boolean })[];
  readonly byTrunk: readonly (Use & { readonly trunk: string; readonly overflow: boolean })[];
  /** By the day on which the call began, on the client's calendar; days without a call are absent. */
  readonly byDay: readonly (Use & { readonly day: string; readonly calls: number })[];
  readonly refusals: readonly { readonly reason: string; readonly calls: number }[];
  readonly peak: Peak;
  /** As the cap is now, null for none; the time is by what it was when the calls were let in. */
  readonly cap: { readonly channels: number | null; readonly secondsAtCap: number };
  /** What was held of the shared pool beyond the client's reserve; `seconds` add up over the channels. */
  readonly borrowed: {
    readonly reserved: number;
    readonly legs: number;
    readonly seconds: number;
    readonly peak: Peak;
  };
  /** Of calls that began in the month, the bytes of all their files; `kept` is what there still is. */
  readonly recordings: {
    readonly count: number;
    readonly seconds: number;
    readonly bytes: number;
    readonly kept: { readonly count: number; readonly bytes: number };
    /** Somebody answered, and there is no file. */
    readonly missing: number;
  };
};

export type UsageInput = {
  readonly tenant: string;
  readonly month: Month;
  readonly billing: Billing;
  readonly limits: { readonly channels: number | null; readonly reserved: number };
  readonly rows: UsageRows;
  readonly held: { readonly all: Held; readonly pool: Held };
  readonly recorded: RecordedUse;
};

export function usageReport(input: UsageInput): UsageReport {
  const { tenant, month, billing, rows, held, limits } = input;
  const { calls, legs } = rows;
  const sum = (picked: readonly LegShare[]): Use => usesOf(picked, billing);
  const inbound = legs.filter((row) => row.direction === "inbound");
  const outbound = legs.filter((row) => row.direction === "outbound");
  const count = (picked: typeof calls): number => picked.reduce((total, row) => total + row.calls, 0);
  const refused = calls.filter((row) => row.reason !== "" && row.outcome === "refused");
  return {
    tenant,
    month: month.name,
    zone: month.zone,
    billing,
    calls: {
      total: count(calls),
      inbound: count(calls.filter((row) => row.direction === "inbound")),
      outbound: count(calls.filter((row) => row.direction === "outbound")),
      outcomes: grouped(calls, (row) => row.outcome)
        .map(([outcome, picked]) => ({ outcome, calls: count(picked) }))
        .sort((a, b) => b.calls - a.calls),
    },
    inbound: sum(inbound),
    outbound: sum(outbound),
    dedicated: sum(legs.filter((row) => !row.shared)),
    overflow: sum(legs.filter((row) => row.shared)),
    inboundByDid: busiest(
      grouped(inbound, (row) => row.did).map(([did, picked]) => ({ did, ...sum(picked) })),
    ),
    inboundByIngroup: busiest(
      grouped(inbound, (row) => row.ingroup).map(([ingroup, picked]) => ({ ingroup, ...sum(picked) })),
    ),
    outboundByCampaign: busiest(
      grouped(rows.campaigns, (row) => row.campaign).map(([campaign, picked]) => ({
        campaign,
        ...usesOf(picked, billing),
      })),
    ),
    outboundByTrunk: trunks(outbound, sum),
    byTrunk: trunks(legs, sum),
    byDay: days(rows, sum, count),
    refusals: grouped(refused, (row) => row.reason)
      .map(([reason, picked]) => ({ reason, calls: count(picked) }))
      .sort((a, b) => b.calls - a.calls),
    peak: held.all.peak,
    cap: { channels: limits.channels, secondsAtCap: wholeSeconds(held.all.atBoundMs) },
    borrowed: {
      reserved: limits.reserved,
      legs: held.pool.beganBeyond,
      seconds: wholeSeconds(held.pool.beyondMs),
      peak: held.pool.peakBeyond,
    },
    recordings: recordingsOf(input.recorded),
  };
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** What was deleted when its time was over was recorded all the same. */
function recordingsOf(recorded: RecordedUse): UsageReport["recordings"] {
  const sum = (states: readonly string[], of: "count" | "lengthMs" | "bytes"): number =>
    recorded
      .filter(({ state, part }) => states.includes(state) && (part === "mixed" || of === "bytes"))
      .reduce((total, row) => total + row[of], 0);
  const made = ["kept", "deleting", "deleted"];
  return {
    count: sum(made, "count"),
    seconds: wholeSeconds(sum(made, "lengthMs")),
    bytes: sum(made, "bytes"),
    kept: { count: sum(["kept"], "count"), bytes: sum(["kept"], "bytes") },
    missing: sum(["missing", "lost"], "count"),
  };
}

function usesOf(rows: readonly Omit<CampaignShare, "campaign">[], { usual, byTrunk }: Billing): Use {
  const use = { legs: 0, answered: 0, seconds: 0, billedSeconds: 0 };
  for (const row of rows) {
    use.legs += row.legs;
    use.answered += row.answered;
    use.seconds += row.seconds;
    use.billedSeconds += row[billedColumns[byTrunk.get(row.trunk) ?? usual]];
  }
  return use;
}

/** A trunk that changed hands within the month stands twice: once as the client's own, once as shared. */
function trunks(rows: readonly LegShare[], sum: (rows: readonly LegShare[]) => Use) {
  const split = grouped(rows, (row) => `${row.shared ? 1 : 0}${row.trunk}`);
  return busiest(
    split.map(([key, picked]) => ({ trunk: key.slice(1), overflow: key.startsWith("1"), ...sum(picked) })),
  );
}

function days(
  { calls, legs }: UsageRows,
  sum: (rows: readonly LegShare[]) => Use,
  count: (rows: UsageRows["calls"]) => number,
): UsageReport["byDay"] {
  const callsOf = new Map(grouped(calls, (row) => row.day));
  const legsOf = new Map(grouped(legs, (row) => row.day));
  return [...new Set([...callsOf.keys(), ...legsOf.keys()])]
    .sort()
    .map((day) => ({ day, calls: count(callsOf.get(day) ?? []), ...sum(legsOf.get(day) ?? []) }));
}

function grouped<Row>(rows: readonly Row[], key: (row: Row) => string): [string, Row[]][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = key(row);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

function busiest<Row extends Use>(rows: Row[]): Row[] {
  return rows.sort((a, b) => b.billedSeconds - a.billedSeconds || b.legs - a.legs);
}
