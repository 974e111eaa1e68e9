/**
 * Rows of a switch's call detail records as `render` sets them up (config/render/cdr.ts), turned into what a call record
 * takes from them. The file is written by Asterisk, but what stands in it came from elsewhere: a line that is not
 * exactly such a row is refused whole.
 */
import { ownerOfInbound } from "../core/callflow/whose-call.ts";
import type { CdrAsked, CdrLeg } from "../core/record/cdr.ts";
import { callerOf } from "../core/record/step-note.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { type CallId, callMarked } from "../core/tenant/stamp.ts";
import { parseTenantId } from "../core/tenant/tenant-id.ts";
import { directionOf } from "./leg-facts.ts";
import { trunkOfChannel } from "./switch-news.ts";

/** Times are epoch milliseconds. */
export type CdrRow = {
  readonly uniqueid: string;
  readonly channel: string;
  /** The other channel; null when there was none. */
  readonly other: string | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  readonly accountcode: string;
  readonly caller: string;
  readonly stamp: CdrStamp | null;
  /** When the other channel was answered, where the first one had been before. */
  readonly otherAnsweredAt: number | null;
};

/** What the dialplan's sb-ended wrote, of either of the two channels. */
export type CdrStamp = {
  readonly uniqueid: string;
  readonly cause: number | null;
  readonly call: string;
  readonly tenant: string;
  readonly direction: string;
  readonly number: string;
  readonly did: string;
};

/** A row by the calls that it says something about. */
export type CdrNews = {
  readonly uniqueid: string;
  /** The call that it names; null where the channel had not ended yet, as in all but the last row of one channel. */
  readonly call: CallId | null;
  readonly legs: readonly CdrLeg[];
};

const COLUMNS = 14;
const STAMP_PARTS = 8;
const UNIQUEID = /^[A-Za-z0-9_.-]{1,80}$/;
const CHANNEL = /^[\x21-\x7e]{1,160}$/;
const SECONDS = /^([0-9]{1,11})\.([0-9]{3})[0-9]{3}$/;
const NUMBER = /^[+*#0-9]{0,40}$/;
/** As long as a record has room for. */
const DID = /^[+*#0-9]{0,32}$/;
/** Asterisk keeps 79 characters of what a caller sent: a long one must not cost the call its record. */
const CALLER = /^[+*#0-9]{0,80}$/;
const MS = /^([0-9]{13,14})?$/;
const CELL = /"((?:[^"]|"")*)"(,|$)/y;

/** Null for anything that is not such a row. */
export function readCdrRow(line: string): CdrRow | null {
  const cells = readCells(line);
  if (cells === null || cells.length !== COLUMNS || cells[0] !== "1") return null;
  const [, uniqueid = "", , channel = "", other = "", start = "", answer = "", end = ""] = cells;
  const [accountcode = "", caller = "", stampText = "", otherAnswer = ""] = cells.slice(10);
  const [startedAt, answered, endedAt] = [timeOf(start), timeOf(answer), timeOf(end)];
  if (!UNIQUEID.test(uniqueid) || !CHANNEL.test(channel) || (other !== "" && !CHANNEL.test(other)))
    return null;
  if (startedAt === null || answered === null || endedAt === null || endedAt < startedAt) return null;
  if (!CALLER.test(caller) || !MS.test(otherAnswer)) return null;
  const stamp = stampText === "" ? null : readStamp(stampText);
  if (stamp === undefined) return null;
  const answeredAt = answered === 0 ? null : answered;
  return {
    uniqueid,
    channel,
    other: other === "" ? null : other,
    startedAt,
    answeredAt,
    endedAt,
    accountcode,
    caller,
    stamp,
    // A leg that was dialled earlier, and stands first in this row, brings its own answer along.
    otherAnsweredAt: within(Number(otherAnswer), startedAt, endedAt),
  };
}

function within(at: number, from: number, to: number): number | null {
  return at >= from && at <= to ? at : null;
}

function readCells(line: string): string[] | null {
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const match = CELL.exec(line);
    if (match === null || cells.length > COLUMNS) return null;
    cells.push((match[1] ?? "").replaceAll('""', '"'));
    if (match[2] === "") return cells;
  }
}

/** `1795315449.954331` in milliseconds. */
function timeOf(text: string): number | null {
  const [, seconds, milliseconds] = SECONDS.exec(text) ?? [];
  return seconds === undefined ? null : Number(seconds) * 1000 + Number(milliseconds);
}

/** Undefined for a stamp that cannot be believed. */
function readStamp(text: string): CdrStamp | undefined {
  const parts = text.split("|");
  const [uniqueid = "", cause = "", call = "", tenant = "", direction = "", , number = "", did = ""] = parts;
  const whole = parts.length === STAMP_PARTS && UNIQUEID.test(uniqueid) && /^[0-9]{0,3}$/.test(cause);
  if (!whole || !NUMBER.test(number) || !DID.test(did)) return undefined;
  const known = cause === "" || Number(cause) === 0 ? null : Number(cause);
  return { uniqueid, call, tenant, direction, number, did, cause: known };
}

/** What a row says about calls of `server`; null when it says nothing that a record wants. */
export function newsOfRow(told: CdrRow, server: string, snapshot: Snapshot): CdrNews | null {
  const row = undecided(told, server, snapshot);
  const own = row.stamp?.uniqueid === row.uniqueid ? row.stamp : null;
  const call = row.stamp === null ? null : callMarked(row.stamp.call, server);
  if (row.stamp !== null && call === null) return null;
  const both = [ownLeg(row, own, snapshot), ...(row.other === null ? [] : [otherLeg(row, own, snapshot)])];
  const legs = both.filter((leg) => leg.trunk !== null || leg.asked !== null);
  if (legs.length === 0) return null;
  return { uniqueid: row.uniqueid, call, legs: legs.map((leg) => stamped(leg, row.stamp, snapshot)) };
}

/** A call that came to a step and got no decision has no name and no client yet: they are what they would have become. */
function undecided(row: CdrRow, server: string, snapshot: Snapshot): CdrRow {
  const { stamp, uniqueid, channel, accountcode } = row;
  if (stamp === null || stamp.call !== "" || stamp.number === "" || stamp.uniqueid !== uniqueid) return row;
  const call = `${server}-${uniqueid}`;
  const trunk = snapshot.trunks.get(trunkOfChannel(channel, snapshot)?.name ?? "");
  const stamped = snapshot.tenantByAccountcode.get(accountcode) ?? "";
  if (trunk === undefined)
    return { ...row, stamp: { ...stamp, call, direction: "outbound", tenant: stamped } };
  const owner = ownerOfInbound(stamp.number, trunk, snapshot);
  const isOwned = "tenant" in owner && (stamped === "" || stamped === owner.tenant.id);
  const whose = isOwned ? { tenant: owner.tenant.id, did: owner.did.did } : { tenant: "" };
  return { ...row, stamp: { ...stamp, ...whose, call, direction: "inbound" } };
}

type Bare = Omit<CdrLeg, "tenant" | "zone">;

function ownLeg(row: CdrRow, stamp: CdrStamp | null, snapshot: Snapshot): Bare {
  const { channel, uniqueid, startedAt, answeredAt, endedAt } = row;
  const trunk = trunkOfChannel(channel, snapshot);
  const asks = stamp?.call.endsWith(`-${uniqueid}`) === true;
  return {
    channel,
    uniqueid,
    trunk,
    startedAt,
    answeredAt,
    endedAt,
    cause: stamp?.cause ?? null,
    direction: stamp === null ? null : directionOf(stamp.direction),
    asked: asks ? askedBy(row, stamp, snapshot) : null,
  };
}

function askedBy({ channel, caller }: CdrRow, stamp: CdrStamp, snapshot: Snapshot): CdrAsked {
  const direction = stamp.direction === "outbound" ? "outbound" : "inbound";
  const offer = { direction, channel, callerNumber: caller } as const;
  return {
    did: stamp.did === "" ? null : stamp.did,
    caller: callerOf(offer, parseTenantId(stamp.tenant), snapshot),
    dialled: stamp.number,
  };
}

/** A row begins with its first channel: when the second one was dialled, it does not say. */
function otherLeg(row: CdrRow, stamp: CdrStamp | null, snapshot: Snapshot): Bare {
  const channel = row.other ?? "";
  const late = row.stamp !== null && stamp === null ? row.stamp : null;
  return {
    channel,
    uniqueid: late?.uniqueid ?? null,
    trunk: trunkOfChannel(channel, snapshot),
    startedAt: row.startedAt,
    answeredAt: row.otherAnsweredAt ?? row.answeredAt,
    endedAt: row.endedAt,
    cause: late?.cause ?? stamp?.cause ?? null,
    direction: "outbound",
    asked: null,
  };
}

/** The stamp is the call's, whichever of its channels carries it, and stays when its client has left the configuration. */
function stamped(leg: Bare, stamp: CdrStamp | null, snapshot: Snapshot): CdrLeg {
  const tenant = parseTenantId(stamp?.tenant ?? "");
  return { ...leg, tenant, zone: tenant === null ? null : (snapshot.tenants.get(tenant)?.timezone ?? null) };
}
