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
const LEAST = 0.01;
const T = 1_764_000_000_000;

function fold(results: readonly TrunkResult[], from: TrunkHealth = unknownHealth, now = T): TrunkHealth {
  return results.reduce((health, result) => foldTrunkResult(health, result, LEAST, now), from);
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
    const again = foldTrunkResult(foldTrunkAttempt(open, T + 15_000), failed, LEAST, T + 16_000);
    expect(takesCalls(again, T + 45_999)).toBe(false);
    expect(takesCalls(again, T + 46_000)).toBe(true);
  });

  test("a_clock_that_was_set_back_an_hour_does_not_shut_it_for_an_hour", () => {
    const then = T - 3_600_000;
    expect(takesCalls(open, then)).toBe(true);
    const probing = foldTrunkAttempt(open, then);
    expect(takesCalls(probing, then)).toBe(false);
    expect(takesCalls(probing, then + 40_000)).toBe(true);
  });
  test("calls_that_were_under_way_when_it_opened_lengthen_nothing", () => {
    expect(takesCalls(fold(times(20, failed), open, T + 1000), T + 15_000)).toBe(true);
  });

  test("it_closes_with_the_first_success_and_forgets_its_past", () => {
    const closed = foldTrunkResult(foldTrunkAttempt(open, T + 15_000), worked, LEAST, T + 16_000);
    expect(takesCalls(closed, T + 16_000)).toBe(true);
    expect(takesCalls(fold([failed], closed, T + 17_000), T + 17_000)).toBe(true);
  });
});

describe("a carrier on which hardly anybody answers", () => {
  const floor = 0.1;
  const foldAt = (results: readonly TrunkResult[], from = unknownHealth, now = T) =>
    results.reduce((health, result) => foldTrunkResult(health, result, floor, now), from);
  const shut = foldAt(times(31, worked));
  const tried = (result: TrunkResult, at: number, from = shut) =>
    foldTrunkResult(foldTrunkAttempt(from, at), result, floor, at + 1000);

  test("is_shut_when_three_answers_are_missing", () => {
    expect(takesCalls(foldAt(times(29, worked)), T)).toBe(true);
    expect(takesCalls(shut, T)).toBe(false);
    expect(shut.lastFailure?.why).toBe("0 of about 30 calls were answered");
  });
  test("has_more_time_to_prove_itself_the_less_is_asked_of_it", () => {
    expect(takesCalls(fold(times(299, worked)), T)).toBe(true);
    expect(takesCalls(fold(times(301, worked)), T)).toBe(false);
  });
  test("is_left_alone_where_it_is_not_judged", () => {
    const never = times(1000, worked).reduce(
      (health, each) => foldTrunkResult(health, each, 0, T),
      unknownHealth,
    );
    expect(takesCalls(never, T)).toBe(true);
  });
  test("is_not_shut_while_enough_do", () => {
    const one = [...times(9, worked), answered];
    expect(takesCalls(foldAt(Array.from({ length: 50 }, () => one).flat()), T)).toBe(true);
  });
  test("failed_calls_are_counted_elsewhere", () => {
    const mixed = Array.from({ length: 20 }, () => [failed, failed, worked]).flat();
    expect(foldAt(mixed).unanswered).toBe(false);
  });
  test("is_tried_with_one_call_every_15_s_until_somebody_answers", () => {
    expect(takesCalls(shut, T + 14_999)).toBe(false);
    const again = tried(worked, T + 15_000);
    expect([takesCalls(again, T + 30_999), takesCalls(again, T + 31_000)]).toEqual([false, true]);
    const back = tried(answered, T + 31_000, again);
    expect(takesCalls(back, T + 32_001)).toBe(true);
    expect(takesCalls(foldAt(times(29, worked), back, T + 33_000), T + 33_000)).toBe(true);
  });
  test("waits_longer_each_time_the_trial_fails", () => {
    const again = tried(failed, T + 15_000);
    expect([takesCalls(again, T + 45_999), takesCalls(again, T + 46_000)]).toEqual([false, true]);
    expect(takesCalls(tried(worked, T + 46_000, again), T + 47_001)).toBe(false);
  });
  test("an_outage_does_not_count_as_calls_without_an_answer", () => {
    const outage = foldAt(times(60, failed));
    const back = tried(worked, T + 15_000, outage);
    expect(takesCalls(foldAt(times(5, worked), back, T + 17_000), T + 17_000)).toBe(true);
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
  const later = foldTrunkResult(half, answered, LEAST, T + 3_600_000);
  expect(answerRatio(later)).toBeGreaterThan(0.99);
});
