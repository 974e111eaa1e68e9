import { describe, expect, test } from "vitest";
import type { OpenState } from "../../../../src/core/schedule/hours.ts";
import { stateAt } from "../../../../src/core/schedule/schedule.ts";
import {
  dateText,
  dayOfDate,
  isZone,
  wallClock,
  weekdayOf,
} from "../../../../src/core/schedule/wall-clock.ts";
import { at, hoursWith } from "../../../builders.ts";

type Case = readonly [name: string, zone: string, range: string, instant: string, expected: OpenState];

describe("both clock changes", () => {
  test.each<Case>([
    // New York 2026-03-08: 02:00 becomes 03:00.
    [
      "dst_spring_open_before_the_gap",
      "America/New_York",
      "01:30-02:30",
      "2026-03-08T01:59:59-05:00",
      "open",
    ],
    [
      "dst_spring_missing_hour_never_occurs",
      "America/New_York",
      "02:00-03:00",
      "2026-03-08T03:00:00-04:00",
      "closed",
    ],
    [
      "dst_spring_closed_after_the_gap",
      "America/New_York",
      "01:30-02:30",
      "2026-03-08T03:00:00-04:00",
      "closed",
    ],
    [
      "dst_spring_opens_where_the_gap_ends",
      "America/New_York",
      "02:30-04:00",
      "2026-03-08T03:00:00-04:00",
      "open",
    ],
    [
      "dst_spring_not_open_before_the_gap",
      "America/New_York",
      "02:30-04:00",
      "2026-03-08T01:59:59-05:00",
      "closed",
    ],
    [
      "dst_spring_the_day_is_not_shifted",
      "America/New_York",
      "09:00-18:00",
      "2026-03-08T09:00:00-04:00",
      "open",
    ],
    ["dst_spring_across_midnight", "America/New_York", "22:00-03:30", "2026-03-08T03:29:59-04:00", "open"],
    // New York 2026-11-01: 02:00 becomes 01:00.
    [
      "dst_autumn_first_of_the_repeated_hour",
      "America/New_York",
      "01:00-02:00",
      "2026-11-01T01:30:00-04:00",
      "open",
    ],
    [
      "dst_autumn_repeated_hour_counts_twice",
      "America/New_York",
      "01:00-02:00",
      "2026-11-01T01:30:00-05:00",
      "open",
    ],
    [
      "dst_autumn_closed_between_by_the_clock",
      "America/New_York",
      "01:30-02:00",
      "2026-11-01T01:00:00-05:00",
      "closed",
    ],
    [
      "dst_autumn_closed_after_the_second",
      "America/New_York",
      "01:00-02:00",
      "2026-11-01T02:00:00-05:00",
      "closed",
    ],
    [
      "dst_autumn_stop_in_the_first",
      "America/New_York",
      "00:00-01:30",
      "2026-11-01T01:30:00-04:00",
      "closed",
    ],
    [
      "dst_autumn_open_again_in_the_second",
      "America/New_York",
      "00:00-01:30",
      "2026-11-01T01:29:00-05:00",
      "open",
    ],
    // Lord Howe changes by half an hour: 2026-04-05 02:00 +11 becomes 01:30 +10:30, 2026-10-04 02:00 becomes 02:30.
    ["half_hour_change_first", "Australia/Lord_Howe", "01:30-02:00", "2026-04-05T01:45:00+11:00", "open"],
    ["half_hour_change_repeated", "Australia/Lord_Howe", "01:30-02:00", "2026-04-05T01:45:00+10:30", "open"],
    [
      "half_hour_change_not_a_whole_hour",
      "Australia/Lord_Howe",
      "01:00-01:30",
      "2026-04-05T01:30:00+10:30",
      "closed",
    ],
    ["half_hour_change_missing", "Australia/Lord_Howe", "02:00-02:30", "2026-10-04T02:30:00+11:00", "closed"],
    [
      "half_hour_change_before_the_gap",
      "Australia/Lord_Howe",
      "01:30-02:30",
      "2026-10-04T01:59:59+10:30",
      "open",
    ],
    // Berlin and London, and zones with odd offsets.
    ["dst_europe_spring", "Europe/Berlin", "03:00-04:00", "2026-03-29T01:00:00Z", "open"],
    ["dst_europe_autumn_second", "Europe/London", "01:00-02:00", "2026-10-25T01:30:00Z", "open"],
    ["offset_of_45_minutes_opens_at_start", "Asia/Kathmandu", "09:00-18:00", "2026-11-23T03:15:00Z", "open"],
    ["offset_of_45_minutes_before_start", "Asia/Kathmandu", "09:00-18:00", "2026-11-23T03:14:59Z", "closed"],
    ["offset_of_12_45", "Pacific/Chatham", "09:00-09:01", "2026-07-01T09:00:00+12:45", "open"],
    [
      "offset_of_minus_2_30_in_summer",
      "America/St_Johns",
      "09:00-09:01",
      "2026-07-01T09:00:00-02:30",
      "open",
    ],
    ["a_day_ahead", "Pacific/Kiritimati", "00:00-00:01", "2026-11-22T10:00:00Z", "open"],
  ])("%s", (_name, zone, range, instant, expected) => {
    const hours = hoursWith({ zone, weekly: { daily: range } });
    expect(stateAt(hours, at(instant), null).state).toBe(expected);
  });

  test("the_weekday_is_the_local_one", () => {
    const monday = hoursWith({ zone: "Pacific/Kiritimati", weekly: { mon: "00:00-24:00" } });
    expect(stateAt(monday, at("2026-11-22T09:59:59Z"), null).state).toBe("closed");
    expect(stateAt(monday, at("2026-11-22T10:00:00Z"), null).state).toBe("open");
    expect(stateAt(monday, at("2026-11-23T10:00:00Z"), null).state).toBe("closed");
  });

  test("a_day_that_a_zone_left_out_never_occurs", () => {
    // Samoa crossed the date line: 2011-12-29 was followed by 2011-12-31.
    const hours = hoursWith({
      zone: "Pacific/Apia",
      weekly: {},
      exceptions: { "2011-12-30": "00:00-24:00" },
    });
    expect(stateAt(hours, at("2011-12-30T09:59:59Z"), null).state).toBe("closed");
    expect(stateAt(hours, at("2011-12-30T10:00:00Z"), null).state).toBe("closed");
    expect(wallClock("Pacific/Apia", at("2011-12-30T10:00:00Z"))?.day).toBe(dayOfDate("2011-12-31"));
  });
});

describe("the wall clock", () => {
  test("dates_there_and_back_with_their_weekday", () => {
    for (let day = dayOfDate("1899-12-28"); day < dayOfDate("2101-01-05"); day++) {
      const expected = new Date(day * 86_400_000);
      if (
        dateText(day) === expected.toISOString().slice(0, 10) &&
        weekdayOf(day) === (expected.getUTCDay() + 6) % 7
      )
        continue;
      expect.unreachable(`day ${day} is ${dateText(day)}`);
    }
  });

  test("the_cache_forgets_neither_side_of_a_change", () => {
    const before = at("2026-03-08T01:59:59-05:00");
    const after = at("2026-03-08T03:00:00-04:00");
    for (const instant of [before, after, before, after]) {
      expect(wallClock("America/New_York", instant)?.minute).toBe(instant === before ? 119 : 180);
    }
  });

  test("knows_zones_by_name", () => {
    expect(["America/New_York", "UTC", "Asia/Kathmandu"].every(isZone)).toBe(true);
    expect(["", "New York", "Mars/Olympus", "../etc/passwd"].some(isZone)).toBe(false);
  });
});
