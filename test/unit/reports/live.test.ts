import { describe, expect, test } from "vitest";
import { conditionsOfNode, differences, inUseOf } from "../../../src/commands/live-supposed.ts";
import { liveView, slotViews } from "../../../src/reports/live.ts";
import { durationText, slotsText, topLines, trunksText } from "../../../src/reports/live-text.ts";
import { at, snapshotWith, tenantId, trunkWith } from "../../builders.ts";
import {
  moment,
  readingWith,
  severalSlots,
  slotsWith,
  slotWith,
  storeRebuilding,
  trunkReading,
} from "../../live-builders.ts";

const snapshot = snapshotWith({
  tenants: {
    apex: { limits: { channels: 4, inbound: 3, reserved: 2 } },
    green: {},
  },
  trunks: [
    trunkWith("apex_sip", { shared: false, tenant: "apex", channels: 2 }),
    trunkWith("pool_a", { channels: 4, costPerMinute: 0.008 }),
  ],
});

const busy = slotsWith([
  ...severalSlots(2),
  slotWith({ trunk: "apex_sip", direction: "outbound" }),
  slotWith({ adopted: true, direction: null, trunk: "apex_sip" }),
  slotWith({ tenant: null, state: "refused", direction: null }),
  slotWith({ tenant: null, direction: null }),
  slotWith({ tenant: "gone", trunk: "apex_sip" }),
]);

const view = liveView(readingWith(snapshot, { slots: busy, today: () => ({ refused: 7, peak: 3 }) }));

describe("a view", () => {
  test("counts_a_client's_legs_by_direction_and_those_without_one", () => {
    expect(view.tenants[0]).toEqual({
      tenant: "apex",
      in: 2,
      out: 1,
      total: 4,
      cap: 4,
      cap_in: 3,
      cap_out: null,
      reserve: 2,
      pool: 2,
      peak_today: 4,
      refused_today: 7,
      mode: "enforce",
      suspended: false,
      configured: true,
    });
  });

  test("shows_a_client_that_is_not_configured_any_more_while_it_has_legs", () => {
    expect(view.tenants.map(({ tenant, configured }) => [tenant, configured])).toEqual([
      ["apex", true],
      ["green", true],
      ["gone", false],
    ]);
  });

  test("tells_refused_legs_from_legs_of_nobody", () => {
    expect(view).toMatchObject({ refused_legs: 1, unattributed: 1 });
  });

  test("counts_every_leg_on_its_trunk", () => {
    expect(view.trunks.map(({ trunk, used, channels }) => [trunk, used, channels])).toEqual([
      ["apex_sip", 3, 2],
      ["pool_a", 4, 4],
    ]);
  });

  test.each([
    ["ok", {}],
    ["unreachable", { reachable: false, takesCalls: false }],
    ["resting", { breaker: "open" as const, retryAt: moment + 15_000, takesCalls: false }],
    ["trying", { breaker: "open" as const, probing: true, retryAt: moment }],
  ])("a_trunk_is_%s", (word, reading) => {
    const trunks = [trunkReading("pool_a", reading)];
    const [, pool] = liveView(readingWith(snapshot, { trunks })).trunks;
    expect(pool).toMatchObject({ trunk: "pool_a", health: word });
  });
});

describe("slots", () => {
  const old = slotWith({ takenAt: moment - 61_400, leaseEndsAt: null });
  const pending = slotWith({ state: "pending", direction: "outbound", flagged: "pool_full" });

  test("the_oldest_comes_first", () => {
    expect(slotViews(slotsWith([pending, old])).map(({ id }) => id)).toEqual([
      `ast1/${old.key.uniqueid}`,
      `ast1/${pending.key.uniqueid}`,
    ]);
  });

  test("an_age_is_in_whole_seconds_and_an_unseen_switch_ends_no_lease", () => {
    expect(slotViews(slotsWith([old]))[0]).toMatchObject({ age_seconds: 61, lease_seconds: null });
  });

  test("one_that_is_only_asked_for_has_no_leg", () => {
    expect(slotViews(slotsWith([pending]))[0]).toMatchObject({ leg: null, state: "pending" });
  });

  test("the_text_says_what_is_odd_about_each", () => {
    const text = slotsText(slotViews(slotsWith([old, pending])));
    expect(text).toMatch(/^slot +age +client +direction +trunk +state +leg +call +node\n/);
    expect(text).toContain("bound, switch unseen");
    expect(text).toContain("pending, flagged pool_full");
    expect(text).toMatch(/\n2 slots\n$/);
  });

  test("none_is_one_line", () => {
    expect(slotsText([])).toBe("0 slots\n");
  });
});

describe("top", () => {
  test("has_clients_and_trunks_with_their_numbers", () => {
    const lines = topLines(view);
    expect(lines[0]).toBe("signalbox tel1  2026-11-23T12:00:00Z  revision 0123456789ab");
    expect(lines).toContain("1 trunk legs of no known client");
    expect(lines.find((line) => line.startsWith("apex "))).toMatch(
      /^apex +2 +1 +4 +4 +█{16} +2 +4 +7 +full$/,
    );
    expect(lines.find((line) => line.startsWith("gone "))).toMatch(/not configured any more$/);
    expect(lines.find((line) => line.startsWith("pool_a"))).toMatch(/^pool_a +shared +4 +4 +█{16} +ok$/);
  });

  test("says_when_the_store_does_not_rule_and_a_switch_is_not_seen", () => {
    const switches = [
      {
        server: "ast1",
        up: false,
        why: "connection refused",
        listening: false,
        swept_at: null,
        drift: 0,
        unstamped: 0,
      },
    ];
    const lines = topLines(liveView(readingWith(snapshot, { health: storeRebuilding, switches })));
    expect(lines).toContain("slots are rebuilding: waits for every switch to be swept");
    expect(lines).toContain("switch ast1: connection refused");
  });

  test("a_client_without_a_cap_shows_none", () => {
    expect(topLines(view).find((line) => line.startsWith("green"))).toMatch(/^green +0 +0 +0 +- +0 +3 +7$/);
  });
});

test("trunks_have_their_last_failure_and_answered_share", () => {
  const trunks = [
    trunkReading("pool_a", {
      breaker: "open",
      takesCalls: false,
      failuresInRow: 5,
      retryAt: at("2026-11-23T12:00:15Z"),
      answerRatio: 0.256,
      lastFailure: { at: moment, why: "CHANUNAVAIL (20)" },
    }),
  ];
  const lines = trunksText(liveView(readingWith(snapshot, { trunks })).trunks).split("\n");
  expect(lines[2]).toMatch(
    /^pool_a +shared +0 +4 +resting +12:00:15 +26% +0\.008 +5 +2026-11-23 12:00:00 CHANUNAVAIL \(20\)$/,
  );
});

test.each([
  [0, "0:00"],
  [59, "0:59"],
  [60, "1:00"],
  [3599, "59:59"],
  [3600, "1:00:00"],
])("%i_seconds_are_%s", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

describe("what a simulation takes from a running node", () => {
  test("is_every_number_and_nobody's_legs_on_the_pool", () => {
    expect(inUseOf(view)).toEqual({
      tenants: new Map([
        ["apex", 4],
        ["apex/inbound", 2],
        ["apex/outbound", 1],
        ["green", 0],
        ["green/inbound", 0],
        ["green/outbound", 0],
        ["gone", 1],
        ["gone/inbound", 1],
        ["gone/outbound", 0],
      ]),
      pool: new Map([
        ["apex", 2],
        ["green", 0],
        ["gone", 0],
        ["", 2],
      ]),
      trunks: new Map([
        ["apex_sip", 3],
        ["pool_a", 4],
      ]),
      refused: new Map([
        ["apex_sip", 0],
        ["pool_a", 1],
      ]),
    });
  });

  test("is_trunks_that_are_not_well_and_what_staff_have_ordered", () => {
    const conditions = {
      unhealthyTrunks: new Set(["pool_a"]),
      suspendedTenants: new Set([tenantId("green")]),
      hoursOverrides: new Map([["apex/office", { state: "closed" as const, until: null }]]),
    };
    const sent = JSON.parse(JSON.stringify(liveView(readingWith(snapshot, { conditions }))));
    expect(conditionsOfNode(sent)).toEqual(conditions);
  });

  test("comes_with_a_word_on_other_files_and_on_a_store_that_does_not_rule", () => {
    expect(differences(view, snapshot)).toEqual([]);
    expect(differences(view, { ...snapshot, revision: "ffffffffffff" })[0]).toContain("0123456789ab");
    const rebuilding = liveView(readingWith(snapshot, { health: storeRebuilding }));
    expect(differences(rebuilding, snapshot)).toHaveLength(1);
  });
});
