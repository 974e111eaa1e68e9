import { describe, expect, test } from "vitest";
import { withinWindow } from "../../../../src/core/schedule/calling-window.ts";
import { at } from "../../../builders.ts";

const DAY = { from: 8 * 60, to: 21 * 60 };
const NIGHT = { from: 21 * 60, to: 5 * 60 };
const NEW_YORK = ["America/New_York"];

describe("a window", () => {
  test.each([
    ["opens_at_its_start", DAY, "2026-11-23T08:00:00-05:00", true],
    ["is_shut_at_its_end", DAY, "2026-11-23T21:00:00-05:00", false],
    ["past_midnight_in_the_evening", NIGHT, "2026-11-23T23:00:00-05:00", true],
    ["past_midnight_in_the_morning", NIGHT, "2026-11-24T04:59:00-05:00", true],
    ["past_midnight_is_shut_at_its_end", NIGHT, "2026-11-24T05:00:00-05:00", false],
    [
      "written_with_an_end_on_the_next_day",
      { from: 21 * 60, to: 29 * 60 },
      "2026-11-24T04:59:00-05:00",
      true,
    ],
    ["to_midnight", { from: 8 * 60, to: 1440 }, "2026-11-23T23:59:00-05:00", true],
    ["from_midnight_on_the_dot", { from: 8 * 60, to: 1440 }, "2026-11-24T00:00:00-05:00", false],
  ])("%s", (_, window, now, inside) => {
    expect(withinWindow(window, NEW_YORK, at(now)).inside).toBe(inside);
  });

  test("a_repeated_hour_counts_twice_and_a_missing_one_never", () => {
    const repeated = { from: 60, to: 120 };
    expect(withinWindow(repeated, NEW_YORK, at("2026-11-01T01:30:00-04:00")).inside).toBe(true);
    expect(withinWindow(repeated, NEW_YORK, at("2026-11-01T01:30:00-05:00")).inside).toBe(true);
    const missing = { from: 120, to: 180 };
    expect(withinWindow(missing, NEW_YORK, at("2026-03-08T01:59:59-05:00")).inside).toBe(false);
    expect(withinWindow(missing, NEW_YORK, at("2026-03-08T03:00:00-04:00")).inside).toBe(false);
  });

  test("must_hold_in_every_zone_and_names_the_first_where_it_does_not", () => {
    const now = at("2026-11-23T09:05:00-05:00");
    expect(withinWindow(DAY, ["America/New_York", "America/Los_Angeles"], now)).toEqual({
      inside: false,
      zone: "America/Los_Angeles",
      time: "06:05",
    });
  });

  test("is_never_open_where_nobody_knows_the_time", () => {
    expect(withinWindow(DAY, ["Mars/Olympus"], at("2026-11-23T12:00:00-05:00")).inside).toBe(false);
  });
});
