/**
 * What a switch's own call detail records (CDR) add to a call whose end nobody heard, or that nobody saw at all: when
 * each channel began, was answered and ended. Kept beside what was heard and believed only where that says nothing,
 * so that it does not matter which of the two arrives first.
 */
import type { Direction } from "../tenant/stamp.ts";
import type { TenantId } from "../tenant/tenant-id.ts";
import type { CallFacts, CallRecord, LegNote, LegTrunk } from "./record.ts";

/** One channel, joined from every row that it is in. Times are epoch milliseconds. */
export type CdrLeg = {
  /** `PJSIP/apex_sip-0000002a`: a row names both of its channels, but the uniqueid of one only. */
  readonly channel: string;
  readonly uniqueid: string | null;
  /** Null for a phone or a Local channel. */
  readonly trunk: LegTrunk | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  /** Q.850, null when no row told one. */
  readonly cause: number | null;
  readonly tenant: TenantId | null;
  readonly zone: string | null;
  readonly direction: Direction | "refused" | null;
  /** Of the channel that the call is named after; null for one that was dialled. */
  readonly asked: CdrAsked | null;
};

export type CdrAsked = { readonly did: string | null; readonly caller: string; readonly dialled: string };

/** The join of two sets: as in merge.ts, but the latest end counts, since a channel goes from one row into the next. */
export function mergeCdr(a: CallFacts["cdr"], b: CallFacts["cdr"]): CallFacts["cdr"] {
  if (b === undefined || b.length === 0) return a;
  const byChannel = new Map((a ?? []).map((leg) => [leg.channel, leg]));
  for (const leg of b) {
    const known = byChannel.get(leg.channel);
    byChannel.set(leg.channel, known === undefined ? leg : joinLegs(known, leg));
  }
  return [...byChannel.values()].sort((x, y) => (x.channel < y.channel ? -1 : 1));
}

function joinLegs(a: CdrLeg, b: CdrLeg): CdrLeg {
  return {
    channel: a.channel,
    uniqueid: either(a.uniqueid, b.uniqueid),
    trunk: either(a.trunk, b.trunk),
    startedAt: Math.min(a.startedAt, b.startedAt),
    answeredAt:
      a.answeredAt !== null && b.answeredAt !== null
        ? Math.min(a.answeredAt, b.answeredAt)
        : (a.answeredAt ?? b.answeredAt),
    endedAt: Math.max(a.endedAt, b.endedAt),
    cause: a.cause !== null && b.cause !== null ? Math.max(a.cause, b.cause) : (a.cause ?? b.cause),
    tenant: either(a.tenant, b.tenant),
    zone: either(a.zone, b.zone),
    direction: either(a.direction, b.direction),
    asked: either(a.asked, b.asked),
  };
}

/** What is known; of two, always the same one. */
function either<T>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return JSON.stringify(a) <= JSON.stringify(b) ? a : b;
}

/**
 * The facts with what the CDR adds. A leg whose end was heard keeps it, and learns of an answer that was not; one that is
 * still on keeps none, whatever its first rows say, until the switch is known to have it no more. A trunk leg that nobody
 * heard of is added.
 */
export function completed(facts: CallFacts): CallFacts {
  const { cdr = [] } = facts;
  if (cdr.length === 0) return facts;
  // A leg of which hardly anything was heard may have no channel's name.
  const heard = new Set(facts.legs.flatMap(({ channel, uniqueid }) => [channel, uniqueid]));
  const byName = new Map(
    cdr.flatMap((leg) => [leg.uniqueid, leg.channel].map((name) => [name, leg] as const)),
  );
  const legs = facts.legs.map((leg) => {
    const told = byName.get(leg.channel ?? leg.uniqueid);
    if (told === undefined) return leg;
    const whole = completedLeg(leg, told, facts.lostAt !== null);
    return facts.late === true ? retold(whole, told, facts) : whole;
  });
  const isHeard = ({ channel, uniqueid }: CdrLeg) => heard.has(channel) || heard.has(uniqueid ?? channel);
  const unheard = cdr.filter((leg) => leg.trunk !== null && !isHeard(leg)).map(legOf);
  return { ...facts, legs: [...legs, ...unheard] };
}

/** An end with no cause may be a sweep's, which knows no more than when the leg was last seen. */
function completedLeg(leg: LegNote, told: CdrLeg, gone: boolean): LegNote {
  const exact = leg.endedAt !== null && (leg.cause ?? 0) !== 0;
  const upAt = leg.upAt ?? (told.asked === null ? null : told.startedAt);
  if (exact) return { ...leg, upAt, answeredAt: leg.answeredAt ?? unheardAnswer(leg, told) };
  if (leg.endedAt === null && !gone) return leg;
  return {
    ...leg,
    upAt,
    answeredAt: leg.answeredAt ?? told.answeredAt,
    endedAt: Math.max(leg.endedAt ?? 0, told.endedAt),
    cause: (leg.cause ?? 0) === 0 ? (told.cause ?? leg.cause) : leg.cause,
  };
}

/** What stands still for longer is killed (WatchdogSec), and what it missed stands in the rows alone. */
const LATEST_MS = 60_000;

/** A leg of which something was heard late: what the rows say happened somewhat earlier, did. */
function retold(leg: LegNote, told: CdrLeg, facts: CallFacts): LegNote {
  const earlier = (heard: number | null, at: number | null): number | null =>
    heard !== null && at !== null && at < heard && heard - at <= LATEST_MS ? at : heard;
  // A row may give a dialled leg its dialler's answer.
  const isOwn = (told.answeredAt ?? 0) >= dialledBefore(leg, told, facts);
  const answeredAt = isOwn ? earlier(leg.answeredAt, told.answeredAt) : leg.answeredAt;
  const endedAt = earlier(leg.endedAt, told.endedAt);
  return {
    ...leg,
    upAt: told.asked === null ? leg.upAt : earlier(leg.upAt, told.startedAt),
    answeredAt,
    // What was answered does not end before it: then both stay as they were heard.
    endedAt: (answeredAt ?? 0) > (endedAt ?? 0) ? leg.endedAt : endedAt,
  };
}

/**
 * Before when it was not answered itself: when it was dialled. Where that was heard after its end all of it was late, and
 * it is known only that some step had said so.
 */
function dialledBefore({ dialAt, dialledBy }: LegNote, { endedAt }: CdrLeg, { steps }: CallFacts): number {
  if (dialAt === null || dialAt <= endedAt) return dialAt ?? 0;
  const said = steps.filter(
    ({ at, uniqueid, dial }) => uniqueid === dialledBy && dial !== null && at <= endedAt,
  );
  return said.at(-1)?.at ?? dialAt;
}

/** Of a leg whose end was heard. A row may give a dialled leg its dialler's answer, which came before it was dialled. */
function unheardAnswer({ dialStatus, dialAt, endedAt }: LegNote, { answeredAt }: CdrLeg): number | null {
  const inVain = dialStatus !== null && dialStatus !== "ANSWER";
  if (inVain || answeredAt === null || answeredAt < (dialAt ?? answeredAt)) return null;
  return answeredAt <= (endedAt ?? answeredAt) ? answeredAt : null;
}

function legOf(told: CdrLeg): LegNote {
  const { channel, trunk, startedAt, answeredAt, endedAt, cause, tenant, zone, direction } = told;
  return {
    channel,
    trunk,
    answeredAt,
    endedAt,
    cause,
    tenant,
    zone,
    direction,
    uniqueid: told.uniqueid ?? channel,
    dialledBy: null,
    upAt: startedAt,
    dialAt: told.asked === null && direction !== "inbound" ? startedAt : null,
    seenAt: endedAt,
    byFarEnd: null,
    dialStatus: null,
  };
}

/** The channel that a call is named after, for one that no step was seen of. */
export function askingLeg({ cdr = [] }: CallFacts): CdrLeg | null {
  return cdr.find((leg) => leg.asked !== null) ?? null;
}

/** Says in the trace where such a call's times come from. */
export function cdrTrace(facts: CallFacts, at: number): CallRecord["trace"] {
  if (facts.cdr === undefined) return [];
  if (facts.steps.length === 0) {
    return [
      { at, rule: "cdr", says: "no step of this call was seen: it stands in the switch's own records" },
    ];
  }
  if (facts.lostAt === null) return [];
  return [
    { at, rule: "cdr", says: "its end was not heard: the times are those of the switch's own records" },
  ];
}
