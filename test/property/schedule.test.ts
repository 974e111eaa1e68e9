import fc from "fast-check";
import { DateTime } from "luxon";
import { describe, expect, test } from "vitest";
import { holidayOn } from "../../src/core/schedule/holiday-years.ts";
import "../../src/core/schedule/holidays.ts"; // the calendar
import type { Hours, HoursOverride, OpenState } from "../../src/core/schedule/hours.ts";
import { parseRange, parseWeekly } from "../../src/core/schedule/parse-hours.ts";
import { openRangesOfDay, stateAt } from "../../src/core/schedule/schedule.ts";

const DAY_KEYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const MINUTE = 60_000;

type Written = {
  readonly zone: string;
  readonly weekly: Readonly<Record<string, readonly string[]>>;
  readonly holidays: boolean;
  readonly exceptions: Readonly<Record<string, readonly string[]>>;
};

/** Every quarter of an hour, so that ranges often touch one another and the clock changes. */
const time = fc
  .integer({ min: 0, max: 95 })
  .map(
    (quarter) => `${String(quarter >> 2).padStart(2, "0")}:${String((quarter & 3) * 15).padStart(2, "0")}`,
  );
const range = fc
  .tuple(time, fc.oneof(time, fc.constant("24:00")))
  .filter(([from, to]) => from !== to)
  .map(([from, to]) => `${from}-${to}`);
const ranges = fc.array(range, { maxLength: 3 }).map(withoutOverlap);
const dayKey = fc.oneof(
  fc.constantFrom(...DAY_KEYS, "daily"),
  fc.tuple(fc.constantFrom(...DAY_KEYS), fc.constantFrom(...DAY_KEYS)).map(([from, to]) => `${from}-${to}`),
);
const dates = [
  "2026-03-07",
  "2026-03-08",
  "2026-10-31",
  "2026-11-01",
  "2026-12-24",
  "2026-12-25",
  "2026-04-05",
];
const written: fc.Arbitrary<Written> = fc.record({
  zone: fc.constantFrom(
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "America/St_Johns",
    "UTC",
  ),
  weekly: fc.dictionary(dayKey, ranges, { maxKeys: 5 }),
  holidays: fc.boolean(),
  exceptions: fc.dictionary(fc.constantFrom(...dates), ranges, { maxKeys: 3 }),
});

/** Half of all instants near a clock change, a holiday or an exception. */
const instant = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 2) }),
  fc
    .tuple(fc.constantFrom(...dates), fc.integer({ min: -36 * 60, max: 60 * 60 }))
    .map(([date, minutes]) => Date.parse(`${date}T00:00:00Z`) + minutes * MINUTE),
);

function withoutOverlap(texts: readonly string[]): string[] {
  const kept: { readonly text: string; readonly from: number; readonly to: number }[] = [];
  for (const text of texts) {
    const parsed = parseRange(text);
    if (!parsed.ok || kept.some((each) => each.from < parsed.value.to && parsed.value.from < each.to))
      continue;
    kept.push({ text, ...parsed.value });
  }
  return kept.map((each) => each.text);
}

function compiled(from: Written): Hours {
  const week = parseWeekly(from.weekly);
  if (!week.ok) throw new Error(JSON.stringify(week.problems));
  const exceptions = Object.entries(from.exceptions).map(([date, texts]) => {
    const day = texts.map((text) => parseRange(text)).flatMap((each) => (each.ok ? [each.value] : []));
    return [date, day] as const;
  });
  return {
    zone: from.zone,
    weekly: week.value,
    holidays: from.holidays ? { country: "US", state: "NY", region: null } : null,
    exceptions: new Map(exceptions),
    override: null,
  };
}

/**
 * The rules once more, written as differently as can be: text compared with text, the calendar left to luxon, a
 * day's keys looked for by name. Slow, and shares nothing with the code but the list of holidays.
 */
function model(from: Written, now: number): OpenState {
  const local = DateTime.fromMillis(now, { zone: from.zone });
  const clock = local.toFormat("HH:mm");
  const today = local.toISODate() ?? "";
  const yesterday = local.startOf("day").minus({ hours: 1 }).toISODate() ?? "";
  const isHoliday = (date: string) =>
    from.holidays && holidayOn({ country: "US", state: "NY", region: null }, date) !== null;
  const rangesOn = (date: string): (readonly [string, string])[] => {
    const exception = Object.hasOwn(from.exceptions, date) ? from.exceptions[date] : undefined;
    const texts = exception ?? (isHoliday(date) ? [] : weeklyTexts(from.weekly, date));
    return texts.map((text) => [text.slice(0, 5), text.slice(6)] as const);
  };
  const begun = rangesOn(today).some(([start, end]) => clock >= start && (end <= start || clock < end));
  const left = rangesOn(yesterday).some(([start, end]) => end <= start && clock < end);
  if (begun || left) return "open";
  return isHoliday(today) && !Object.hasOwn(from.exceptions, today) ? "holiday" : "closed";
}

function weeklyTexts(weekly: Written["weekly"], date: string): string[] {
  const day = DateTime.fromISO(date, { zone: "UTC" }).setLocale("en").toFormat("ccc").toLowerCase();
  return Object.entries(weekly).flatMap(([key, texts]) => (keyNames(key, day) ? texts : []));
}

function keyNames(key: string, day: string): boolean {
  if (key === "daily") return true;
  const [first, last = first] = key.split("-");
  const twice: readonly string[] = [...DAY_KEYS, ...DAY_KEYS];
  const from = twice.indexOf(first ?? "");
  const to = twice.indexOf(last ?? "", from);
  return twice.slice(from, to + 1).includes(day);
}

describe("opening hours", () => {
  test("agree_with_an_independent_model", () => {
    fc.assert(
      fc.property(written, fc.array(instant, { minLength: 1, maxLength: 20 }), (hours, instants) => {
        const tested = compiled(hours);
        for (const now of instants) {
          const { state, why } = stateAt(tested, now, null);
          expect(`${state} at ${now}`, why).toBe(`${model(hours, now)} at ${now}`);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("every_instant_has_exactly_one_label_and_a_reason", () => {
    fc.assert(
      fc.property(written, fc.double({ min: -8e14, max: 8e14, noNaN: true }), (hours, now) => {
        const { state, why } = stateAt(compiled({ ...hours, holidays: false }), Math.floor(now), null);
        expect(["open", "closed", "holiday"]).toContain(state);
        expect(why).not.toBe("");
      }),
      { numRuns: 300 },
    );
  });

  test("a_week_has_no_overlap_and_nothing_twice", () => {
    fc.assert(
      fc.property(written, (hours) => {
        for (const day of compiled(hours).weekly) {
          for (const [index, each] of day.entries()) {
            expect(each.from >= 0 && each.from < 1440 && each.to > each.from && each.to < 2880).toBe(true);
            const next = day[index + 1];
            if (next !== undefined) expect(each.to).toBeLessThan(next.from);
          }
        }
      }),
    );
  });

  test("a_day_has_no_gap_its_open_minutes_are_its_ranges_and_the_rest_of_the_evening_before", () => {
    fc.assert(
      fc.property(written, fc.constantFrom(...dates), (raw, date) => {
        const hours = { ...compiled(raw), zone: "UTC" };
        const midnight = Date.parse(`${date}T00:00:00Z`);
        const before = openRangesOfDay(hours, new Date(midnight - 1).toISOString().slice(0, 10));
        const own = openRangesOfDay(hours, date);
        let open = 0;
        let expected = 0;
        for (let minute = 0; minute < 1440; minute++) {
          if (stateAt(hours, midnight + minute * MINUTE, null).state === "open") open++;
          const inOwn = own.some((each) => minute >= each.from && minute < each.to);
          const inLate = before.some((each) => minute + 1440 >= each.from && minute + 1440 < each.to);
          if (inOwn || inLate) expected++;
        }
        expect(open).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });

  test("the_label_changes_only_on_a_whole_minute", () => {
    fc.assert(
      fc.property(written, instant, fc.integer({ min: 0, max: 59_999 }), (raw, now, within) => {
        const hours = compiled(raw);
        const minute = Math.floor(now / MINUTE) * MINUTE;
        expect(stateAt(hours, minute + within, null)).toEqual(stateAt(hours, minute, null));
      }),
    );
  });

  test("the_order_of_questions_changes_no_answer", () => {
    fc.assert(
      fc.property(written, fc.array(instant, { minLength: 2, maxLength: 12 }), (raw, instants) => {
        const hours = compiled(raw);
        const forth = instants.map((now) => stateAt(hours, now, null));
        const back = [...instants].reverse().map((now) => stateAt(hours, now, null));
        expect(back.reverse()).toEqual(forth);
      }),
    );
  });

  test("an_override_is_all_there_is_until_it_ends_and_nothing_after", () => {
    const state = fc.constantFrom<OpenState>("open", "closed", "holiday");
    fc.assert(
      fc.property(written, instant, instant, state, (raw, now, until, set) => {
        const hours = compiled(raw);
        const override: HoursOverride = { state: set, until };
        const expected = now < until ? set : stateAt(hours, now, null).state;
        expect(stateAt(hours, now, override).state).toBe(expected);
        expect(stateAt({ ...hours, override }, now, null).state).toBe(expected);
      }),
    );
  });
});
