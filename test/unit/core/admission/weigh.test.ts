import { describe, expect, test } from "vitest";
import { type Pool, passingOn, type SlotRequest } from "../../../../src/core/admission/admission.ts";
import { type Use, weigh } from "../../../../src/core/admission/weigh.ts";
import type { CallId } from "../../../../src/core/tenant/stamp.ts";
import { tenantId } from "../../../builders.ts";

function requestWith(request: Partial<SlotRequest> = {}): SlotRequest {
  return {
    key: { server: "ast1", uniqueid: "1.1" },
    leg: "own",
    call: "ast1-1.1" as CallId,
    tenant: tenantId("apex"),
    direction: "inbound",
    trunk: "pool_a",
    failedTrunk: null,
    caps: { tenant: 10, direction: 5, trunk: 20 },
    pool: null,
    rates: { tenant: null, trunk: null },
    enforce: true,
    whenUnreachable: "allow",
    ...request,
  };
}

function useWith(use: Partial<Use> = {}): Use {
  return {
    tenant: 0,
    direction: 0,
    trunk: 0,
    pool: 0,
    poolOf: () => 0,
    refused: { trunk: 0, pool: 0 },
    lastSecond: { tenant: 0, trunk: 0 },
    ...use,
  };
}

const granted = { granted: true, wouldRefuse: null };
const refused = (scope: string) => ({ granted: false, scope });

const pool = (channels: number, reserved: number, own = 0): Pool => ({
  channels,
  trunks: ["pool_a"],
  reserved: own,
  reserves: [{ tenant: tenantId("green"), reserved }],
});

describe("caps", () => {
  test.each([
    ["the_last_channel_is_given", { tenant: 9 }, granted],
    ["the_one_after_is_not", { tenant: 10 }, refused("tenant_full")],
    ["the_last_of_a_direction_is_given", { direction: 4 }, granted],
    ["the_one_after_is_not", { direction: 5 }, refused("inbound_full")],
    ["the_last_of_a_trunk_is_given", { trunk: 19 }, granted],
    ["the_one_after_is_not", { trunk: 20 }, refused("no_trunk")],
    ["the_tenant_is_named_before_its_trunk", { tenant: 10, trunk: 20 }, refused("tenant_full")],
    ["the_tenant_is_named_before_its_direction", { tenant: 10, direction: 5 }, refused("tenant_full")],
  ])("%s", (_, use, answer) => {
    expect(weigh(requestWith(), useWith(use))).toEqual(answer);
  });

  test("no_cap_means_no_limit", () => {
    const caps = { tenant: null, direction: null, trunk: 20 };
    expect(weigh(requestWith({ caps }), useWith({ tenant: 1e6, direction: 1e6 }))).toEqual(granted);
  });

  test("the_other_direction_has_its_own_name", () => {
    const request = requestWith({ direction: "outbound" });
    expect(weigh(request, useWith({ direction: 5 }))).toEqual(refused("outbound_full"));
  });
});

describe("pool", () => {
  test.each([
    ["fills_up_to_what_others_were_promised", 59, 0, granted],
    ["and_not_above", 60, 0, refused("pool_full")],
    ["a_promise_in_use_is_not_counted_twice", 99, 40, granted],
    ["nor_is_the_pool_larger_for_it", 100, 40, refused("pool_full")],
    ["a_promise_in_part_in_use_holds_for_the_rest", 69, 10, granted],
    ["and_for_no_less", 70, 10, refused("pool_full")],
    ["who_uses_more_than_was_promised_holds_nothing_free", 99, 70, granted],
  ])("%s", (_, used, greens, answer) => {
    const request = requestWith({ pool: pool(100, 40), caps: { tenant: null, direction: null, trunk: 100 } });
    expect(weigh(request, useWith({ pool: used, poolOf: () => greens }))).toEqual(answer);
  });

  test.each([
    ["who_is_turned_away_takes_no_reserve", 3, 100, granted],
    ["nor_the_trunk_that_a_reserve_is_used_on", 3, 101, granted],
    ["above_the_reserve_he_counts", 4, 100, refused("pool_full")],
  ])("%s", (_, own, onTrunk, answer) => {
    const request = requestWith({
      pool: pool(100, 0, 4),
      caps: { tenant: null, direction: null, trunk: 100 },
    });
    const use = { pool: 100, trunk: onTrunk, poolOf: () => own, refused: { trunk: 20, pool: 20 } };
    expect(weigh(request, useWith(use))).toEqual(answer);
  });

  test("a_dedicated_trunk_asks_nothing_of_it", () => {
    expect(weigh(requestWith({ pool: null }), useWith({ pool: 1000 }))).toEqual(granted);
  });
});

describe("rates", () => {
  test.each([
    ["the_last_call_of_the_second_is_admitted", { tenant: 9, trunk: 4 }, granted],
    ["one_more_of_the_tenant_is_too_fast", { tenant: 10, trunk: 0 }, refused("too_fast")],
    ["one_more_on_the_trunk_is_too_fast", { tenant: 0, trunk: 5 }, refused("too_fast")],
  ])("%s", (_, lastSecond, answer) => {
    const request = requestWith({ rates: { tenant: 10, trunk: 5 } });
    expect(weigh(request, useWith({ lastSecond }))).toEqual(answer);
  });
});

test.each([
  ["a_full_cap_is_named", { tenant: 10 }, { granted: true, wouldRefuse: "tenant_full" }],
  ["a_full_trunk_refuses", { trunk: 20 }, refused("no_trunk")],
  ["also_behind_a_full_cap", { tenant: 10, trunk: 20 }, refused("no_trunk")],
  ["and_so_does_its_rate", { lastSecond: { tenant: 0, trunk: 5 } }, refused("too_fast")],
  [
    "the_client's_own_rate_is_named",
    { lastSecond: { tenant: 9, trunk: 0 } },
    { granted: true, wouldRefuse: "too_fast" },
  ],
])("in_watch_mode_with_another_trunk_to_try_%s", (_, use, answer) => {
  const request = passingOn(requestWith({ enforce: false, rates: { tenant: 9, trunk: 5 } }));
  expect(weigh(request, useWith(use))).toEqual(answer);
});

test("watch_mode_admits_and_names_the_full_scope", () => {
  expect(weigh(requestWith({ enforce: false }), useWith({ tenant: 10 }))).toEqual({
    granted: true,
    wouldRefuse: "tenant_full",
  });
});
