import { describe, expect, test } from "vitest";
import { slotRequest } from "../../../../src/core/admission/admission.ts";
import { calmConditions } from "../../../../src/core/snapshot/conditions.ts";
import type { CallId } from "../../../../src/core/tenant/stamp.ts";
import { snapshotWith, tenantId, trunkWith } from "../../../builders.ts";

/** What is weighed of the pool when a call of `apex` goes out on a trunk, or comes in on it. */
function poolOf({ resting = [] as string[], on = "pool_b", leg = "dialled" as "dialled" | "own" } = {}) {
  const snapshot = snapshotWith({
    trunks: [trunkWith("pool_a", { channels: 100 }), trunkWith("pool_b", { channels: 50 })],
    tenants: {
      apex: { limits: { reserved: 15 } },
      birch: { limits: { reserved: 20 } },
      cedar: { limits: { reserved: 30 } },
    },
  });
  const direction = leg === "own" ? "inbound" : "outbound";
  const key = { server: "ast1", uniqueid: "1.1" };
  const asked = { key, leg, call: "ast1-1.1" as CallId, direction, failedTrunk: null, begins: true } as const;
  const [tenant, trunk] = [snapshot.tenants.get(tenantId("apex")), snapshot.trunks.get(on)];
  if (tenant === undefined || trunk === undefined) throw new Error("is not configured");
  const conditions = { ...calmConditions, unhealthyTrunks: new Set(resting) };
  return slotRequest(asked, tenant, trunk, { snapshot, conditions }).pool;
}

const reserves = [
  { tenant: "birch", reserved: 20 },
  { tenant: "cedar", reserved: 30 },
];

describe("the pool that a call is weighed in", () => {
  test("is_all_shared_trunks_and_what_was_promised_to_others", () => {
    expect(poolOf()).toEqual({ channels: 150, trunks: ["pool_a", "pool_b"], reserved: 15, reserves });
  });

  test("is_without_those_that_rest", () => {
    expect(poolOf({ resting: ["pool_b"], on: "pool_a" })).toMatchObject({
      channels: 100,
      trunks: ["pool_a", "pool_b"],
      open: ["pool_a"],
      reserves,
    });
  });

  test("promises_no_more_than_is_left_and_something_to_each", () => {
    expect(poolOf({ resting: ["pool_a"] })).toMatchObject({
      channels: 50,
      open: ["pool_b"],
      reserved: 11,
      reserves: [{ reserved: 15 }, { reserved: 23 }],
    });
  });

  test("has_the_trunk_that_a_call_came_in_on_though_calls_out_pass_it_over", () => {
    const pool = poolOf({ resting: ["pool_a", "pool_b"], on: "pool_a", leg: "own" });
    expect(pool).toMatchObject({ channels: 100, open: ["pool_a"], reserved: 15, reserves });
  });
});
