import { expect, test } from "vitest";
import { momentText, parseAt } from "../../../src/simulate/at.ts";
import { at } from "../../builders.ts";

const NEW_YORK = "America/New_York";

test.each([
  ["without_an_offset_it_is_the_zone's_wall_clock", "2026-11-23T09:00", "2026-11-23T09:00:00-05:00"],
  ["a_blank_does_for_the_T", "2026-11-23 09:00:30", "2026-11-23T09:00:30-05:00"],
  ["a_date_is_its_midnight", "2026-11-23", "2026-11-23T00:00:00-05:00"],
  ["an_offset_counts", "2026-11-23T09:00-08:00", "2026-11-23T09:00:00-08:00"],
  ["Z_is_an_offset", "2026-11-23T09:00Z", "2026-11-23T09:00:00Z"],
  ["summer_time_is_the_zone's", "2026-07-01T09:00", "2026-07-01T09:00:00-04:00"],
  ["a_minute_that_never_was_is_an_hour_later", "2026-03-08T02:30", "2026-03-08T03:30:00-04:00"],
])("%s", (_, text, instant) => {
  expect(parseAt(text, NEW_YORK)).toBe(at(instant));
});

test.each([
  "",
  "now",
  "09:00",
  "2026-13-01T09:00",
  "2026-11-23T25:00",
  "2026-11-23T09:00+99:00",
  "23.11.2026",
])("%s_is_no_moment", (text) => {
  expect(parseAt(text, NEW_YORK)).toBeNull();
});

test("a_moment_is_shown_on_the_zone's_wall", () => {
  expect(momentText(at("2026-11-23T14:00:00Z"), NEW_YORK)).toBe("Mon 2026-11-23 09:00:00 America/New_York");
});
