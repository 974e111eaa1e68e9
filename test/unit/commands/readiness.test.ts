import { describe, expect, test } from "vitest";
import type { WatchView } from "../../../src/calls/watch-view.ts";
import { readinessOf } from "../../../src/commands/readiness.ts";
import { moment, storeReady, storeRebuilding } from "../../live-builders.ts";

const up = { server: "ast1", up: true, why: "logged in" };

function viewWith(view: Partial<WatchView> = {}): WatchView {
  const numbers = { drift: 0, unstamped: 0, sweeps: 1, incomplete: 0, adopted: 0, freed: 0 };
  return { server: "ast1", listening: true, boot: "b", ...numbers, sweptAt: moment, ...view };
}

const healthy = { switches: [up], views: [viewWith()], slots: storeReady, now: moment };

describe("a node is ready", () => {
  test("when_every_switch_was_looked_at_and_the_slots_can_be_asked", () => {
    expect(readinessOf(healthy)).toEqual({
      ready: true,
      checks: { configuration: "ok", "switch ast1": "ok", slots: "ok" },
    });
  });

  test("with_files_that_were_refused_too_and_says_so", () => {
    const configuration = "the files have had 1 error";
    expect(readinessOf({ ...healthy, configuration })).toMatchObject({
      ready: true,
      checks: { configuration },
    });
  });

  test("while_the_last_look_is_no_older_than_a_lease", () => {
    expect(readinessOf({ ...healthy, now: moment + 60_000 }).ready).toBe(true);
  });

  test("when_another_node_looks_after_the_switch", () => {
    const views = [viewWith({ listening: false, sweptAt: null })];
    expect(readinessOf({ ...healthy, views }).ready).toBe(true);
  });
});

describe("a node is not ready and says", () => {
  test.each([
    [
      "which_switch_is_not_seen",
      { switches: [{ ...up, up: false, why: "connection refused" }] },
      "switch ast1",
      /^connection refused$/,
    ],
    [
      "which_was_never_looked_at",
      { views: [viewWith({ sweptAt: null })] },
      "switch ast1",
      /not looked at yet: /,
    ],
    [
      "which_was_not_looked_at_for_longer_than_a_lease",
      { now: moment + 60_001 },
      "switch ast1",
      /last looked at 60 s ago/,
    ],
    ["which_nobody_looks_after", { views: [] }, "switch ast1", /not looked after yet$/],
    ["why_the_slots_cannot_be_asked", { slots: storeRebuilding }, "slots", /^slots_rebuilding: waits/],
    [
      "which_other_store_is_missing",
      { others: { records: { ready: false, code: "records_unreachable", why: "start it" } } },
      "records",
      /^records_unreachable: start it$/,
    ],
  ])("%s", (_, change, check, says) => {
    const { ready, checks } = readinessOf({ ...healthy, ...change });
    expect(ready).toBe(false);
    expect(checks[check]).toMatch(says);
  });
});
