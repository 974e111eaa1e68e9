import type { MinuteRange } from "../../core/schedule/hours.ts";
import { parseDayRanges, parseDays, rangeText } from "../../core/schedule/parse-hours.ts";
import type { ConfigPath } from "../issue.ts";
import type { RawHours } from "../schema/hours.ts";
import type { Draft } from "./draft.ts";

type RawWeek = NonNullable<RawHours["weekly"]>;

type Warn = (at: ConfigPath, says: string) => void;

/** Weeks, of opening hours and of calling windows, that read as if one key replaced another: keys of a day add up. */
export function checkWeeks({ tenants, report }: Draft): void {
  for (const { file, raw } of tenants) {
    const warn: Warn = (at, says) => report.warn(file, at, says);
    for (const [name, { weekly = {}, exceptions = {} }] of Object.entries(raw.hours ?? {})) {
      checkWeek(weekly, ["hours", name, "weekly"], warn);
      checkLongDays(weekly, ["hours", name, "weekly"], warn);
      checkLongDays(exceptions, ["hours", name, "exceptions"], warn);
      checkYears(exceptions, ["hours", name, "exceptions"], warn);
    }
    const window = raw.calling_window;
    if (window === undefined || window === "none") continue;
    const states = Object.entries(window.states ?? {});
    const weeks = [
      [["calling_window", "weekly"], window.weekly],
      ...states.map(
        ([state, { weekly }]) => [["calling_window", "states", state, "weekly"], weekly] as const,
      ),
    ] as const;
    for (const [at, weekly] of weeks) {
      checkWeek(weekly, at, warn);
      checkNights(weekly, at, warn);
    }
  }
}

/** What one key of a week says. */
type Entry = {
  readonly key: string;
  readonly days: readonly number[];
  readonly ranges: readonly MinuteRange[];
};

function entriesOf(weekly: RawWeek): Entry[] {
  return Object.entries(weekly).flatMap(([key, raw]) => {
    const days = parseDays(key);
    const ranges = parseDayRanges(raw);
    return days.ok && ranges.ok ? [{ key, days: days.value, ranges: ranges.value }] : [];
  });
}

function checkWeek(weekly: RawWeek | undefined, at: ConfigPath, warn: Warn): void {
  const entries = entriesOf(weekly ?? {});
  for (const each of entries) {
    const wider = entries.find((other) => other !== each && isOverruled(each, other));
    if (wider === undefined) continue;
    const says =
      each.ranges.length === 0
        ? `closes nothing, since ${wider.key} opens that too and both add up: write ${wider.key} for the other days only`
        : `takes nothing of ${wider.ranges.map(rangeText).join(" and ")} away, which ${wider.key} opens too, since both add up: where less is meant, write ${wider.key} for the other days only`;
    warn([...at, each.key], says);
  }
}

/** The narrower key reads as if it stood for the wider one on its days, and leaves out some of what that opens. */
function isOverruled(each: Entry, wider: Entry): boolean {
  if (wider.ranges.length === 0 || !each.days.every((day) => wider.days.includes(day))) return false;
  if (each.ranges.length === 0) return true;
  if (each.days.length === wider.days.length) return false;
  const overlaps = wider.ranges.some((one) =>
    each.ranges.some((own) => own.from < one.to && one.from < own.to),
  );
  const isWithin = (one: MinuteRange) => each.ranges.some((own) => own.from <= one.from && one.to <= own.to);
  return overlaps && !wider.ranges.every(isWithin);
}

const NOON = 720;
const DAY = 1440;

/** From a morning to the end of an afternoon, were the clock one of twelve hours; so long a day is hardly ever meant. */
function isTwelveHours({ from, to }: MinuteRange): boolean {
  const [begins, ends] = [from >= 360 && from < NOON, to >= DAY + 180 && to < DAY + 540];
  return begins && ends && to - from >= 1080 && to - from <= 1380;
}

function checkLongDays(days: RawWeek, at: ConfigPath, warn: Warn): void {
  for (const [key, raw] of Object.entries(days)) {
    const ranges = parseDayRanges(raw);
    const long = ranges.ok ? ranges.value.find(isTwelveHours) : undefined;
    if (long === undefined) continue;
    const meant = rangeText({ from: long.from, to: long.to - NOON });
    const says = `${rangeText(long)} goes on until the next morning: write ${meant} where the afternoon is meant`;
    warn([...at, key], says);
  }
}

/** A slip of the finger in a year is a date like any other. */
function checkYears(exceptions: RawWeek, at: ConfigPath, warn: Warn): void {
  for (const date of Object.keys(exceptions)) {
    const year = Number(date.slice(0, 4));
    if (year >= 2000 && year < 2100) continue;
    warn([...at, date], `is a day of the year ${year}: see whether that is meant`);
  }
}

/** A window is there for people to be left alone at night. */
function checkNights(weekly: RawWeek | undefined, at: ConfigPath, warn: Warn): void {
  for (const { key, ranges } of entriesOf(weekly ?? {})) {
    const night = ranges.find(({ to }) => to > DAY);
    if (night === undefined) continue;
    const says = `${rangeText(night)} goes on past midnight, and people are called at night: see that this is meant`;
    warn([...at, key], says);
  }
}
