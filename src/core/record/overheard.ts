/**
 * What a node heard of a call on a switch that another one listens to. That node has a clock and gaps of its own, so
 * this is kept beside what the listener heard, and the times of a leg are those of one of the two: an answer on one
 * clock and an end on the other make a length that nobody saw.
 */
import { isOver } from "./fold.ts";
import { joinLegs } from "./merge.ts";
import type { CallFacts, LegNote } from "./record.ts";

/** The same facts, as those of a node that did not listen. */
export function asOverheard(facts: CallFacts): CallFacts {
  const { legs, lostAt } = facts;
  if (legs.length === 0 && lostAt === null) return facts;
  return { ...facts, legs: [], lostAt: null, overheard: { legs, lostAt } };
}

/** The facts with what was overheard in its place: all of it where nobody listened. */
export function withOverheard({ overheard, ...heard }: CallFacts): CallFacts {
  if (overheard === undefined) return heard;
  const legs = new Map(heard.legs.map((leg) => [leg.uniqueid, leg]));
  for (const leg of overheard.legs) {
    const own = legs.get(leg.uniqueid);
    legs.set(leg.uniqueid, own === undefined ? leg : oneOf(own, leg));
  }
  const all = [...legs.values()].sort((a, b) => (a.uniqueid < b.uniqueid ? -1 : 1));
  // Of a call that the listener heard to its end nothing was lost that counts, whatever another one missed.
  const ended = isOver(heard) && all.every((leg) => leg.trunk === null || leg.endedAt !== null);
  return { ...heard, legs: all, lostAt: heard.lostAt ?? (ended ? null : overheard.lostAt) };
}

/** With the times of whoever knows the end better, or else the answer; the listener's when both do, so that they stay. */
function oneOf(heard: LegNote, overheard: LegNote): LegNote {
  const [best, other] = knows(overheard) > knows(heard) ? [overheard, heard] : [heard, overheard];
  const joined = joinLegs(heard, overheard);
  return {
    ...joined,
    upAt: best.upAt ?? other.upAt,
    dialAt: best.dialAt ?? other.dialAt,
    answeredAt: best.answeredAt ?? other.answeredAt,
    endedAt: best.endedAt ?? other.endedAt,
    seenAt: best.endedAt === null ? joined.seenAt : best.seenAt,
  };
}

/** An end without a cause may be a sweep's, which knows no more than when the leg was last seen. */
function knows({ endedAt, cause, answeredAt }: LegNote): number {
  const end = endedAt === null ? 0 : (cause ?? 0) === 0 ? 1 : 2;
  return end * 2 + (answeredAt === null ? 0 : 1);
}
