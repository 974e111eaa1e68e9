import { expect, test } from "vitest";
import { Reachability } from "../../../src/calls/reachability.ts";

function listening() {
  const told: [string, boolean | null][] = [];
  const reachability = new Reachability({
    reachable: (trunk, reachable) => void told.push([trunk, reachable]),
  });
  return { reachability, told, last: () => told.at(-1) };
}

test("gone_is_what_every_switch_that_knows_says", () => {
  const { reachability, last } = listening();
  reachability.heard("ast1", "pool_a", false, 1);
  expect(last()).toEqual(["pool_a", false]);
  reachability.heard("ast2", "pool_a", true, 2);
  expect(last()).toEqual(["pool_a", true]);
  reachability.heard("ast2", "pool_a", false, 3);
  expect(last()).toEqual(["pool_a", false]);
});

test("a_switch_that_is_heard_no_more_holds_nothing_shut", () => {
  const { reachability, told, last } = listening();
  reachability.heard("ast1", "pool_a", false, 1);
  reachability.forget("ast1", 2);
  expect(last()).toEqual(["pool_a", null]);
  reachability.forget("ast1", 3);
  expect(told).toHaveLength(2);
});

test("what_is_not_probed_any_more_is_not_gone", () => {
  const { reachability, last } = listening();
  reachability.heard("ast1", "pool_a", false, 1);
  reachability.heard("ast1", "pool_a", null, 2);
  expect(last()).toEqual(["pool_a", null]);
});
