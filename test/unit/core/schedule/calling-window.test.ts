import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RawCallingWindow } from "../../../../src/config/schema/calling-window.ts";
import {
  type CalledPlace,
  type CallingWindow,
  judgeWindow,
} from "../../../../src/core/schedule/calling-window.ts";
import { at } from "../../../builders.ts";
import { windowOf } from "../../../outbound-builders.ts";

const nowhere: CalledPlace = { country: "US", states: [], anyState: false, zones: ["America/New_York"] };

function judged(raw: RawCallingWindow, place: Partial<CalledPlace>, now: string) {
  const window = windowOf(raw);
  if (window === null) throw new Error("no window");
  return judgeWindow(window, { ...nowhere, ...place }, at(now));
}

const DAY = { from: "08:00", to: "21:00" };
const NIGHT = { weekly: { daily: ["21:00-05:00"] } };

describe("a window", () => {
  test.each([
    ["opens_at_its_start", DAY, "2026-11-23T08:00:00-05:00", true],
    ["is_shut_at_its_end", DAY, "2026-11-23T21:00:00-05:00", false],
    ["past_midnight_in_the_evening", NIGHT, "2026-11-23T23:00:00-05:00", true],
    ["past_midnight_in_the_morning", NIGHT, "2026-11-24T04:59:00-05:00", true],
    ["past_midnight_is_shut_at_its_end", NIGHT, "2026-11-24T05:00:00-05:00", false],
    ["to_midnight", { from: "08:00", to: "24:00" }, "2026-11-23T23:59:00-05:00", true],
    ["from_midnight_on_the_dot", { from: "08:00", to: "24:00" }, "2026-11-24T00:00:00-05:00", false],
    ["of_working_days_on_friday", { ...DAY, days: "mon-fri" }, "2026-11-27T20:59:00-05:00", true],
    ["of_working_days_on_saturday", { ...DAY, days: "mon-fri" }, "2026-11-28T12:00:00-05:00", false],
    [
      "of_a_week_on_its_sunday",
      { weekly: { "mon-sat": ["08:00-21:00"], sun: ["12:00-17:00"] } },
      "2026-11-22T11:59:00-05:00",
      false,
    ],
    [
      "of_a_week_on_its_sunday_afternoon",
      { weekly: { "mon-sat": ["08:00-21:00"], sun: ["12:00-17:00"] } },
      "2026-11-22T12:00:00-05:00",
      true,
    ],
  ])("%s", (_, window, now, inside) => {
    expect(judged(window, {}, now).inside).toBe(inside);
  });

  test("a_repeated_hour_counts_twice_and_a_missing_one_never", () => {
    const repeated = { from: "01:00", to: "02:00" };
    expect(judged(repeated, {}, "2026-11-01T01:30:00-04:00").inside).toBe(true);
    expect(judged(repeated, {}, "2026-11-01T01:30:00-05:00").inside).toBe(true);
    const missing = { from: "02:00", to: "03:00" };
    expect(judged(missing, {}, "2026-03-08T01:59:59-05:00").inside).toBe(false);
    expect(judged(missing, {}, "2026-03-08T03:00:00-04:00").inside).toBe(false);
  });

  test("must_hold_in_every_zone_and_names_the_first_where_it_does_not", () => {
    const zones = ["America/New_York", "America/Los_Angeles"];
    expect(judged(DAY, { zones }, "2026-11-23T09:05:00-05:00")).toEqual({
      inside: false,
      says: "it is 06:05 in America/Los_Angeles, outside 08:00-21:00",
    });
  });

  test("is_never_open_where_nobody_knows_the_time", () => {
    expect(judged(DAY, { zones: ["Mars/Olympus"] }, "2026-11-23T12:00:00-05:00").inside).toBe(false);
  });
});

const RULES: RawCallingWindow = {
  ...DAY,
  states: { FL: { to: "20:00" }, LA: { days: "mon-sat", holidays: "closed" }, TX: { weekly: { sat: [] } } },
};
const in_ = (...states: string[]) => ({ states });

describe("the rule of a state", () => {
  test.each([
    ["shortens_the_day_there", in_("FL"), "2026-11-23T20:00:00-05:00", false],
    ["and_nowhere_else", in_("GA"), "2026-11-23T20:00:00-05:00", true],
    ["takes_the_rest_from_everywhere_else", in_("FL"), "2026-11-23T07:59:00-05:00", false],
    ["shuts_on_sundays", in_("LA"), "2026-11-22T12:00:00-05:00", false],
    ["is_open_on_its_other_days", in_("LA"), "2026-11-21T12:00:00-05:00", true],
    ["keeps_the_states_own_holidays", in_("LA"), "2026-02-17T12:00:00-05:00", false],
    ["which_are_no_holidays_elsewhere", in_("FL"), "2026-02-17T12:00:00-05:00", true],
    ["of_no_day_at_all_shuts_for_good", in_("TX"), "2026-11-23T12:00:00-05:00", false],
    ["of_each_plausible_state_must_hold", in_("GA", "FL"), "2026-11-23T20:00:00-05:00", false],
    ["holds_for_a_number_that_may_be_anywhere", { anyState: true }, "2026-11-23T12:00:00-05:00", false],
  ])("%s", (_, place, now, inside) => {
    expect(judged(RULES, place, now).inside).toBe(inside);
  });

  test("is_named", () => {
    expect(judged(RULES, in_("FL"), "2026-11-23T20:30:00-05:00").says).toBe(
      "it is 20:30 in America/New_York, outside 08:00-20:00, by the rule for FL",
    );
    expect(judged(RULES, in_("LA"), "2026-11-22T12:00:00-05:00").says).toBe(
      "it is Sunday in America/New_York, and nobody is called then, by the rule for LA",
    );
    expect(judged(RULES, in_("FL"), "2026-11-23T12:00:00-05:00").says).toBe(
      "it may be called now in America/New_York, by the rule for FL",
    );
  });
});

describe("a public holiday", () => {
  const closed = { ...DAY, holidays: "closed" } as const;
  test.each([
    ["of_the_country", { country: "US" }, "2026-11-26T12:00:00-05:00", false],
    ["of_another_country_is_none", { country: "CA" }, "2026-11-26T12:00:00-05:00", true],
    ["of_the_state", { country: "US", ...in_("LA") }, "2026-02-17T12:00:00-05:00", false],
    ["of_another_state_is_none", { country: "US", ...in_("NY") }, "2026-02-17T12:00:00-05:00", true],
    ["is_that_of_the_called_zones_date", { zones: ["Pacific/Honolulu"] }, "2026-11-27T05:00:00Z", false],
    ["of_nowhere_is_none", { country: null }, "2026-12-25T12:00:00-05:00", true],
    ["where_the_calendar_knows_no_such_country", { country: "AQ" }, "2026-12-25T12:00:00-05:00", true],
  ])("%s", (_, place, now, inside) => {
    expect(judged(closed, place, now).inside).toBe(inside);
  });

  test("is_named", () => {
    expect(judged(closed, in_("LA"), "2026-11-26T12:00:00-05:00").says).toBe(
      "it is Thanksgiving Day in US/LA",
    );
  });
});

describe("any window", () => {
  const clock = fc.integer({ min: 0, max: 1439 }).map((minute) => {
    const [hours, minutes] = [Math.floor(minute / 60), minute % 60];
    return `${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
  });
  const days = fc.constantFrom("daily", "mon-fri", "mon-sat", "sun", "fri-mon");
  const rule = fc
    .record({ one: clock, other: clock, days, holidays: fc.constantFrom("open" as const, "closed" as const) })
    .filter(({ one, other }) => one !== other)
    .map(({ one, other, ...rest }) => ({
      from: one < other ? one : other,
      to: one < other ? other : one,
      ...rest,
    }));
  const states = fc.subarray(["FL", "LA", "NY", "TX"]);
  const raw = fc.record({ usual: rule, states: fc.dictionary(fc.constantFrom("FL", "LA", "TX"), rule) });
  const zones = fc.subarray(["America/New_York", "America/Chicago", "Pacific/Honolulu", "Asia/Tokyo"], {
    minLength: 1,
  });
  const moment = fc
    .date({
      min: new Date("2026-01-01T00:00:00Z"),
      max: new Date("2027-12-31T00:00:00Z"),
      noInvalidDate: true,
    })
    .map((date) => date.toISOString());

  const verdict = (
    { usual, states: own }: { usual: object; states: object },
    place: CalledPlace,
    now: string,
  ) =>
    judgeWindow(windowOf({ ...usual, states: own } as RawCallingWindow) as CallingWindow, place, at(now))
      .inside;

  test("allows_what_every_plausible_place_allows_and_nothing_else", () => {
    fc.assert(
      fc.property(raw, states, zones, moment, (drawn, plausible, clocks, now) => {
        const place = { country: "US", anyState: false };
        const alone = plausible.flatMap((state) =>
          clocks.map((zone) => verdict(drawn, { ...place, states: [state], zones: [zone] }, now)),
        );
        const none = clocks.map((zone) => verdict(drawn, { ...place, states: [], zones: [zone] }, now));
        const expected = (plausible.length === 0 ? none : alone).every(Boolean);
        expect(verdict(drawn, { ...place, states: plausible, zones: clocks }, now)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("is_strictest_for_a_number_that_may_be_in_any_state", () => {
    fc.assert(
      fc.property(raw, states, zones, moment, (drawn, plausible, clocks, now) => {
        const place = { country: "US", zones: clocks };
        const anywhere = { ...place, states: [], anyState: true };
        const ruled = plausible.filter((state) => state in drawn.states);
        if (!verdict(drawn, anywhere, now)) return;
        // Holidays of a state without a rule of its own are those of the country here.
        expect(verdict(drawn, { ...place, states: ruled, anyState: false }, now)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
