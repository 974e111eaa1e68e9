import { refusals } from "../core/callflow/refusal.ts";
import type { Peak } from "../core/record/peak.ts";
import { billingText } from "./billing.ts";
import { localText } from "./month.ts";
import { bar, type Column, csvLine, hoursText, minutesText, textTable } from "./table.ts";
import type { UsageReport, Use } from "./usage.ts";

/** The report for people, with bars; minutes are minutes:seconds as they are billed. */
export function usageText(report: UsageReport): string {
  const { calls } = report;
  const lines = [
    `${report.tenant}, ${report.month} (${report.zone}), billed ${billingText(report.billing)}`,
    "",
    `calls          ${calls.total} (${calls.inbound} in, ${calls.outbound} out)`,
    ...capacityLines(report),
    `recordings     ${recordingsText(report.recordings)}`,
    "",
    ...textTable(
      useColumns<Use & { name: string }>("", (row) => row.name, []),
      [
        { name: "inbound", ...report.inbound },
        { name: "outbound", ...report.outbound },
        { name: "own trunks", ...report.dedicated },
        { name: "overflow", ...report.overflow },
      ],
    ),
    ...section("inbound by number", "number", (row) => row.did, report.inboundByDid),
    ...section("inbound by in-group", "in-group", (row) => row.ingroup || "-", report.inboundByIngroup),
    ...section("outbound by campaign", "campaign", (row) => row.campaign || "-", campaignsOf(report)),
    ...section("outbound by trunk", "trunk", trunkName, report.outboundByTrunk),
    ...section("by day", "day", (row) => row.day, report.byDay),
    ...countSection("how calls ended", report.calls.outcomes, (row) => row.outcome),
    ...countSection("refused", report.refusals, (row) => `${row.reason}: ${whyOf(row.reason)}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Without a dialler there is nothing to tell apart. */
function campaignsOf({ outboundByCampaign: all }: UsageReport): UsageReport["outboundByCampaign"] {
  return all.some(({ campaign }) => campaign !== "") ? all : [];
}

function capacityLines({ peak, cap, borrowed, zone }: UsageReport): string[] {
  const when = ({ channels, at }: Peak): string =>
    at === null ? "none" : `${channels} at ${localText(at, zone)} ${zone}`;
  const limit = cap.channels === null ? "no cap" : `of ${cap.channels} channels`;
  const pool = `${counted(borrowed.legs, "leg")}, ${minutesText(borrowed.seconds)} channel minutes beyond the reserve of ${borrowed.reserved}`;
  return [
    `peak channels  ${when(peak)}`,
    `at the cap     ${minutesText(cap.secondsAtCap)} minutes (${limit})`,
    `borrowed       ${borrowed.peak.at === null ? "none" : `${pool}, at most ${when(borrowed.peak)}`}`,
  ];
}

function recordingsText({ count, seconds, bytes, kept, missing }: UsageReport["recordings"]): string {
  const lost = missing === 0 ? "" : `; ${missing} missing`;
  return `${count}, ${hoursText(seconds)} hours, ${bytes} bytes; ${kept.count} kept, ${kept.bytes} bytes${lost}`;
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}

function trunkName(row: { trunk: string; overflow: boolean }): string {
  return row.overflow ? `${row.trunk} (overflow)` : row.trunk;
}

function whyOf(reason: string): string {
  return Object.hasOwn(refusals, reason) ? refusals[reason as keyof typeof refusals].text : "";
}

function section<Row extends Use>(
  title: string,
  head: string,
  name: (row: Row) => string,
  rows: readonly Row[],
): string[] {
  if (rows.length === 0) return [];
  return ["", title, ...textTable(useColumns(head, name, rows), rows)];
}

function useColumns<Row extends Use>(
  head: string,
  name: (row: Row) => string,
  rows: readonly Row[],
): Column<Row>[] {
  const most = Math.max(0, ...rows.map((row) => row.billedSeconds));
  const plain: Column<Row>[] = [
    { title: head, cell: name },
    { title: "legs", cell: (row) => String(row.legs), right: true },
    { title: "answered", cell: (row) => String(row.answered), right: true },
    { title: "minutes", cell: (row) => minutesText(row.seconds), right: true },
    { title: "billed", cell: (row) => minutesText(row.billedSeconds), right: true },
  ];
  return most === 0 ? plain : [...plain, { title: "", cell: (row) => bar(row.billedSeconds, most) }];
}

function countSection<Row extends { readonly calls: number }>(
  title: string,
  rows: readonly Row[],
  name: (row: Row) => string,
): string[] {
  if (rows.length === 0) return [];
  const most = Math.max(...rows.map((row) => row.calls));
  const columns: Column<Row>[] = [
    { title: "", cell: name },
    { title: "calls", cell: (row) => String(row.calls), right: true },
    { title: "", cell: (row) => bar(row.calls, most) },
  ];
  return ["", title, ...textTable(columns, rows)];
}

/** One line for each total and each part, told apart by `section`. */
export function usageCsv(report: UsageReport): string {
  const counts = ["calls", "legs", "answered", "seconds", "billed_seconds", "value"];
  const lines: (string | number | null)[][] = [["tenant", "month", "zone", "section", "name", ...counts]];
  const head = [report.tenant, report.month, report.zone];
  const use = (section: string, name: string, row: Use, calls: number | null = null) =>
    lines.push([...head, section, name, calls, row.legs, row.answered, row.seconds, row.billedSeconds, null]);
  const calls = (section: string, name: string, count: number) =>
    lines.push([...head, section, name, count, null, null, null, null, null]);
  const value = (section: string, name: string, number: number) =>
    lines.push([...head, section, name, null, null, null, null, null, number]);
  use("total", "inbound", report.inbound, report.calls.inbound);
  use("total", "outbound", report.outbound, report.calls.outbound);
  use("total", "dedicated", report.dedicated);
  use("total", "overflow", report.overflow);
  for (const row of report.inboundByDid) use("inbound_by_did", row.did, row);
  for (const row of report.inboundByIngroup) use("inbound_by_ingroup", row.ingroup, row);
  for (const row of report.outboundByCampaign) use("outbound_by_campaign", row.campaign, row);
  for (const row of report.outboundByTrunk) use(`outbound_by_trunk_${kindOf(row)}`, row.trunk, row);
  for (const row of report.byDay) use("by_day", row.day, row, row.calls);
  for (const row of report.calls.outcomes) calls("outcome", row.outcome, row.calls);
  for (const row of report.refusals) calls("refused", row.reason, row.calls);
  calls("peak_channels", momentText(report.peak), report.peak.channels);
  const { cap, borrowed, recordings } = report;
  value("at_cap", "seconds", cap.secondsAtCap);
  value("borrowed", "legs", borrowed.legs);
  value("borrowed", "channel_seconds", borrowed.seconds);
  value("peak_borrowed", momentText(borrowed.peak), borrowed.peak.channels);
  value("recordings", "count", recordings.count);
  value("recordings", "seconds", recordings.seconds);
  value("recordings", "bytes", recordings.bytes);
  value("recordings", "kept", recordings.kept.count);
  value("recordings", "kept_bytes", recordings.kept.bytes);
  value("recordings", "missing", recordings.missing);
  return `${lines.map(csvLine).join("\r\n")}\r\n`;
}

function momentText({ at }: Peak): string {
  return at === null ? "" : new Date(at).toISOString();
}

function kindOf(row: { overflow: boolean }): string {
  return row.overflow ? "overflow" : "dedicated";
}

/** As JSON, with the names of the table's columns. */
export function usageJson(report: UsageReport): unknown {
  const { peak, calls, cap, borrowed, recordings } = report;
  return {
    tenant: report.tenant,
    month: report.month,
    timezone: report.zone,
    increment: report.billing.usual,
    increment_by_trunk: Object.fromEntries(report.billing.byTrunk),
    calls,
    inbound: useJson(report.inbound),
    outbound: useJson(report.outbound),
    dedicated: useJson(report.dedicated),
    overflow: useJson(report.overflow),
    inbound_by_did: report.inboundByDid.map((row) => ({ did: row.did, ...useJson(row) })),
    inbound_by_ingroup: report.inboundByIngroup.map((row) => ({ ingroup: row.ingroup, ...useJson(row) })),
    outbound_by_campaign: report.outboundByCampaign.map(({ campaign, ...row }) => ({
      campaign,
      ...useJson(row),
    })),
    outbound_by_trunk: report.outboundByTrunk.map(({ trunk, overflow, ...use }) => ({
      trunk,
      overflow,
      ...useJson(use),
    })),
    by_day: report.byDay.map((row) => ({ day: row.day, calls: row.calls, ...useJson(row) })),
    refusals: report.refusals,
    peak: peakJson(peak),
    cap: { channels: cap.channels, seconds_at_cap: cap.secondsAtCap },
    borrowed: {
      reserved: borrowed.reserved,
      legs: borrowed.legs,
      channel_seconds: borrowed.seconds,
      peak: peakJson(borrowed.peak),
    },
    recordings,
  };
}

function peakJson({ channels, at }: Peak) {
  return { channels, at: at === null ? null : new Date(at).toISOString() };
}

function useJson({ legs, answered, seconds, billedSeconds }: Use) {
  return { legs, answered, seconds, billed_seconds: billedSeconds };
}
