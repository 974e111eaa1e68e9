import { describe, expect, test } from "vitest";
import {
  answerRatio,
  foldReachable,
  foldTrunkAttempt,
  foldTrunkResult,
  type TrunkHealth,
  type TrunkResult,
  takesCalls,
  unknownHealth,
} from "../../../../src/core/trunk/health.ts";

const failed: TrunkResult = { kind: "failed", why: "CONGESTION (34)", silent: false };
const silent: TrunkResult = { kind: "failed", why: "CHANUNAVAIL (18)", silent: true };
const answered: TrunkResult = { kind: "answered" };
const worked: TrunkResult = { kind: "worked" };
const T = 1_764_000_000_000;

function fold(results: readonly TrunkResult[], from: TrunkHealth = unknownHealth, now = T): TrunkHealth {
  return results.reduce((health, result) => foldTrunkResult(health, result, now), from);
}
const times = (count: number, result: TrunkResult) => Array.from({ length: count }, () => result);
const open = fold(times(5, failed));

describe("the breaker", () => {
  test("a_trunk_nothing_is_known_of_takes_calls", () => expect(takesCalls(unknownHealth, T)).toBe(true));
  test("four_failures_in_a_row_are_not_enough", () =>
    expect(takesCalls(fold(times(4, failed)), T)).toBe(true));
  test("five_open_it", () => expect(takesCalls(open, T)).toBe(false));
  test("busy_and_unanswered_calls_are_a_carrier_at_work", () =>
    expect(takesCalls(fold([...times(4, failed), worked, ...times(4, failed)]), T)).toBe(true));
  test("one_silence_opens_it", () => expect(takesCalls(fold([silent]), T)).toBe(false));
  test("mostly_failures_open_it_with_successes_between", () => {
    const mixed = Array.from({ length: 4 }, () => [failed, failed, failed, failed, worked]).flat();
    expect(takesCalls(fold(mixed), T)).toBe(true);
    expect(takesCalls(fold([...mixed, failed]), T)).toBe(false);
    expect(takesCalls(fold([...mixed, failed, worked]), T)).toBe(false);
  });

  test("one_call_tries_after_the_pause", () => {
    expect(takesCalls(open, T + 14_999)).toBe(false);
    expect(takesCalls(open, T + 15_000)).toBe(true);
    const probing = foldTrunkAttempt(open, T + 15_000);
    expect(takesCalls(probing, T + 15_001)).toBe(false);
    expect(takesCalls(probing, T + 55_000)).toBe(true);
  });

  test("the_pause_doubles_when_the_trial_fails", () => {
    const again = foldTrunkResult(foldTrunkAttempt(open, T + 15_000), failed, T + 16_000);
    expect(takesCalls(again, T + 45_999)).toBe(false);
    expect(takesCalls(again, T + 46_000)).toBe(true);
  });

  test("calls_that_were_under_way_when_it_opened_lengthen_nothing", () => {
    expect(takesCalls(fold(times(20, failed), open, T + 1000), T + 15_000)).toBe(true);
  });

  test("it_closes_with_the_first_success_and_forgets_its_past", () => {
    const closed = foldTrunkResult(foldTrunkAttempt(open, T + 15_000), worked, T + 16_000);
    expect(takesCalls(closed, T + 16_000)).toBe(true);
    expect(takesCalls(fold([failed], closed, T + 17_000), T + 17_000)).toBe(true);
  });
});

describe("the switch's probing", () => {
  test("shuts_at_once_and_opens_again", () => {
    const gone = foldReachable(unknownHealth, false, T);
    expect(takesCalls(gone, T)).toBe(false);
    expect(takesCalls(foldReachable(gone, true, T + 1), T + 1)).toBe(true);
  });
  test("a_carrier_that_came_back_is_tried_without_a_pause", () => {
    const back = foldReachable(foldReachable(open, false, T + 1), true, T + 2);
    expect(takesCalls(back, T + 2)).toBe(true);
  });
  test("what_nobody_probes_any_more_is_not_gone", () => {
    const gone = foldReachable(unknownHealth, false, T);
    expect(takesCalls(foldReachable(gone, null, T + 1), T + 1)).toBe(true);
  });
  test("being_there_does_not_excuse_failures", () => {
    expect(takesCalls(foldReachable(open, true, T + 1), T + 1)).toBe(false);
  });
});

test("the_answer_ratio_forgets", () => {
  expect(answerRatio(unknownHealth)).toBeNull();
  const half = fold([answered, worked]);
  expect(answerRatio(half)).toBe(0.5);
  const later = foldTrunkResult(half, answered, T + 3_600_000);
  expect(answerRatio(later)).toBeGreaterThan(0.99);
});
