import type { CallFacts, LegNote, RecordingMark } from "./record.ts";

/**
 * The same call with every time moved by `byMs`: what was noted before a clock was set, as that clock would have noted
 * it afterwards. Lengths stay as they are.
 */
export function shiftFacts(facts: CallFacts, byMs: number): CallFacts {
  const moved = (at: number | null): number | null => (at === null ? null : at + byMs);
  const mark = (each: RecordingMark): RecordingMark => ({ ...each, at: each.at + byMs });
  const leg = (each: LegNote): LegNote => ({
    ...each,
    upAt: moved(each.upAt),
    dialAt: moved(each.dialAt),
    answeredAt: moved(each.answeredAt),
    seenAt: moved(each.seenAt),
    endedAt: moved(each.endedAt),
  });
  return {
    ...facts,
    steps: facts.steps.map((step) => ({ ...step, at: step.at + byMs })),
    legs: facts.legs.map(leg),
    lostAt: moved(facts.lostAt),
    ...(facts.marks === undefined ? {} : { marks: facts.marks.map(mark) }),
  };
}
