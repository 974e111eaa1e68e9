import fc from "fast-check";
import { expect, test } from "vitest";
import type { Hours, MinuteRange } from "../../src/core/schedule/hours.ts";
import { stateAt } from "../../src/core/schedule/schedule.ts";

/** A change of each kind: by an hour and by half of one, at midnight, by two hours, backwards in spring; and none. */
const CHANGES: readonly (readonly [zone: string, change: string])[] = [
  ["America/New_York", "2026-03-08T07:00:00Z"],
  ["America/New_York", "2026-11-01T06:00:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"],
  ["America/Havana", "2026-03-08T05:00:00Z"],
  ["Asia/Beirut", "2026-10-24T21:00:00Z"],
  ["Pacific/Chatham", "2026-09-26T14:00:00Z"],
  ["Antarctica/Troll", "2026-03-29T01:00:00Z"],
  ["Africa/Casablanca", "2026-02-15T02:00:00Z"],
  ["Asia/Kathmandu", "2026-06-01T18:15:00Z"],
];
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const range: fc.Arbitrary<MinuteRange> = fc
  .tuple(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 1, max: 1440 }))
  .map(([from, length]) => ({ from, to: from + length }));
const weekly = fc.array(fc.array(range, { maxLength: 2 }), { minLength: 7, maxLength: 7 });

/** What a clock on the wall of that place shows, by the runtime's own calendar. */
function wallClockOf(zone: string): (now: number) => { readonly day: number; readonly minute: number } {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (now) => {
    const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
    const minute = Number(parts.get("hour")) * 60 + Number(parts.get("minute"));
    return { day: DAYS.indexOf(parts.get("weekday") ?? ""), minute };
  };
}

test.each(CHANGES)("in_%s_around_%s_a_line_is_open_when_the_wall_clock_says_so", (zone, change) => {
  const clock = wallClockOf(zone);
  const minutesFromChange = fc.integer({ min: -1600, max: 1600 });
  fc.assert(
    fc.property(weekly, fc.array(minutesFromChange, { minLength: 40, maxLength: 40 }), (days, minutes) => {
      const hours: Hours = { zone, weekly: days, holidays: null, exceptions: new Map(), override: null };
      const holds = (day: number, minute: number): boolean =>
        (days[(day + 7) % 7] ?? []).some(({ from, to }) => from <= minute && minute < to);
      for (const each of minutes) {
        const now = Date.parse(change) + each * 60_000;
        const { day, minute } = clock(now);
        const open = holds(day, minute) || holds(day - 1, minute + 1440);
        expect([new Date(now).toISOString(), stateAt(hours, now, null).state]).toEqual([
          new Date(now).toISOString(),
          open ? "open" : "closed",
        ]);
      }
    }),
    { numRuns: 40 },
  );
});
