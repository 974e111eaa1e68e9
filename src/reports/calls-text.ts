import type { StoredCall } from "../calls/record-port.ts";
import { refusals } from "../core/callflow/refusal.ts";
import type { CallRecord, RecordLeg } from "../core/record/record.ts";
import { localText } from "./month.ts";
import { csvLine, minutesText, printable, TextTable } from "./table.ts";

/** The columns of a list of calls, for programs: times are ISO 8601 in UTC. */
const COLUMNS: Readonly<Record<string, (call: StoredCall) => string | number | null>> = {
  call: ({ call }) => call,
  tenant: ({ tenant }) => tenant,
  direction: ({ direction }) => direction,
  server: ({ server }) => server,
  did: ({ did }) => did,
  from: ({ from }) => from,
  to: ({ to }) => to,
  trunk: ({ trunk }) => trunk,
  started_at: ({ startedAt }) => iso(startedAt),
  answered_at: ({ answeredAt }) => (answeredAt === null ? null : iso(answeredAt)),
  ended_at: ({ endedAt }) => iso(endedAt),
  billable_seconds: ({ billableSeconds }) => billableSeconds,
  outcome: ({ outcome }) => outcome,
  reason: ({ reason }) => reason,
  recording: ({ recording }) => recording,
};

/** One call as `calls --json` prints it. */
export function callJson(call: StoredCall): unknown {
  return Object.fromEntries(Object.entries(COLUMNS).map(([name, cell]) => [name, cell(call)]));
}

/** As `calls show --json` prints one: what the list has of it, and then everything else that its record holds. */
export function recordJson({ facts: _, to, ...record }: CallRecord, recording: string | null): unknown {
  const reason = record.refusal?.reason ?? null;
  const listed = callJson({ ...record, to: to.sent ?? to.dialled, reason, recording });
  return { ...(listed as object), ...to, ...(forPrograms(record) as object) };
}

/** Names as in a list of calls, and times in UTC; a pause lasts `from` one of them `to` another. */
function forPrograms(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => forPrograms(each));
  if (typeof value === "number" && /^(at|from|to)$|At$/.test(name)) return iso(value);
  if (value === null || typeof value !== "object") return value;
  const snake = (key: string): string => key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [snake(key), forPrograms(each, key)]));
}

/** The first line of `calls --csv`: a list without a call has it all the same. */
export const callsCsvHead = `${csvLine(Object.keys(COLUMNS))}\r\n`;

/** One call as `calls --csv` prints it. */
export function callCsv(call: StoredCall): string {
  return `${csvLine(Object.values(COLUMNS).map((cell) => cell(call)))}\r\n`;
}

/** `zoneOf` gives a client's zone, since its times are shown on its own clock. */
export function callsTable(zoneOf: (tenant: string | null) => string): TextTable<StoredCall> {
  return new TextTable([
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
  ]);
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
      ["notice", noticeText(record, clock)],
      ["paused", gapsText(record, clock)],
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
  return `${lines.map(printable).join("\n")}\n`;
}

function sentText({ to }: CallRecord): string {
  return to.sent === null || to.sent === to.dialled ? to.dialled : `${to.dialled}, sent as ${to.sent}`;
}

function noticeText({ recorded }: CallRecord, clock: (at: number) => string): string | null {
  if (recorded === null || recorded.notice === null) return null;
  const { notice, noticedAt } = recorded;
  return noticedAt === null ? `${notice}: nobody saw it played` : `${notice}, played ${clock(noticedAt)}`;
}

function gapsText({ recorded }: CallRecord, clock: (at: number) => string): string | null {
  const gaps = recorded?.gaps ?? [];
  if (gaps.length === 0) return null;
  return gaps.map(({ from, to }) => `${clock(from)} to ${to === null ? "the end" : clock(to)}`).join(", ");
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
