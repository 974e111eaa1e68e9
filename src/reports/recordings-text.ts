import type { StoredRecording } from "../calls/recording-port.ts";
import { localText } from "./month.ts";
import { minutesText, TextTable } from "./table.ts";

/** A recording with its absolute path. */
export type ListedRecording = StoredRecording & { readonly path: string };

/** As `recordings list --json` prints it: times are ISO 8601 in UTC. */
export function recordingJson(each: ListedRecording): unknown {
  return {
    call: each.call,
    tenant: each.tenant,
    server: each.server,
    direction: each.direction,
    did: each.did,
    part: each.part,
    state: each.state,
    path: each.path,
    format: each.format,
    call_began_at: iso(each.callBeganAt),
    started_at: iso(each.startedAt),
    stopped_at: iso(each.stoppedAt),
    seconds: each.lengthMs === null ? null : each.lengthMs / 1000,
    bytes: each.bytes,
    sha256: each.sha256,
    gaps: each.gaps.map(({ from, to }) => ({ from: iso(from), to: iso(to) })),
    notice: each.notice,
    noticed_at: iso(each.noticedAt),
    keep_until: iso(each.keepUntil),
    hold: each.hold === null ? null : { ...each.hold, at: iso(each.hold.at) },
    deleted: each.deleted === null ? null : { ...each.deleted, at: iso(each.deleted.at) },
  };
}

/** On each client's own clock. */
export function recordingsTable(zoneOf: (tenant: string) => string): TextTable<ListedRecording> {
  const day = (at: number, tenant: string) => localText(at, zoneOf(tenant)).slice(0, 10);
  return new TextTable([
    { title: "began", cell: (each: ListedRecording) => localText(each.callBeganAt, zoneOf(each.tenant)) },
    { title: "client", cell: (each) => each.tenant },
    { title: "", cell: (each) => (each.direction === "inbound" ? "in" : "out") },
    { title: "length", cell: (each) => lengthText(each), right: true },
    { title: "bytes", cell: (each) => (each.bytes === null ? "-" : String(each.bytes)), right: true },
    { title: "notice", cell: noticeText },
    { title: "gaps", cell: (each) => String(each.gaps.length), right: true },
    {
      title: "kept until",
      cell: (each) => (each.keepUntil === null ? "-" : day(each.keepUntil, each.tenant)),
    },
    { title: "state", cell: (each) => (each.hold === null ? each.state : `${each.state}, held`) },
    { title: "call", cell: (each) => (each.part === "mixed" ? each.call : `${each.call} (${each.part})`) },
  ]);
}

function lengthText({ lengthMs }: StoredRecording): string {
  return lengthMs === null ? "-" : minutesText(Math.round(lengthMs / 1000));
}

function noticeText({ notice, noticedAt }: StoredRecording): string {
  if (notice === null) return "-";
  return noticedAt === null ? "not seen" : "played";
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
