/**
 * Open, closed or holiday: the one answer to that question, at an instant given by the caller. It compares minutes
 * on the tenant's wall clock, so an hour that a clock change repeats counts twice and one that it skips never
 * occurs. It reads no clock and refuses to know what follows from the answer.
 */
import { holidayOn } from "./holiday-years.ts";
import type { Hours, HoursOverride, MinuteRange, OpenState } from "./hours.ts";
import { rangeText, timeText } from "./parse-hours.ts";
import { dateText, dayOfDate, wallClock, weekdayOf } from "./wall-clock.ts";

const DAY = 1440;
const DAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

/** The ranges that begin on one day, and the rule that gave it those. */
type DayPlan = {
  readonly ranges: readonly MinuteRange[];
  /** `exception of 2026-12-24`, `New Year's Day`, `Monday`. */
  readonly rule: string;
  /** What the day is outside its ranges. */
  readonly otherwise: Exclude<OpenState, "open">;
};

/**
 * The state of `hours` at `now` (epoch ms) and why, in a few words. `override` is the one set while running, null
 * for none; it wins over the configured one. Where the zone does not exist, which `check` prevents, it is closed.
 */
export function stateAt(
  hours: Hours,
  now: number,
  override: HoursOverride | null,
): { readonly state: OpenState; readonly why: string } {
  for (const set of [override, hours.override]) {
    if (set !== null && (set.until === null || now < set.until)) {
      return { state: set.state, why: overrideText(set, hours.zone) };
    }
  }
  const clock = wallClock(hours.zone, now);
  if (clock === null) return { state: "closed", why: `the time zone ${hours.zone} does not exist` };
  const it = `it is ${timeText(clock.minute)} in ${hours.zone}`;

  const today = planOf(hours, clock.day);
  const current = rangeAt(today.ranges, clock.minute);
  if (current !== null) return { state: "open", why: `${today.rule} ${rangeText(current)}, ${it}` };

  const yesterday = planOf(hours, clock.day - 1);
  const late = rangeAt(yesterday.ranges, clock.minute + DAY);
  if (late !== null) {
    return { state: "open", why: `${yesterday.rule} ${rangeText(late)} of the day before, ${it}` };
  }
  if (today.otherwise === "holiday") return { state: "holiday", why: today.rule };
  const given = today.ranges.length === 0 ? "closed all day" : today.ranges.map(rangeText).join(", ");
  return { state: "closed", why: `${today.rule} ${given}, ${it}` };
}

/** The ranges that begin on `date` (`YYYY-MM-DD`), overrides aside: what tests look through. */
export function openRangesOfDay(hours: Hours, date: string): readonly MinuteRange[] {
  return planOf(hours, dayOfDate(date)).ranges;
}

function planOf(hours: Hours, day: number): DayPlan {
  const weekday = weekdayOf(day);
  const date = hours.exceptions.size > 0 || hours.holidays !== null ? dateText(day) : "";
  const exception = hours.exceptions.get(date);
  if (exception !== undefined) {
    return { ranges: exception, rule: `exception of ${date}`, otherwise: "closed" };
  }
  const holiday = hours.holidays === null ? null : holidayOn(hours.holidays, date);
  if (holiday !== null) return { ranges: [], rule: holiday, otherwise: "holiday" };
  return { ranges: hours.weekly[weekday] ?? [], rule: DAY_NAMES[weekday] ?? "", otherwise: "closed" };
}

function rangeAt(ranges: readonly MinuteRange[], minute: number): MinuteRange | null {
  return ranges.find((range) => range.from <= minute && minute < range.to) ?? null;
}

function overrideText({ state, until }: HoursOverride, zone: string): string {
  if (until === null) return `${state} by hand until it is taken back`;
  const end = wallClock(zone, until);
  const shown = end === null ? "its end" : `${dateText(end.day)} ${timeText(end.minute)}`;
  return `${state} by hand until ${shown}`;
}
