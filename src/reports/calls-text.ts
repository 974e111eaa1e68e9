import type { StoredCall } from "../calls/record-port.ts";
import { refusals } from "../core/callflow/refusal.ts";
import type { CallRecord, RecordLeg } from "../core/record/record.ts";
import { localText } from "./month.ts";
import { csvLine, minutesText, textTable } from "./table.ts";

/** As `calls --json` prints it: times are ISO 8601 in UTC. */
export function callsJson(calls: readonly StoredCall[]): unknown {
  return calls.map((call) => ({
    call: call.call,
    tenant: call.tenant,
    direction: call.direction,
    server: call.server,
    did: call.did,
    from: call.from,
    to: call.to,
    trunk: call.trunk,
    started_at: iso(call.startedAt),
    answered_at: call.answeredAt === null ? null : iso(call.answeredAt),
    ended_at: iso(call.endedAt),
    billable_seconds: call.billableSeconds,
    outcome: call.outcome,
    reason: call.reason,
    recording: call.recording,
  }));
}

export function callsCsv(calls: readonly StoredCall[]): string {
  const rows = (callsJson(calls) as Readonly<Record<string, string | number | null>>[]).map((row) => row);
  const head = Object.keys(rows[0] ?? {});
  return `${[head, ...rows.map((row) => head.map((name) => row[name] ?? null))].map(csvLine).join("\r\n")}\r\n`;
}

/** Newest first; `zoneOf` gives a client's zone, since its times are shown on its own clock. */
export function callsText(calls: readonly StoredCall[], zoneOf: (tenant: string | null) => string): string {
  const lines = textTable(
    [
      { title: "began", cell: (call: StoredCall) => localText(call.startedAt, zoneOf(call.tenant)) },
      { title: "client", cell: (call) => call.tenant ?? "-" },
      { title: "", cell: (call) => (call.direction === "inbound" ? "in" : "out") },
      { title: "from", cell: (call) => call.from },
      { title: "to", cell: (call) => call.to },
      { title: "trunk", cell: (call) => call.trunk ?? "-" },
      { title: "billable", cell: (call) => minutesText(call.billableSeconds), right: true },
      {
        title: "outcome",
        cell: (call) => (call.reason === null ? call.outcome : `${call.outcome}: ${call.reason}`),
      },
      { title: "call", cell: (call) => call.call },
    ],
    calls,
  );
  return `${lines.join("\n")}\n`;
}

/** One call, whole: what it was, its attempts and legs, and why each step decided as it did. */
export function callText(record: CallRecord, recording: string | null): string {
  const clock = (at: number) => localText(at, record.zone);
  const lines = [
    `${record.call}: ${record.tenant ?? "nobody's"}, ${record.direction}, ${record.outcome}`,
    "",
    ...pairs([
      ["from", record.from],
      ["to", sentText(record)],
      ["number", record.did],
      ["trunk", record.trunk],
      ["campaign", record.campaign],
      ["agent", record.agent],
      ["began", `${clock(record.startedAt)} ${record.zone}`],
      ["answered", record.answeredAt === null ? null : clock(record.answeredAt)],
      ["ended", clock(record.endedAt)],
      ["billable", minutesText(record.billableSeconds)],
      ["cause", record.cause === null ? null : String(record.cause)],
      ["hung up by", record.hungUpBy],
      ["refused", record.refusal && `${record.refusal.reason}: ${refusals[record.refusal.reason].text}`],
      ["menu path", record.menuPath.map(({ menu, key }) => `${menu} ${key}`).join(", ") || null],
      ["target", record.target === null ? null : JSON.stringify(record.target)],
      ["recording", recording],
      ["revision", record.revision],
    ]),
  ];
  for (const attempt of record.attempts) {
    const cause = attempt.cause === null ? "" : `, cause ${attempt.cause}`;
    lines.push(
      `attempt     ${attempt.trunk}: ${attempt.dial}: ${attempt.status ?? "did not come back"}${cause}`,
    );
  }
  for (const leg of record.legs) lines.push(`leg         ${legText(leg)}`);
  const width = Math.max(0, ...record.trace.map(({ rule }) => rule.length));
  lines.push("", ...record.trace.map(({ at, rule, says }) => `${clock(at)}  ${rule.padEnd(width)}  ${says}`));
  return `${lines.join("\n")}\n`;
}

function sentText({ to }: CallRecord): string {
  return to.sent === null || to.sent === to.dialled ? to.dialled : `${to.dialled}, sent as ${to.sent}`;
}

function legText(leg: RecordLeg): string {
  const kind = leg.shared ? "shared" : "own";
  const seconds = `rang ${leg.ringSeconds} s, talked ${leg.talkSeconds} s, billable ${leg.billableSeconds} s`;
  return `${leg.direction} on ${leg.trunk ?? "-"} (${kind}): ${seconds}, cause ${leg.cause ?? "-"}`;
}

function pairs(values: readonly (readonly [string, string | null])[]): string[] {
  return values.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(12)}${value}`]));
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
