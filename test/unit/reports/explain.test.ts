import { describe, expect, test } from "vitest";
import { explain } from "../../../src/reports/explain.ts";
import type { LiveReading } from "../../../src/reports/live.ts";
import { explanationText } from "../../../src/reports/live-text.ts";
import { snapshotWith, tenantId, trunkWith, type WrittenTenant } from "../../builders.ts";
import { readingWith, severalSlots, slotsWith, storeRebuilding } from "../../live-builders.ts";

const trunks = [
  trunkWith("apex_sip", { shared: false, tenant: "apex", channels: 2 }),
  trunkWith("pool_a", { channels: 4 }),
];

function explained(apex: WrittenTenant, reading: Partial<LiveReading> = {}, others = {}) {
  const snapshot = snapshotWith({
    tenants: { apex: { trunks: { strategy: "hybrid", dedicated: ["apex_sip"] }, ...apex }, ...others },
    trunks,
  });
  const tenant = snapshot.tenants.get(tenantId("apex"));
  if (tenant === undefined) throw new Error("apex is missing");
  return explain(tenant, readingWith(snapshot, reading));
}

const used = (count: number, slot = {}) => ({ slots: slotsWith(severalSlots(count, slot)) });

describe("a cap", () => {
  test("of_the_client_lets_the_last_one_in", () => {
    const { inbound, outbound } = explained({ limits: { channels: 2 } }, used(1));
    expect(inbound).toMatchObject({ admitted: true, reason: null, says: "admitted" });
    expect(outbound).toMatchObject({ admitted: true, reason: null, says: "goes out on apex_sip" });
  });

  test("of_the_client_refuses_the_one_after_in_both_directions", () => {
    const { inbound, outbound } = explained({ limits: { channels: 2 } }, used(2));
    expect(inbound).toMatchObject({ admitted: false, reason: "tenant_full" });
    expect(outbound).toMatchObject({ admitted: false, reason: "tenant_full" });
  });

  test("of_one_direction_refuses_that_one", () => {
    const { inbound, outbound } = explained({ limits: { inbound: 2 } }, used(2));
    expect(inbound).toMatchObject({ admitted: false, reason: "inbound_full" });
    expect(outbound.admitted).toBe(true);
  });

  test("that_only_watches_lets_in_and_names_what_is_full", () => {
    const { inbound, outbound } = explained({ limits: { channels: 2, mode: "watch" } }, used(2));
    expect(inbound).toMatchObject({ admitted: true, reason: "tenant_full" });
    expect(outbound.says).toBe(
      "goes out on apex_sip, since limits only watch: the client has all its channels in use",
    );
  });
});

describe("trunks", () => {
  test("the_next_with_room_is_taken", () => {
    const { outbound } = explained({}, used(2, { trunk: "apex_sip" }));
    expect(outbound).toMatchObject({ admitted: true, says: "goes out on pool_a" });
    expect(outbound.trunks.map(({ trunk, reason }) => [trunk, reason])).toEqual([
      ["apex_sip", "no_trunk"],
      ["pool_a", null],
    ]);
  });

  test("an_unhealthy_one_is_skipped_and_says_so", () => {
    const conditions = {
      unhealthyTrunks: new Set(["apex_sip"]),
      suspendedTenants: new Set<never>(),
      hoursOverrides: new Map(),
    };
    const { outbound } = explained({}, { conditions });
    expect(outbound.says).toBe("goes out on pool_a");
    expect(outbound.trunks[1]).toMatchObject({ trunk: "apex_sip", skipped: "is not well", scopes: [] });
  });

  test("inbound_says_on_which_it_would_be_let_in", () => {
    const { inbound } = explained({}, used(2, { trunk: "apex_sip" }));
    expect(inbound).toMatchObject({ admitted: true, says: "admitted on pool_a" });
  });

  test("all_full_is_no_trunk", () => {
    const slots = slotsWith([
      ...severalSlots(2, { trunk: "apex_sip" }),
      ...severalSlots(4, { tenant: null, state: "refused" }),
    ]);
    const { outbound } = explained({}, { slots });
    expect(outbound).toMatchObject({ admitted: false, reason: "pool_full" });
  });
});

describe("the shared pool", () => {
  const green = { green: { limits: { reserved: 3 } } };

  test("keeps_what_another_was_promised", () => {
    const { inbound } = explained({}, used(1), green);
    const pool = inbound.trunks.find(({ trunk }) => trunk === "pool_a");
    expect(pool).toMatchObject({ admitted: false, reason: "pool_full" });
    expect(pool?.scopes[0]).toEqual({
      of: "pool",
      used: 1,
      kept: 3,
      limit: 4,
      scope: "pool_full",
      full: true,
    });
  });

  test("keeps_nothing_that_the_other_uses", () => {
    const { inbound } = explained({}, used(3, { tenant: "green" }), green);
    expect(inbound.trunks.find(({ trunk }) => trunk === "pool_a")).toMatchObject({ admitted: true });
  });
});

describe("what comes before any weighing", () => {
  test("a_suspended_client_is_refused_both_ways", () => {
    const conditions = {
      unhealthyTrunks: new Set<string>(),
      suspendedTenants: new Set([tenantId("apex")]),
      hoursOverrides: new Map(),
    };
    const { suspended, inbound, outbound } = explained({}, { conditions });
    expect({ suspended, inbound: inbound.reason, outbound: outbound.reason }).toEqual({
      suspended: true,
      inbound: "tenant_suspended",
      outbound: "tenant_suspended",
    });
  });

  test("a_store_that_does_not_rule_leaves_it_to_the_client's_own_wish", () => {
    const { inbound, outbound } = explained({}, { health: storeRebuilding });
    expect(inbound).toMatchObject({ admitted: true });
    expect(inbound.says).toContain("by this node's own count");
    expect(outbound).toMatchObject({ admitted: false, reason: "slots_unreachable" });
  });

  test("and_limits_that_only_watch_refuse_nothing_then_either", () => {
    const { outbound } = explained({ limits: { mode: "watch" } }, { health: storeRebuilding });
    expect(outbound).toMatchObject({ admitted: true, reason: null });
  });
});

test("the_text_has_every_scope_with_its_numbers", () => {
  const explanation = explained({ limits: { channels: 2, callsPerSecond: 5 } }, used(2));
  expect(explanationText(explanation)).toBe(`apex at 2026-11-23T12:00:00Z

the next inbound call: refused, tenant_full: the client has all its channels in use
  apex_sip: tenant_full
    client                   2 of 2  full
    trunk                    0 of 2
    client's calls a second  at most 5
  pool_a: tenant_full
    client                   2 of 2  full
    shared pool              2 of 4
    trunk                    2 of 4
    client's calls a second  at most 5

the next outbound call: refused, tenant_full: the client has all its channels in use
  apex_sip: tenant_full
    client                   2 of 2  full
    trunk                    0 of 2
    client's calls a second  at most 5
  pool_a: tenant_full
    client                   2 of 2  full
    shared pool              2 of 4
    trunk                    2 of 4
    client's calls a second  at most 5
`);
});
