/**
 * Folds facts of the switch into what is known of a call; fold-step.ts folds steps. Every fold is a join with something
 * small, so repeating one changes nothing and the order of two does not matter.
 */
import type { CallId } from "../tenant/stamp.ts";
import type { CallFact, LegFact } from "./facts.ts";
import { mergeLegs, mergeMarks } from "./merge.ts";
import type { CallFacts, LegNote, RecordingMark } from "./record.ts";

/** A call of which nothing is known yet but its name. */
export function emptyFacts(call: CallId, server: string, boot: string): CallFacts {
  return { call, server, boot, steps: [], legs: [], lostAt: null };
}

/** Adds what a switch said about one of the call's legs. */
export function foldEvent(facts: CallFacts, fact: CallFact): CallFacts {
  if (fact.type === "legs_gone") {
    return { ...facts, lostAt: facts.lostAt === null ? fact.at : Math.min(facts.lostAt, fact.at) };
  }
  if (fact.type === "recording_marked") return withMarks(facts, [{ at: fact.at, what: fact.what }]);
  const known = { ...facts, legs: mergeLegs(facts.legs, [legOf(fact)]) };
  return fact.type === "leg_ended" ? withMarks(known, fact.marks ?? []) : known;
}

function withMarks(facts: CallFacts, added: readonly RecordingMark[]): CallFacts {
  const marks = mergeMarks(facts.marks, added);
  return marks === undefined ? facts : { ...facts, marks };
}

function legOf(fact: LegFact): LegNote {
  const { channel = null, trunk = null, tenant = null, zone = null, direction = null } = fact;
  const leg = { ...unknownLeg(fact.uniqueid), channel, trunk, seenAt: fact.at, tenant, zone, direction };
  switch (fact.type) {
    case "leg_up":
      return { ...leg, upAt: fact.at };
    case "leg_answered":
      return { ...leg, answeredAt: fact.at };
    case "leg_seen":
      return leg;
    case "leg_ended":
      return {
        ...leg,
        endedAt: fact.at,
        cause: fact.cause,
        byFarEnd: fact.byFarEnd,
        ...(fact.unanswered === true ? { unanswered: true as const } : {}),
        ...(fact.overtime === true ? { overtime: true as const } : {}),
      };
    case "dial_begin":
      return { ...leg, dialAt: fact.at, dialledBy: fact.dialledBy };
    case "dial_end":
      return { ...leg, dialStatus: fact.status, answeredAt: fact.status === "ANSWER" ? fact.at : null };
  }
}

export function unknownLeg(uniqueid: string): LegNote {
  return {
    uniqueid,
    channel: null,
    trunk: null,
    dialledBy: null,
    upAt: null,
    dialAt: null,
    answeredAt: null,
    seenAt: null,
    endedAt: null,
    cause: null,
    byFarEnd: null,
    dialStatus: null,
    tenant: null,
    zone: null,
    direction: null,
  };
}

/**
 * True when nothing more is to be expected: the asking channel and every trunk leg have ended, or the switch lost
 * them. A phone that goes on in another call, or the conference it sits in, keeps no record open.
 */
export function isOver(facts: CallFacts): boolean {
  if (facts.lostAt !== null) return true;
  const relevant = relevantLegs(facts);
  return relevant.length > 0 && relevant.every((leg) => leg.endedAt !== null);
}

/** The legs that a call lives by: those on trunks and those that asked for its steps. */
export function relevantLegs(facts: CallFacts): readonly LegNote[] {
  const asking = new Set(facts.steps.map((step) => step.uniqueid));
  return facts.legs.filter((leg) => leg.trunk !== null || asking.has(leg.uniqueid));
}
