import { describe, expect, test } from "vitest";
import { type PlanRequest, planAttempts } from "../../../../src/core/trunk/plan-attempts.ts";
import type { Trunk } from "../../../../src/core/trunk/trunk.ts";
import { trunkWith } from "../../../builders.ts";

function order(trunks: readonly Trunk[], request: Partial<PlanRequest> = {}): readonly string[] {
  const plan = planAttempts({
    tenant: "apex",
    policy: { strategy: "hybrid", dedicated: ["own"] },
    trunks: new Map(trunks.map((trunk) => [trunk.name, trunk])),
    overflow: [["a"], ["b"]],
    unhealthy: new Set(),
    tried: [],
    call: "ast1-1.1",
    ...request,
  });
  return plan.order.map((trunk) => trunk.name);
}

const own = trunkWith("own", { tenant: "apex", shared: false });
const all = [own, trunkWith("a"), trunkWith("b"), trunkWith("other", { tenant: "beta", shared: false })];

describe("strategies", () => {
  test.each([
    ["hybrid", ["own", "a", "b"]],
    ["dedicated", ["own"]],
    ["shared", ["a", "b"]],
  ] as const)("%s", (strategy, expected) => {
    expect(order(all, { policy: { strategy, dedicated: ["own"] } })).toEqual(expected);
  });

  test("another_clients_trunk_is_left_out_even_when_it_is_listed", () => {
    expect(
      order(all, { policy: { strategy: "hybrid", dedicated: ["other", "own"] }, overflow: [["other"]] }),
    ).toEqual(["own"]);
  });

  test("a_trunk_of_nobody_is_left_out", () => {
    expect(order([trunkWith("a", { shared: false })], { overflow: [["a"]] })).toEqual([]);
  });

  test("tried_unhealthy_and_unknown_are_left_out", () => {
    const request = { tried: ["own"], unhealthy: new Set(["a"]), overflow: [["a"], ["gone"], ["b"]] };
    expect(order(all, request)).toEqual(["b"]);
  });

  test("one_that_stands_in_both_lists_is_tried_once", () => {
    expect(
      order([trunkWith("a")], { policy: { strategy: "hybrid", dedicated: ["a"] }, overflow: [["a"]] }),
    ).toEqual(["a"]);
  });
});

describe("a tier of equals", () => {
  const overflow = [["a", "b", "c"]];
  const policy = { strategy: "shared", dedicated: [] } as const;

  test("cheapest_first_and_without_a_price_last", () => {
    const trunks = [
      trunkWith("a"),
      trunkWith("b", { costPerMinute: 0.01 }),
      trunkWith("c", { costPerMinute: 0.008 }),
    ];
    expect(order(trunks, { overflow, policy })).toEqual(["c", "b", "a"]);
  });

  test("equal_prices_are_shared_out_by_weight", () => {
    const trunks = [
      trunkWith("a", { weight: 1 }),
      trunkWith("b", { weight: 3 }),
      trunkWith("c", { weight: 0 }),
    ];
    const firsts = Array.from(
      { length: 4000 },
      (_, index) => order(trunks, { overflow, policy, call: `ast1-1764000000.${index}` })[0],
    );
    const share = firsts.filter((name) => name === "b").length / firsts.length;
    expect(share).toBeGreaterThan(0.71);
    expect(share).toBeLessThan(0.79);
    expect(firsts).not.toContain("c");
  });

  test("the_same_call_gets_the_same_order", () => {
    const trunks = ["a", "b", "c"].map((name) => trunkWith(name));
    expect(order(trunks, { overflow, policy })).toEqual(order(trunks, { overflow, policy }));
  });
});
