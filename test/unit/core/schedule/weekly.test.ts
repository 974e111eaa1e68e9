import { describe, expect, test } from "vitest";
import type { OpenState } from "../../../../src/core/schedule/hours.ts";
import { stateAt } from "../../../../src/core/schedule/schedule.ts";
import { at, hoursWith } from "../../../builders.ts";

const office = hoursWith({ weekly: { "mon-fri": "09:00-18:00", sat: "22:00-02:00" } });
const state = (hours: typeof office, instant: string) => stateAt(hours, at(instant), null).state;

describe("an office week in New York", () => {
  test.each<[string, string, OpenState]>([
    ["closed_one_minute_before_start", "2026-11-23T08:59:59.999-05:00", "closed"],
    ["opens_at_start", "2026-11-23T09:00:00-05:00", "open"],
    ["open_in_the_last_minute", "2026-11-23T17:59:59.999-05:00", "open"],
    ["closed_at_stop", "2026-11-23T18:00:00-05:00", "closed"],
    ["closed_one_minute_after_stop", "2026-11-23T18:01:00-05:00", "closed"],
    ["closed_on_sunday_noon", "2026-11-22T12:00:00-05:00", "closed"],
    ["across_midnight_closed_before_start", "2026-11-21T21:59:00-05:00", "closed"],
    ["across_midnight_opens_at_start", "2026-11-21T22:00:00-05:00", "open"],
    ["across_midnight_open_at_midnight", "2026-11-22T00:00:00-05:00", "open"],
    ["across_midnight_open_in_the_last_minute", "2026-11-22T01:59:59-05:00", "open"],
    ["across_midnight_closed_at_stop", "2026-11-22T02:00:00-05:00", "closed"],
    ["across_midnight_not_on_the_morning_of_its_own_day", "2026-11-21T01:00:00-05:00", "closed"],
    ["judged_by_the_zone_not_by_utc", "2026-11-23T13:00:00Z", "closed"],
    ["judged_by_the_zone_after_utc_midnight", "2026-11-24T00:30:00+01:00", "closed"],
  ])("%s", (_name, instant, expected) => {
    expect(state(office, instant)).toBe(expected);
  });
});

describe("several ranges and whole days", () => {
  const lunch = hoursWith({ weekly: { mon: ["09:00-12:00", "13:00-17:00"], tue: "00:00-24:00" } });
  test.each<[string, string, OpenState]>([
    ["open_before_the_break", "2026-11-23T11:59:00-05:00", "open"],
    ["closed_at_the_break", "2026-11-23T12:00:00-05:00", "closed"],
    ["open_after_the_break", "2026-11-23T13:00:00-05:00", "open"],
    ["whole_day_opens_at_midnight", "2026-11-24T00:00:00-05:00", "open"],
    ["whole_day_open_in_its_last_minute", "2026-11-24T23:59:59-05:00", "open"],
    ["whole_day_closed_at_the_next_midnight", "2026-11-25T00:00:00-05:00", "closed"],
  ])("%s", (_name, instant, expected) => {
    expect(state(lunch, instant)).toBe(expected);
  });

  test("sunday_night_runs_into_monday", () => {
    const late = hoursWith({ weekly: { sun: "20:00-08:00" } });
    expect(state(late, "2026-11-23T07:59:00-05:00")).toBe("open");
    expect(state(late, "2026-11-23T08:00:00-05:00")).toBe("closed");
  });

  test("ends_at_midnight_and_the_next_day_begins_there", () => {
    const always = hoursWith({ weekly: { daily: "00:00-24:00" } });
    for (const minute of ["23:59:59.999", "00:00:00"]) {
      expect(state(always, `2026-11-23T${minute}-05:00`)).toBe("open");
    }
  });

  test("nothing_configured_is_closed", () => {
    expect(state(hoursWith(), "2026-11-23T12:00:00-05:00")).toBe("closed");
  });
});

describe("why", () => {
  test.each([
    ["2026-11-23T09:00:00-05:00", "Monday 09:00-18:00, it is 09:00 in America/New_York"],
    ["2026-11-23T18:00:00-05:00", "Monday 09:00-18:00, it is 18:00 in America/New_York"],
    ["2026-11-22T12:00:00-05:00", "Sunday closed all day, it is 12:00 in America/New_York"],
    ["2026-11-22T01:00:00-05:00", "Saturday 22:00-02:00 of the day before, it is 01:00 in America/New_York"],
  ])("at %s", (instant, why) => {
    expect(stateAt(office, at(instant), null).why).toBe(why);
  });

  test("an_unknown_zone_is_closed_and_named", () => {
    const nowhere = hoursWith({ zone: "Mars/Olympus", weekly: { daily: "00:00-24:00" } });
    expect(stateAt(nowhere, at("2026-11-23T12:00:00Z"), null)).toEqual({
      state: "closed",
      why: "the time zone Mars/Olympus does not exist",
    });
  });
});
