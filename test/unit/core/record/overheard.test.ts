import { describe, expect, test } from "vitest";
import { recordOf } from "../../../../src/core/record/derive.ts";
import { mergeFacts } from "../../../../src/core/record/merge.ts";
import { asOverheard } from "../../../../src/core/record/overheard.ts";
import type { CallFacts, LegNote } from "../../../../src/core/record/record.ts";
import { callFacts, legNote, noon } from "../../../record-builders.ts";

const none = { upAt: null, dialAt: null, answeredAt: null, endedAt: null, cause: null };

function withLeg(leg: Partial<LegNote>, lostAt: number | null = null): CallFacts {
  return { ...callFacts(), legs: [legNote(leg)], lostAt };
}

/** The record that the two nodes make, whichever is stored first. */
function joined(heard: CallFacts, overheard: CallFacts) {
  const record = recordOf(mergeFacts(heard, asOverheard(overheard)));
  expect(recordOf(mergeFacts(asOverheard(overheard), heard))).toEqual(record);
  return record;
}

describe("what a node heard that did not listen", () => {
  test("is_all_there_is_where_nobody_did", () => {
    const alone = recordOf(asOverheard(callFacts()));
    const { facts, ...record } = recordOf(callFacts());
    expect(alone).toMatchObject(record);
    expect(recordOf(asOverheard({ ...withLeg({ endedAt: null }), lostAt: noon })).outcome).toBe(
      "unknown_end",
    );
  });

  test("has_the_end_that_the_listener_only_looked_for", () => {
    const swept = withLeg({ endedAt: noon + 50_000, cause: 0 });
    expect(joined(swept, withLeg({}))).toMatchObject({ billableSeconds: 60, cause: 16 });
    const lost = withLeg({ endedAt: null, cause: null, seenAt: noon + 50_000 }, noon + 55_000);
    expect(joined(lost, withLeg({}))).toMatchObject({ billableSeconds: 60, outcome: "answered" });
  });

  test("has_the_answer_that_the_listener_missed_and_its_own_end_with_it", () => {
    const missed = withLeg({ answeredAt: null });
    const late = withLeg({ upAt: noon + 2500, answeredAt: noon + 4500, endedAt: noon + 64_500 });
    expect(joined(missed, late).legs).toMatchObject([{ talkSeconds: 60, endedAt: noon + 64_500 }]);
  });

  test("has_the_beginning_of_a_call_of_which_the_listener_heard_the_end_alone", () => {
    const end = withLeg({ ...none, endedAt: noon + 62_000, cause: 16 });
    const begun = withLeg({ endedAt: null, cause: null, seenAt: noon + 30_000 }, noon + 90_000);
    expect(joined(end, begun)).toMatchObject({ billableSeconds: 60, outcome: "answered" });
  });

  test("moves_no_end_that_the_listener_heard_though_that_heard_nothing_else", () => {
    const end = withLeg({ ...none, endedAt: noon + 20_000, cause: 17 });
    const rung = withLeg({ upAt: noon - 2, answeredAt: null, endedAt: noon + 19_998, cause: 17 });
    expect(joined(end, rung)).toMatchObject({ startedAt: noon - 2, endedAt: noon + 20_000 });
  });

  test("is_lost_with_a_leg_that_the_listener_never_knew", () => {
    const out = { uniqueid: "1764000000.9", dialledBy: "1764000000.1", dialAt: noon + 1000 };
    const both = { ...withLeg({}, noon + 90_000) };
    const legs = [...both.legs, legNote({ ...out, endedAt: null, cause: null, seenAt: noon + 20_000 })];
    expect(joined(withLeg({}), { ...both, legs })).toMatchObject({ outcome: "unknown_end", legs: [{}, {}] });
  });
});
