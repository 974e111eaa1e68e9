import { describe, expect, test } from "vitest";
import { recordOf } from "../../../../src/core/record/derive.ts";
import { foldEvent } from "../../../../src/core/record/fold.ts";
import { mergeFacts } from "../../../../src/core/record/merge.ts";
import type { RecordingMark, StepRecording } from "../../../../src/core/record/record.ts";
import { recordedFiles } from "../../../../src/core/record/recorded.ts";
import { callFacts, noon, stepNote } from "../../../record-builders.ts";

const recording = { file: "apex/2026/11/23/x.wav", format: "wav", notice: "n", keepDays: 30 } as const;
const mark = (seconds: number, what: RecordingMark["what"]): RecordingMark => ({
  at: noon + seconds * 1000,
  what,
});

function recorded(...marks: RecordingMark[]) {
  const facts = callFacts({ step: { recording } });
  const folded = marks.reduce(
    (known, each) => foldEvent(known, { type: "recording_marked", ...each }),
    facts,
  );
  return recordOf(folded).recorded;
}

describe("recordedFiles", () => {
  const steps = (...recordings: (StepRecording | undefined)[]) =>
    recordings.map((each) => stepNote(each === undefined ? {} : { recording: each }));
  const told = (...recordings: (StepRecording | undefined)[]) =>
    recordedFiles(steps(...recordings)).map(({ file, sure }) => [file.replace(/.*\//, ""), sure]);

  test("one_however_many_steps_name_it", () => {
    expect(told(undefined, recording, recording)).toEqual([["x.wav", true]]);
    expect(told(undefined)).toEqual([]);
  });
  test("three_with_both_sides", () => {
    const both = { ...recording, legs: true } as const;
    expect(told(both, both)).toEqual([
      ["x.wav", true],
      ["x-said.wav", true],
      ["x-heard.wav", true],
    ]);
  });
  test("all_that_may_have_been_written_where_the_configuration_was_another_meanwhile", () => {
    const gsm = { ...recording, file: "apex/2026/11/23/x.gsm", format: "gsm" } as const;
    expect(told(recording, gsm)).toEqual([
      ["x.wav", false],
      ["x.gsm", false],
    ]);
    expect(told(recording, { ...recording, legs: true })).toEqual([
      ["x.wav", true],
      ["x-said.wav", false],
      ["x-heard.wav", false],
    ]);
  });
});

describe("recorded", () => {
  test("null_where_no_step_wants_it", () => {
    expect(recordOf(callFacts()).recorded).toBeNull();
  });
  test("what_the_step_wants", () => {
    expect(recorded()).toEqual({ ...recording, noticedAt: null, gaps: [] });
  });
  test("a_pause_and_its_end_are_a_gap", () => {
    expect(recorded(mark(5, "paused"), mark(9, "resumed"))?.gaps).toEqual([
      { from: noon + 5000, to: noon + 9000 },
    ]);
  });
  test("a_pause_within_a_pause_changes_nothing", () => {
    expect(recorded(mark(5, "paused"), mark(6, "paused"), mark(9, "resumed"))?.gaps).toHaveLength(1);
  });
  test("what_is_not_resumed_lasts_to_the_end", () => {
    expect(recorded(mark(5, "stopped"))?.gaps).toEqual([{ from: noon + 5000, to: null }]);
  });
  test("a_resumption_without_a_pause_is_nothing", () => {
    expect(recorded(mark(5, "resumed"))?.gaps).toEqual([]);
  });
  test("the_notice_that_was_played", () => {
    expect(recorded(mark(2, "noticed"))?.noticedAt).toBe(noon + 2000);
  });
  test("marks_of_a_leg_come_with_its_end", () => {
    const facts = foldEvent(callFacts({ step: { recording } }), {
      type: "leg_ended",
      uniqueid: "1764000000.1",
      at: noon + 60_000,
      cause: 16,
      byFarEnd: null,
      marks: [mark(3, "noticed")],
    });
    expect(recordOf(facts).recorded?.noticedAt).toBe(noon + 3000);
  });
  test("halves_from_two_nodes_join_in_either_order_and_once", () => {
    const facts = callFacts({ step: { recording } });
    const left = foldEvent(facts, { type: "recording_marked", ...mark(5, "paused") });
    const right = foldEvent(facts, { type: "recording_marked", ...mark(9, "resumed") });
    const joined = mergeFacts(left, right);
    expect(joined).toEqual(mergeFacts(right, left));
    expect(mergeFacts(joined, left)).toEqual(joined);
    expect(recordOf(joined).recorded?.gaps).toEqual([{ from: noon + 5000, to: noon + 9000 }]);
  });
});
