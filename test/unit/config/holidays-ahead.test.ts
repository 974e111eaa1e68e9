import { afterEach, expect, test } from "vitest";
import { createHolidaysAhead, wishesOf } from "../../../src/config/holidays-ahead.ts";
import { loadConfiguration } from "../../../src/config/load.ts";
import type { RawCallingWindow } from "../../../src/config/schema/calling-window.ts";
import { hasHolidays, holidayOn } from "../../../src/core/schedule/holiday-years.ts";
import type { Snapshot } from "../../../src/core/snapshot/snapshot.ts";
import { snapshotWith } from "../../builders.ts";
import { policy, windowOf } from "../../outbound-builders.ts";
import { inCheckout } from "../commands/command-line.ts";

const NEW_YORK = { country: "US", state: "NY", region: null };

/** Years that no other question of this file has asked for. */
const in2031 = () => Date.parse("2031-06-01T12:00:00Z");

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

function shipped(): Snapshot {
  const { snapshot } = loadConfiguration(inCheckout("config"), { env: {}, purpose: "check" });
  if (snapshot === null) throw new Error("the shipped configuration has errors");
  return snapshot;
}

test("this_year_and_the_next_are_known_before_a_call_asks", async () => {
  const ahead = createHolidaysAhead(in2031);
  endings.push(ahead.end);
  expect(hasHolidays(NEW_YORK, 2031)).toBe(false);
  ahead.prepare(shipped());
  await ahead.idle();
  expect([2030, 2031, 2032, 2033].map((year) => hasHolidays(NEW_YORK, year))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(holidayOn(NEW_YORK, "2031-07-04")).toBe("Independence Day");
});

test("what_is_known_is_not_asked_for_again", async () => {
  const ahead = createHolidaysAhead(in2031);
  endings.push(ahead.end);
  ahead.prepare(shipped());
  await ahead.idle();
  expect(wishesOf(shipped(), 2031)).toEqual([]);
  expect(wishesOf(shipped(), 2032).every(({ year }) => year === 2033)).toBe(true);
});

test("those_of_everybody_whom_a_calling_window_keeps_from_being_called", () => {
  const window = (raw: RawCallingWindow, allow: readonly string[] = []) => {
    const outbound = { ...policy, callingWindow: windowOf(raw), destinations: { allow, deny: [] } };
    return wishesOf(snapshotWith({ tenants: { apex: { outbound } } }), 2051)
      .filter(({ year }) => year === 2051)
      .map(({ place }) => [place.country, place.state].filter(Boolean).join("/"));
  };
  const day = { from: "08:00", to: "21:00" };
  expect(window(day, ["+1", "+44"])).toEqual([]);
  const everywhere = window({ ...day, holidays: "closed" }, ["+1", "+44"]);
  expect(everywhere).toEqual(expect.arrayContaining(["GB", "US", "CA", "US/NY", "CA/QC"]));
  expect(everywhere).not.toContain("DE");
  expect(window({ ...day, holidays: "closed" })).not.toContain("CA");
  expect(window({ ...day, states: { LA: { holidays: "closed" } } }, ["+1"])).toEqual(["US/LA"]);
});

test("ending_in_the_middle_leaves_nothing_running", async () => {
  const ahead = createHolidaysAhead(() => Date.parse("2041-06-01T12:00:00Z"));
  ahead.prepare(shipped());
  ahead.end();
  await ahead.idle();
  expect(hasHolidays(NEW_YORK, 2041)).toBe(false);
});

test("a_call_that_comes_too_early_works_out_its_own", () => {
  const ahead = createHolidaysAhead(in2031);
  endings.push(ahead.end);
  expect(hasHolidays(NEW_YORK, 2051)).toBe(false);
  expect(holidayOn(NEW_YORK, "2051-07-04")).toBe("Independence Day");
  expect(hasHolidays(NEW_YORK, 2051)).toBe(true);
});
