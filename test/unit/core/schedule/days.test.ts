import { describe, expect, test } from "vitest";
import { holidayOn } from "../../../../src/core/schedule/holiday-years.ts";
import { isHolidayPlace } from "../../../../src/core/schedule/holidays.ts";
import type { HoursOverride, OpenState } from "../../../../src/core/schedule/hours.ts";
import { openRangesOfDay, stateAt } from "../../../../src/core/schedule/schedule.ts";
import { at, hoursWith } from "../../../builders.ts";

const newYork = { country: "US", state: "NY", region: null };
const place = (country: string, state: string | null = null, region: string | null = null) => ({
  country,
  state,
  region,
});

const office = hoursWith({
  weekly: { "mon-fri": "09:00-18:00", "thu-sat": "22:00-02:00" },
  holidays: newYork,
  exceptions: {
    "2026-11-26": "10:00-12:00",
    "2026-12-22": ["09:00-12:00", "23:00-01:00"],
    "2026-12-23": "closed",
    "2026-12-31": "20:00-03:00",
  },
});

describe("holidays and exceptions", () => {
  test.each<[string, string, OpenState, string]>([
    ["holiday_begins_at_local_midnight", "2026-12-25T02:00:00-05:00", "holiday", "Christmas Day"],
    ["holiday_closes_the_usual_hours", "2026-12-25T10:00:00-05:00", "holiday", "Christmas Day"],
    ["holiday_in_its_last_minute", "2026-09-07T23:59:59-04:00", "holiday", "Labor Day"],
    ["no_holiday_one_minute_before", "2026-09-06T23:59:59-04:00", "closed", "Sunday closed all day"],
    ["no_holiday_after", "2026-09-08T00:00:00-04:00", "closed", "Tuesday 09:00-18:00"],
    ["evening_before_runs_into_the_holiday", "2026-12-25T01:59:59-05:00", "open", "Thursday 22:00-02:00"],
    ["range_of_a_holiday_evening_does_not_begin", "2026-12-25T22:30:00-05:00", "holiday", "Christmas Day"],
    ["range_of_a_holiday_evening_has_no_morning", "2026-12-26T01:00:00-05:00", "closed", "Saturday"],
    [
      "substitute_day_is_a_holiday",
      "2026-07-03T10:00:00-04:00",
      "holiday",
      "Independence Day (substitute day)",
    ],
    ["the_day_it_stands_in_for_is_one_too", "2026-07-04T10:00:00-04:00", "holiday", "Independence Day"],
    [
      "exception_replaces_holiday",
      "2026-11-26T10:00:00-05:00",
      "open",
      "exception of 2026-11-26 10:00-12:00",
    ],
    [
      "exception_on_a_holiday_is_closed_outside",
      "2026-11-26T12:00:00-05:00",
      "closed",
      "exception of 2026-11-26",
    ],
    ["exception_replaces_the_usual_hours", "2026-12-22T15:00:00-05:00", "closed", "exception of 2026-12-22"],
    ["exception_opens_at_start", "2026-12-22T23:00:00-05:00", "open", "exception of 2026-12-22"],
    ["exception_across_midnight_into_a_closed_day", "2026-12-23T00:59:59-05:00", "open", "of the day before"],
    [
      "closed_exception_all_day",
      "2026-12-23T10:00:00-05:00",
      "closed",
      "exception of 2026-12-23 closed all day",
    ],
    ["exception_across_midnight_into_a_holiday", "2027-01-01T02:59:59-05:00", "open", "of the day before"],
    ["holiday_once_that_exception_is_over", "2027-01-01T03:00:00-05:00", "holiday", "New Year's Day"],
  ])("%s", (_name, instant, state, why) => {
    const answer = stateAt(office, at(instant), null);
    expect(answer.state).toBe(state);
    expect(answer.why).toContain(why);
  });

  test("without_a_place_there_are_no_holidays", () => {
    const hours = hoursWith({ weekly: { daily: "09:00-18:00" } });
    expect(stateAt(hours, at("2026-12-25T10:00:00-05:00"), null).state).toBe("open");
  });

  test("a_holiday_is_the_tenants_date_not_the_places", () => {
    const berlin = { ...office, zone: "Pacific/Auckland", holidays: place("DE"), exceptions: new Map() };
    expect(stateAt(berlin, at("2026-10-03T02:00:00+13:00"), null).state).toBe("holiday");
    expect(stateAt(berlin, at("2026-10-03T23:59:59+13:00"), null).state).toBe("holiday");
    expect(stateAt(berlin, at("2026-10-05T00:00:00+13:00"), null).state).toBe("closed");
  });

  test("ranges_of_a_day", () => {
    expect(openRangesOfDay(office, "2026-11-23")).toEqual([{ from: 540, to: 1080 }]);
    expect(openRangesOfDay(office, "2026-12-25")).toEqual([]);
    expect(openRangesOfDay(office, "2026-12-31")).toEqual([{ from: 1200, to: 1620 }]);
  });
});

describe("the holiday calendar", () => {
  test.each([
    ["state_holiday_in_its_state", place("DE", "BY"), "2026-01-06", "Epiphany"],
    ["state_holiday_not_elsewhere", place("DE", "BE"), "2026-01-06", null],
    ["region_holiday_in_its_region", place("DE", "BY", "A"), "2026-08-08", "Augsburg"],
    ["region_holiday_not_in_the_state", place("DE", "BY"), "2026-08-08", null],
    ["substitute_day_in_the_year_before", place("US"), "2021-12-31", "New Year's Day (substitute day)"],
    ["two_substitute_days_in_a_row", place("GB", "ENG"), "2021-12-28", "Boxing Day (substitute day)"],
    ["not_only_observed_ones", place("US"), "2026-02-14", null],
    ["first_day_of_several", place("KR"), "2026-09-24", "Korean Thanksgiving"],
    ["last_day_of_several", place("KR"), "2026-09-26", "Korean Thanksgiving"],
    ["the_day_after_several", place("KR"), "2026-09-27", null],
    ["last_day_of_one_that_began_last_year", place("SZ"), "2027-01-02", "Incwala Festival"],
    ["leap_day", place("US"), "2028-02-29", null],
  ])("%s", (_name, where, date, expected) => {
    const name = holidayOn(where, date);
    if (expected === null) expect(name).toBeNull();
    else expect(name).toContain(expected);
  });

  test.each([
    [place("US"), true],
    [newYork, true],
    [place("DE", "BY", "A"), true],
    [place("US", "ny"), false],
    [place("XX"), false],
    [place("DE", "BY", "ZZ"), false],
    [place("DE", null, "A"), false],
    [place("constructor"), false],
  ])("is_a_place %o", (where, expected) => {
    expect(isHolidayPlace(where)).toBe(expected);
  });
});

describe("overrides", () => {
  const until = at("2026-11-30T09:00:00-05:00");
  const monday = at("2026-11-23T12:00:00-05:00");
  const closed: HoursOverride = { state: "closed", until };
  const configured = { ...office, override: closed };

  test("in_force_one_millisecond_before_its_end", () => {
    expect(stateAt(office, until - 1, closed)).toEqual({
      state: "closed",
      why: "closed by hand until 2026-11-30 09:00",
    });
  });

  test("over_at_its_end", () => {
    expect(stateAt(office, until, closed).state).toBe("open");
  });

  test("without_an_end_until_taken_back", () => {
    const open: HoursOverride = { state: "open", until: null };
    expect(stateAt(office, at("2026-12-25T03:00:00-05:00"), open)).toEqual({
      state: "open",
      why: "open by hand until it is taken back",
    });
  });

  test("wins_over_an_exception", () => {
    expect(stateAt(office, at("2026-11-26T10:30:00-05:00"), closed).state).toBe("closed");
  });

  test("can_say_holiday", () => {
    expect(stateAt(office, monday, { state: "holiday", until: null }).state).toBe("holiday");
  });

  test("the_configured_one_counts", () => {
    expect(stateAt(configured, monday, null).state).toBe("closed");
    expect(stateAt(configured, until, null).state).toBe("open");
  });

  test("the_running_one_wins_over_the_configured", () => {
    expect(stateAt(configured, monday, { state: "open", until: monday + 1 }).state).toBe("open");
  });

  test("the_configured_one_counts_again_when_the_running_one_is_over", () => {
    expect(stateAt(configured, monday, { state: "open", until: monday }).state).toBe("closed");
  });
});
