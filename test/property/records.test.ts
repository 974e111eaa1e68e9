import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { billedSeconds, type Increment, increments } from "../../src/core/billing/increments.ts";
import { recordOf } from "../../src/core/record/derive.ts";
import type { CallFact } from "../../src/core/record/facts.ts";
import { emptyFacts, foldEvent } from "../../src/core/record/fold.ts";
import { mergeFacts } from "../../src/core/record/merge.ts";
import { asOverheard } from "../../src/core/record/overheard.ts";
import {
  type Edge,
  findPeak,
  type MinuteFlow,
  minutesOf,
  type Peak,
  riseOf,
} from "../../src/core/record/peak.ts";
import type { CallFacts } from "../../src/core/record/record.ts";
import type { CallId } from "../../src/core/tenant/stamp.ts";
import { tenantId } from "../builders.ts";
import { legNote, noon, stepNote } from "../record-builders.ts";

const call = "ast1-1764000000.1" as CallId;
const empty = emptyFacts(call, "ast1", "");
const times = fc.integer({ min: noon, max: noon + 600_000 });
const leg = fc.constantFrom("1764000000.1", "1764000000.2", "1764000000.3");
const trunk = fc.constantFrom(null, { name: "pool_a", shared: true }, { name: "apex_sip", shared: false });
const marks = {
  tenant: fc.constantFrom(null, tenantId("apex")),
  direction: fc.constantFrom(null, "inbound", "outbound", "refused"),
} as const;

const fact: fc.Arbitrary<CallFact> = fc.oneof(
  fc.record({
    type: fc.constant("leg_up"),
    uniqueid: leg,
    at: times,
    channel: fc.constantFrom("PJSIP/pool_a-00000001", "PJSIP/100-00000002"),
    trunk,
    ...marks,
  }),
  fc.record({ type: fc.constant("leg_answered"), uniqueid: leg, at: times }),
  fc.record({ type: fc.constant("leg_seen"), uniqueid: leg, at: times }),
  fc.record({
    type: fc.constant("leg_ended"),
    uniqueid: leg,
    at: times,
    cause: fc.constantFrom(0, 16, 17, 34),
    byFarEnd: fc.constantFrom(null, true, false),
    ...marks,
  }),
  fc.record({
    type: fc.constant("dial_begin"),
    uniqueid: leg,
    at: times,
    dialledBy: fc.constantFrom(null, "1764000000.1"),
    channel: fc.constantFrom("PJSIP/pool_a-00000001", "PJSIP/apex_sip-00000002"),
    trunk,
  }),
  fc.record({
    type: fc.constant("dial_end"),
    uniqueid: leg,
    at: times,
    status: fc.constantFrom("ANSWER", "BUSY", "CANCEL"),
  }),
  fc.record({ type: fc.constant("legs_gone"), at: times }),
) as fc.Arbitrary<CallFact>;

const step: fc.Arbitrary<CallFacts> = fc
  .record({
    at: times,
    turn: fc.constantFrom("offer", "1/0", "2/0"),
    uniqueid: leg,
    does: fc.constantFrom("dial", "goto", "play", "hangup") as fc.Arbitrary<
      "dial" | "goto" | "play" | "hangup"
    >,
  })
  .map((note) => ({ ...empty, steps: [stepNote(note)] }));

/** A row of the switch's own records. */
const row: fc.Arbitrary<CallFacts> = fc
  .record({
    channel: fc.constantFrom("PJSIP/pool_a-00000001", "PJSIP/apex_sip-00000002", "PJSIP/100-00000002"),
    uniqueid: fc.option(leg),
    trunk,
    startedAt: times,
    answeredAt: fc.option(times),
    endedAt: times,
    cause: fc.constantFrom(null, 16, 34),
    zone: fc.constant(null),
    asked: fc.constantFrom(null, { did: "+12125550100", caller: "13125550123", dialled: "2125550100" }),
    ...marks,
  })
  .map((told) => ({ ...empty, cdr: [told] }));

/** Anything that can be learnt about a call, as a change of its facts. */
const learning = fc.oneof(
  fact.map((each) => (facts: CallFacts) => foldEvent(facts, each)),
  step.map((each) => (facts: CallFacts) => mergeFacts(facts, each)),
  row.map((each) => (facts: CallFacts) => mergeFacts(facts, each)),
  fact.map((each) => (facts: CallFacts) => mergeFacts(facts, asOverheard(foldEvent(empty, each)))),
  fc
    .constantFrom("", "2026-11-23 08:00:00")
    .map((boot) => (facts: CallFacts) => mergeFacts(facts, { ...empty, boot })),
);

const learnAll = (all: readonly ((facts: CallFacts) => CallFacts)[]) =>
  all.reduce((facts, learn) => learn(facts), empty);

describe("facts of a call", () => {
  test("their_order_does_not_matter", () => {
    fc.assert(
      fc.property(
        fc
          .array(learning, { maxLength: 15 })
          .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(learnAll(shuffled)).toEqual(learnAll(all));
        },
      ),
    );
  });

  test("hearing_them_again_changes_nothing", () => {
    fc.assert(
      fc.property(fc.array(learning, { maxLength: 12 }), (all) => {
        const once = learnAll(all);
        expect(learnAll([...all, ...all])).toEqual(once);
        expect(mergeFacts(once, once)).toEqual(once);
        expect(mergeFacts(once, JSON.parse(JSON.stringify(once)) as CallFacts)).toEqual(once);
      }),
    );
  });

  test("halves_from_two_nodes_make_the_whole_whichever_comes_first", () => {
    fc.assert(
      fc.property(
        fc.array(learning, { maxLength: 12 }),
        fc.array(learning, { maxLength: 12 }),
        (one, two) => {
          const whole = learnAll([...one, ...two]);
          expect(mergeFacts(learnAll(one), learnAll(two))).toEqual(whole);
          expect(mergeFacts(learnAll(two), learnAll(one))).toEqual(whole);
        },
      ),
    );
  });

  test("a_node_that_did_not_listen_changes_no_second_of_a_leg_that_was_heard_to_its_end", () => {
    const heard = foldEvent(mergeFacts(empty, { ...empty, legs: [legNote({ cause: 16 })] }), {
      type: "leg_seen",
      uniqueid: "1764000000.1",
      at: noon,
    });
    const { talkSeconds, ringSeconds } = recordOf(heard).legs[0] ?? {};
    const told = fc.array(fact, { maxLength: 12 });
    fc.assert(
      fc.property(told, (all) => {
        const overheard = asOverheard(all.reduce(foldEvent, empty));
        const leg = recordOf(mergeFacts(heard, overheard)).legs.find(
          ({ uniqueid }) => uniqueid === legNote().uniqueid,
        );
        expect(leg).toMatchObject({ startedAt: noon, answeredAt: noon + 2000, endedAt: noon + 62_000 });
        expect(leg).toMatchObject({ talkSeconds, ringSeconds });
      }),
    );
  });

  test("any_of_them_make_a_record_whose_times_are_in_order", () => {
    fc.assert(
      fc.property(fc.array(learning, { minLength: 1, maxLength: 15 }), (all) => {
        const record = recordOf(learnAll(all));
        expect(record.endedAt).toBeGreaterThanOrEqual(record.startedAt);
        for (const each of record.legs) {
          expect(each.endedAt).toBeGreaterThanOrEqual(each.startedAt);
          if (each.answeredAt !== null) {
            expect(each.answeredAt).toBeGreaterThanOrEqual(each.startedAt);
            expect(each.answeredAt).toBeLessThanOrEqual(each.endedAt);
          }
          for (const seconds of [each.ringSeconds, each.talkSeconds, each.billableSeconds]) {
            expect(Number.isInteger(seconds) && seconds >= 0).toBe(true);
          }
        }
        const own = record.legs.reduce((sum, each) => sum + each.billableSeconds, 0);
        expect(record.billableSeconds).toBeLessThanOrEqual(own);
      }),
    );
  });
});

describe("billed seconds", () => {
  test("never_less_than_talked_and_never_a_whole_step_more", () => {
    const each = fc.constantFrom<Increment>(...Object.values(increments));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), each, (seconds, increment) => {
        const billed = billedSeconds(seconds, increment);
        expect(billed).toBeGreaterThanOrEqual(Math.max(seconds, increment.first));
        expect(billed - Math.max(seconds, increment.first)).toBeLessThan(increment.then);
        expect((billed - increment.first) % increment.then).toBe(0);
      }),
    );
  });
});

describe("the peak", () => {
  test("is_what_counting_every_edge_gives", () => {
    const hold = fc
      .record({ from: fc.integer({ min: 0, max: 900_000 }), lasts: fc.integer({ min: 1, max: 400_000 }) })
      .map(({ from, lasts }) => ({ from, to: from + lasts }));
    fc.assert(
      fc.property(fc.array(hold, { maxLength: 40 }), fc.integer({ min: 0, max: 10 }), (held, minute) => {
        const from = minute * 60_000;
        expect(searched(held, from)).toEqual(counted(held, from));
      }),
      { numRuns: 300 },
    );
  });
});

type Held = { readonly from: number; readonly to: number };

function counted(held: readonly Held[], from: number): Peak {
  let best: Peak = { channels: 0, at: null };
  const moments = [from, ...held.map((each) => each.from).filter((at) => at >= from)].sort((a, b) => a - b);
  for (const at of moments) {
    const channels = held.filter((each) => each.from <= at && each.to > at).length;
    if (channels > best.channels) best = { channels, at };
  }
  return best;
}

/** As a store does it: from the rise of each minute. */
function searched(held: readonly Held[], from: number): Peak {
  const first = from / 60_000;
  const edges = new Map<number, Edge[]>();
  const note = (minute: number, edge: Edge) => edges.set(minute, [...(edges.get(minute) ?? []), edge]);
  for (const each of held) {
    note(minutesOf(each).began, { at: each.from, change: 1 });
    note(minutesOf(each).ended, { at: each.to, change: -1 });
  }
  const flows: MinuteFlow[] = [...edges]
    .sort(([a], [b]) => a - b)
    .map(([minute, inIt]) => ({
      minute,
      began: inIt.filter(({ change }) => change === 1).length,
      ended: inIt.filter(({ change }) => change === -1).length,
      ...riseOf(inIt),
    }));
  const before = flows.filter(({ minute }) => minute < first);
  const levelBefore = before.reduce((sum, { began, ended }) => sum + began - ended, 0);
  return findPeak(
    first,
    levelBefore,
    flows.filter(({ minute }) => minute >= first),
  );
}
