import { expect, test } from "vitest";
import { SilenceWatch } from "../../../src/calls/silence-watch.ts";

const leg = (uniqueid: string, server = "ast1") => ({ server, uniqueid });

/** A watch of a switch that tells of ringing. */
function listening(): SilenceWatch {
  const watch = new SilenceWatch();
  watch.spoke(leg("before"));
  return watch;
}

test("a_leg_that_said_nothing_is_told_with_its_trunk_once", () => {
  const watch = listening();
  watch.dialled(leg("1"), "pool_a", 1000);
  expect(watch.over(leg("1"), 13_000)).toEqual({ trunk: "pool_a", silentMs: 12_000 });
  expect(watch.over(leg("1"), 14_000)).toBeNull();
});

test("one_that_rang_was_not_silent", () => {
  const watch = listening();
  watch.dialled(leg("1"), "pool_a", 1000);
  watch.spoke(leg("1"));
  expect(watch.over(leg("1"), 13_000)).toEqual({ trunk: "pool_a", silentMs: null });
});

test("a_switch_that_never_tells_of_ringing_is_not_believed_to_be_silent", () => {
  const watch = listening();
  watch.dialled(leg("1", "ast2"), "pool_a", 1000);
  expect(watch.over(leg("1", "ast2"), 13_000)).toBeNull();
});

test("what_was_dialled_before_a_gap_is_not_judged", () => {
  const watch = listening();
  watch.dialled(leg("1"), "pool_a", 1000);
  watch.forget("ast1");
  watch.spoke(leg("2"));
  expect(watch.over(leg("1"), 13_000)).toBeNull();
});
