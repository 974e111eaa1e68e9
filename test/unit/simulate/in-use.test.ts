import { describe, expect, test } from "vitest";
import { slotRequest } from "../../../src/core/admission/admission.ts";
import type { CallId } from "../../../src/core/tenant/stamp.ts";
import { nothingInUse, parseInUse, SupposedSlots } from "../../../src/simulate/in-use.ts";
import { snapshotWith, tenantId, trunkWith } from "../../builders.ts";
import { momentWith } from "../../driving.ts";

const known = { tenants: new Set(["apex", "green-1"]), trunks: new Set(["pool_a"]) };

describe("parse", () => {
  test("every_form_goes_to_its_own_count", () => {
    expect(
      parseInUse("apex=30, apex/inbound=10,apex/outbound=2,pool:green-1=5,trunk:pool_a=100", known),
    ).toEqual({
      tenants: new Map([
        ["apex", 30],
        ["apex/inbound", 10],
        ["apex/outbound", 2],
      ]),
      pool: new Map([["green-1", 5]]),
      trunks: new Map([["pool_a", 100]]),
      refused: new Map(),
    });
  });

  test("nothing_is_nothing", () => {
    expect(parseInUse("", known)).toEqual(nothingInUse);
  });

  test.each([
    ["apex", "write TENANT=N"],
    ["apex=-1", "write TENANT=N"],
    ["apex=1e3", "write TENANT=N"],
    ["apex/sideways=1", "write TENANT=N"],
    ["pool:apex/inbound=1", "write TENANT=N"],
    ["aepx=1", "there is no tenant called aepx"],
    ["trunk:apex=1", "there is no trunk called apex"],
    ["pool:pool_a=1", "there is no tenant called pool_a"],
  ])("%s_is_refused", (text, problem) => {
    expect(parseInUse(text, known)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

describe("slots", () => {
  const snapshot = snapshotWith({
    tenants: { apex: { limits: { channels: 2 } } },
    trunks: [trunkWith("pool_a"), trunkWith("pool_b", { channels: 1 })],
  });
  const ask = (slots: SupposedSlots, leg: "own" | "dialled", name: string, within = snapshot) => {
    const tenant = within.tenants.get(tenantId("apex"));
    const trunk = within.trunks.get(name);
    if (tenant === undefined || trunk === undefined) throw new Error("not in the snapshot");
    const key = { server: "ast1", uniqueid: "1.1" };
    const call = "ast1-1.1" as CallId;
    const asked = {
      key,
      leg,
      call,
      direction: leg === "own" ? "inbound" : "outbound",
      failedTrunk: null,
      begins: true,
    } as const;
    return slots.acquire(slotRequest(asked, tenant, trunk, momentWith(within)));
  };

  test("the_call's_own_legs_are_counted", () => {
    const slots = new SupposedSlots({ ...nothingInUse, tenants: new Map([["apex", 1]]) });
    expect(ask(slots, "own", "pool_a").granted).toBe(true);
    expect(ask(slots, "dialled", "pool_a")).toEqual({ granted: false, scope: "tenant_full" });
  });

  test("the_call's_own_leg_of_the_pool_is_one_of_its_reserve", () => {
    const promised = snapshotWith({
      tenants: { apex: { limits: { reserved: 1 } } },
      trunks: [trunkWith("pool_a", { channels: 2 }), trunkWith("pool_b")],
    });
    const turnedAway = { trunks: new Map([["pool_a", 1]]), refused: new Map([["pool_a", 1]]) };
    // Whoever is being turned away stands in nobody's way who uses less than his reserve.
    const slots = new SupposedSlots({ ...nothingInUse, ...turnedAway });
    expect(ask(slots, "own", "pool_a", promised).granted).toBe(true);
    expect(ask(slots, "dialled", "pool_a", promised)).toEqual({ granted: false, scope: "no_trunk" });
  });

  test("another_attempt_takes_the_place_of_the_last", () => {
    const slots = new SupposedSlots({ ...nothingInUse, tenants: new Map([["apex", 1]]) });
    expect(ask(slots, "dialled", "pool_a").granted).toBe(true);
    expect(ask(slots, "dialled", "pool_b").granted).toBe(true);
  });

  test("what_was_given_back_is_free", () => {
    const slots = new SupposedSlots({ ...nothingInUse, tenants: new Map([["apex", 1]]) });
    ask(slots, "dialled", "pool_a");
    slots.release();
    expect(ask(slots, "own", "pool_a").granted).toBe(true);
  });

  test("no_number_implies_another", () => {
    const slots = new SupposedSlots({ ...nothingInUse, trunks: new Map([["pool_a", 99]]) });
    expect(ask(slots, "own", "pool_a").granted).toBe(true);
    const full = new SupposedSlots({ ...nothingInUse, trunks: new Map([["pool_b", 1]]) });
    expect(ask(full, "own", "pool_b")).toEqual({ granted: false, scope: "no_trunk" });
  });
});
