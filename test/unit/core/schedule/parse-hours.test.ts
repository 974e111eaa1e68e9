import { describe, expect, test } from "vitest";
import {
  isDate,
  parseDayRanges,
  parseDays,
  parseRange,
  parseWeekly,
  rangeText,
} from "../../../../src/core/schedule/parse-hours.ts";

describe("a range", () => {
  test.each([
    ["09:00-18:00", 540, 1080],
    ["00:00-24:00", 0, 1440],
    ["22:00-02:00", 1320, 1560],
    ["22:00-24:00", 1320, 1440],
    ["22:00-00:00", 1320, 1440],
    ["00:00-00:01", 0, 1],
    ["23:59-23:58", 1439, 2878],
    ["09:00 - 18:00", 540, 1080],
  ])("%s", (text, from, to) => {
    expect(parseRange(text)).toEqual({ ok: true, value: { from, to } });
  });

  test.each([
    "",
    "09:00",
    "9:00-18:00",
    "09:00-18:00-20:00",
    "24:00-09:00",
    "09:00-24:01",
    "09:00-25:00",
    "09:60-10:00",
    "09:00–18:00",
    "-09:00-18:00",
    "09:00-18:00 ;",
    "0x09:00-10:00",
  ])("not_a_range %j", (text) => {
    expect(parseRange(text)).toMatchObject({ ok: false, problem: expect.stringContaining("09:00-18:00") });
  });

  test.each(["09:00-09:00", "00:00-00:00"])("equal_ends_are_an_error %s", (text) => {
    expect(parseRange(text)).toMatchObject({ ok: false, problem: expect.stringContaining("00:00-24:00") });
  });

  test("is_written_as_it_is_read", () => {
    for (const text of ["09:00-18:00", "22:00-02:00", "00:00-24:00"]) {
      const parsed = parseRange(text);
      expect(parsed.ok && rangeText(parsed.value)).toBe(text);
    }
  });
});

describe("days", () => {
  test.each([
    ["mon", [0]],
    ["sun", [6]],
    ["mon-fri", [0, 1, 2, 3, 4]],
    ["fri-mon", [4, 5, 6, 0]],
    ["sun-sat", [6, 0, 1, 2, 3, 4, 5]],
    ["wed-wed", [2]],
    ["daily", [0, 1, 2, 3, 4, 5, 6]],
    ["Mon-Fri", [0, 1, 2, 3, 4]],
  ])("%s", (key, days) => {
    expect(parseDays(key)).toEqual({ ok: true, value: days });
  });

  test.each(["", "monday", "mon-", "-fri", "mon-fri-sun", "mon,tue", "weekdays", "1"])(
    "not_days %j",
    (key) => {
      expect(parseDays(key)).toMatchObject({ ok: false, problem: expect.stringContaining(`"${key}"`) });
    },
  );
});

describe("the ranges of one day", () => {
  test("closed_or_empty_is_none", () => {
    expect(parseDayRanges("closed")).toEqual({ ok: true, value: [] });
    expect(parseDayRanges([])).toEqual({ ok: true, value: [] });
  });

  test("in_order_whatever_the_order_written", () => {
    expect(parseDayRanges(["13:00-17:00", "09:00-12:00"])).toEqual({
      ok: true,
      value: [
        { from: 540, to: 720 },
        { from: 780, to: 1020 },
      ],
    });
  });

  test("touching_ranges_become_one", () => {
    expect(parseDayRanges(["09:00-12:00", "12:00-17:00"])).toEqual({
      ok: true,
      value: [{ from: 540, to: 1020 }],
    });
  });

  test.each([
    [["09:00-12:01", "12:00-17:00"]],
    [["09:00-17:00", "10:00-11:00"]],
    [["10:00-11:00", "10:00-11:00"]],
    [["22:00-02:00", "23:00-24:00"]],
  ])("overlap_is_an_error_that_names_both %j", (texts) => {
    const parsed = parseDayRanges(texts);
    for (const text of texts)
      expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining(text) });
  });
});

describe("a week", () => {
  test("seven_days_monday_first", () => {
    const week = parseWeekly({ "mon-fri": ["09:00-18:00"], sat: "22:00-02:00" });
    const day = [{ from: 540, to: 1080 }];
    expect(week).toEqual({ ok: true, value: [day, day, day, day, day, [{ from: 1320, to: 1560 }], []] });
  });

  test("keys_that_name_a_day_twice_add_up", () => {
    const week = parseWeekly({ daily: "10:00-12:00", mon: "13:00-15:00", "sat-mon": "11:00-12:30" });
    expect(week).toMatchObject({ ok: true });
    if (!week.ok) return;
    expect(week.value.map((day) => day.map(rangeText))).toEqual([
      ["10:00-12:30", "13:00-15:00"],
      ["10:00-12:00"],
      ["10:00-12:00"],
      ["10:00-12:00"],
      ["10:00-12:00"],
      ["10:00-12:30"],
      ["10:00-12:30"],
    ]);
  });

  test("an_empty_week_is_closed", () => {
    expect(parseWeekly({})).toEqual({ ok: true, value: [[], [], [], [], [], [], []] });
  });

  test("every_problem_at_once_with_its_key", () => {
    const week = parseWeekly({ someday: "09:00-10:00", mon: "9-5", tue: "09:00-10:00" });
    expect(week).toMatchObject({ ok: false, problems: [{ key: "someday" }, { key: "mon" }] });
  });
});

describe("dates", () => {
  test.each(["2026-12-24", "2028-02-29", "2000-02-29"])("a_date %s", (text) => {
    expect(isDate(text)).toBe(true);
  });
  test.each([
    "2026-02-29",
    "1900-02-29",
    "2026-13-01",
    "2026-04-31",
    "2026-00-10",
    "2026-1-1",
    "24.12.2026",
    "",
  ])("no_date %j", (text) => {
    expect(isDate(text)).toBe(false);
  });
});
