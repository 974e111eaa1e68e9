/**
 * Reads opening hours as people write them. Knows text and minutes only: no date, no zone, no file. Every answer is
 * a value; what is wrong with a text is said in words that fit behind `file: path: `.
 */
import type { MinuteRange } from "./hours.ts";

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** One thing that is wrong in a week, and the key it stands under. */
export type WeeklyProblem = { readonly key: string; readonly problem: string };

export type ParsedWeek =
  | { readonly ok: true; readonly value: readonly (readonly MinuteRange[])[] }
  | { readonly ok: false; readonly problems: readonly WeeklyProblem[] };

const DAY = 1440;
const DAYS: readonly string[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const TIME = /^([01][0-9]|2[0-3]):([0-5][0-9])$/;

/** `"09:00-18:00"` → `{from: 540, to: 1080}`; an end at or before its start is on the next day. */
export function parseRange(text: string): Parsed<MinuteRange> {
  const [start = "", end = "", ...rest] = text.split("-").map((part) => part.trim());
  const from = minutesOf(start);
  const to = end === "24:00" ? DAY : minutesOf(end);
  if (from === null || to === null || rest.length > 0) {
    const problem = `"${text}" is no range of times; write it like 09:00-18:00, from 00:00 to 24:00`;
    return { ok: false, problem };
  }
  if (from === to) {
    const problem = `"${text}" begins and ends at the same time; write 00:00-24:00 for the whole day`;
    return { ok: false, problem };
  }
  return { ok: true, value: { from, to: to < from ? to + DAY : to } };
}

/** `"fri-mon"` → `[4, 5, 6, 0]`, Monday is 0; `"sat"` → `[5]`; `"daily"` → all seven. */
export function parseDays(key: string): Parsed<readonly number[]> {
  const text = key.trim().toLowerCase();
  if (text === "daily") return { ok: true, value: [0, 1, 2, 3, 4, 5, 6] };
  const [first = "", last = first, ...rest] = text.split("-").map((part) => part.trim());
  const from = DAYS.indexOf(first);
  const to = DAYS.indexOf(last);
  if (from === -1 || to === -1 || rest.length > 0) {
    const problem = `"${key}" is no day; write mon, tue, wed, thu, fri, sat or sun, a range like mon-fri, or daily`;
    return { ok: false, problem };
  }
  const count = ((to - from + 7) % 7) + 1;
  return { ok: true, value: Array.from({ length: count }, (_, step) => (from + step) % 7) };
}

/**
 * The ranges of one day in order: one range or a list; `closed` or an empty list for none. Ranges that overlap are
 * a slip and an error that names both; ranges that touch become one.
 */
export function parseDayRanges(raw: string | readonly string[]): Parsed<readonly MinuteRange[]> {
  if (raw === "closed") return { ok: true, value: [] };
  const ranges: MinuteRange[] = [];
  for (const text of typeof raw === "string" ? [raw] : raw) {
    const parsed = parseRange(text);
    if (!parsed.ok) return parsed;
    const other = ranges.find((range) => range.from < parsed.value.to && parsed.value.from < range.to);
    if (other !== undefined) {
      const problem = `${rangeText(other)} and ${rangeText(parsed.value)} overlap; write one range for both`;
      return { ok: false, problem };
    }
    ranges.push(parsed.value);
  }
  return { ok: true, value: joined(ranges) };
}

/**
 * A week as `weekly:` has it, key → range or ranges, to seven days, Monday first. Keys that name a day twice add up,
 * also where they overlap. All problems are returned at once.
 */
export function parseWeekly(raw: Readonly<Record<string, string | readonly string[]>>): ParsedWeek {
  const week: MinuteRange[][] = DAYS.map(() => []);
  const problems: WeeklyProblem[] = [];
  for (const [key, value] of Object.entries(raw)) {
    const days = parseDays(key);
    const ranges = parseDayRanges(value);
    if (!days.ok) problems.push({ key, problem: days.problem });
    if (!ranges.ok) problems.push({ key, problem: ranges.problem });
    if (days.ok && ranges.ok) for (const day of days.value) week[day]?.push(...ranges.value);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: week.map(joined) };
}

/** True for a date that exists, `YYYY-MM-DD`: the key of an exception. */
export function isDate(text: string): boolean {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

/** `{from: 1320, to: 1560}` → `22:00-02:00`. */
export function rangeText({ from, to }: MinuteRange): string {
  return `${timeText(from)}-${timeText(to > DAY ? to - DAY : to)}`;
}

/** `540` → `09:00`. */
export function timeText(minute: number): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
}

function minutesOf(text: string): number | null {
  const match = TIME.exec(text);
  return match === null ? null : Number(match[1]) * 60 + Number(match[2]);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** In order of their beginning, with those that touch or overlap made one. */
function joined(ranges: readonly MinuteRange[]): MinuteRange[] {
  const result: MinuteRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || range.from > last.to) result.push(range);
    else result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return result;
}
