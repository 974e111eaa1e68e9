import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  foldHeld,
  type Held,
  levelsOf,
  levelsText,
  type MinuteHeld,
  readLevels,
  UNLIMITED,
} from "../../src/core/record/held.ts";
import { type Edge, findPeak, minutesOf, riseOf } from "../../src/core/record/peak.ts";

const MINUTE = 60_000;
const FIRST = 28_000_000;
const END = FIRST + 12;
const BEFORE = FIRST - 5;

type Leg = { readonly from: number; readonly to: number };

/** Legs around twelve minutes; many begin and end at the same instants, some on the minute. */
const legs = fc.array(
  fc
    .record({
      from: fc.integer({ min: BEFORE * 12, max: END * 12 }),
      length: fc.integer({ min: 1, max: 60 }),
      odd: fc.constantFrom(0, 0, 1, 777),
    })
    .map(({ from, length, odd }): Leg => ({ from: from * 5000, to: (from + length) * 5000 + odd })),
  { maxLength: 40 },
);

/** The minutes as a store keeps them. */
function minutesFrom(all: readonly Leg[], bound: number | null): MinuteHeld[] {
  const edges = new Map<number, Edge[]>();
  const note = (minute: number, edge: Edge) => edges.set(minute, [...(edges.get(minute) ?? []), edge]);
  for (const leg of all) {
    const { began, ended } = minutesOf(leg);
    note(began, { at: leg.from, change: 1 });
    note(ended, { at: leg.to, change: -1 });
  }
  return [...edges]
    .sort(([a], [b]) => a - b)
    .map(([minute, own]) => ({
      ...{ minute, ...riseOf(own) },
      began: own.filter(({ change }) => change === 1).length,
      ended: own.filter(({ change }) => change === -1).length,
      levels: levelsText(levelsOf(minute, own)),
      bound: own.some(({ change }) => change === 1) ? bound : null,
    }));
}

function fold(all: readonly Leg[], bound: number, known: number | null = bound): Held {
  const flows = minutesFrom(all, known);
  const before = flows.filter(({ minute }) => minute < FIRST);
  const levelBefore = before.reduce((level, { began, ended }) => level + began - ended, 0);
  const within = flows.filter(({ minute }) => minute >= FIRST && minute < END);
  return foldHeld({ first: FIRST, end: END, levelBefore, boundBefore: bound }, within);
}

/** The same from the legs themselves, instant by instant. */
function counted(all: readonly Leg[], bound: number) {
  const [from, to] = [FIRST * MINUTE, END * MINUTE];
  const moments = [...new Set([from, to, ...all.flatMap((leg) => [leg.from, leg.to])])]
    .filter((at) => at >= from && at <= to)
    .sort((a, b) => a - b);
  const levelAt = (at: number) => all.filter((leg) => leg.from <= at && at < leg.to).length;
  const sums = { atBoundMs: 0, beyondMs: 0, most: 0 };
  for (const [index, at] of moments.slice(0, -1).entries()) {
    const ms = (moments[index + 1] ?? at) - at;
    const level = levelAt(at);
    if (level > 0 && level >= bound) sums.atBoundMs += ms;
    sums.beyondMs += Math.max(0, level - bound) * ms;
    sums.most = Math.max(sums.most, level - bound);
  }
  return sums;
}

describe("what a tenant held", () => {
  test("is_to_the_millisecond_what_its_legs_say", () => {
    fc.assert(
      fc.property(legs, fc.integer({ min: 0, max: 6 }), (all, bound) => {
        const held = fold(all, bound);
        const { most, ...sums } = counted(all, bound);
        expect(held).toMatchObject(sums);
        expect(held.peakBeyond.channels).toBe(most);
      }),
    );
  });

  test("peaks_where_the_peak_of_the_minutes_is", () => {
    fc.assert(
      fc.property(legs, (all) => {
        const flows = minutesFrom(all, null);
        const before = flows.filter(({ minute }) => minute < FIRST);
        const level = before.reduce((sum, { began, ended }) => sum + began - ended, 0);
        const within = flows.filter(({ minute }) => minute >= FIRST && minute < END);
        expect(fold(all, 3).peak).toEqual(findPeak(FIRST, level, within));
      }),
    );
  });

  test("counts_each_leg_that_began_beyond_the_bound_once", () => {
    fc.assert(
      fc.property(legs, fc.integer({ min: 0, max: 6 }), (all, bound) => {
        const began = all.filter(({ from }) => from >= FIRST * MINUTE && from < END * MINUTE);
        const ordered = [...began].sort((a, b) => a.from - b.from);
        const beyond = ordered.filter((leg, index) => {
          const earlier = all.filter((other) => other.from < leg.from && other.to > leg.from).length;
          const same = ordered.slice(0, index).filter((other) => other.from === leg.from).length;
          return earlier + same + 1 > bound;
        });
        expect(fold(all, bound).beganBeyond).toBe(beyond.length);
      }),
    );
  });

  test("is_nothing_at_all_without_a_cap", () => {
    fc.assert(
      fc.property(legs, (all) => {
        expect(fold(all, UNLIMITED)).toMatchObject({ atBoundMs: 0, beyondMs: 0, beganBeyond: 0 });
      }),
    );
  });

  test("a_bound_that_changed_counts_from_the_minute_of_the_call_that_knew_of_it", () => {
    const leg = { from: FIRST * MINUTE, to: END * MINUTE };
    expect(fold([leg], 5, 1).atBoundMs).toBe(12 * MINUTE);
    const later = { from: (FIRST + 6) * MINUTE, to: (FIRST + 7) * MINUTE };
    const [first, ...more] = minutesFrom([leg, later], 2);
    const flows = first === undefined ? [] : [{ ...first, bound: null }, ...more];
    const span = { first: FIRST, end: END, levelBefore: 0, boundBefore: UNLIMITED };
    expect(foldHeld(span, flows).atBoundMs).toBe(MINUTE);
  });
});

describe("levels of a minute", () => {
  test("add_up_to_the_minute", () => {
    fc.assert(
      fc.property(legs, (all) => {
        for (const { levels } of minutesFrom(all, null))
          expect(readLevels(levels ?? "").reduce((sum, { ms }) => sum + ms, 0)).toBe(MINUTE);
      }),
    );
  });
});
