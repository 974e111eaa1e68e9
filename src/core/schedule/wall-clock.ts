/** What the clock on the wall of a zone shows. */
export type WallClock = {
  /** Days since 1970-01-01 on the local calendar. */
  readonly day: number;
  /** Minutes after local midnight, 0 to 1439. */
  readonly minute: number;
};

const DAY_MS = 86_400_000;

/** A stretch of time through which a zone keeps one distance from UTC. */
type Stretch = { readonly from: number; readonly to: number; readonly offsetMs: number };

/** Says what a zone's clock shows, to the second. */
type Clock = Intl.DateTimeFormat;

const zones = new Map<string, { readonly clock: Clock; stretch: Stretch }>();

/** True for a name of the time zone database that this runtime knows. */
export function isZone(name: string): boolean {
  return clockOf(name) !== null;
}

/**
 * The wall clock of `zone` at the instant `now` (epoch ms); null for a zone that does not exist. Asking Intl costs
 * microseconds and every call asks, so the offset is kept for the UTC day it was found for, or for the part of that
 * day on this side of a change.
 */
export function wallClock(zone: string, now: number): WallClock | null {
  let known = zones.get(zone);
  if (known === undefined) {
    const clock = clockOf(zone);
    if (clock === null) return null;
    known = { clock, stretch: stretchAt(clock, now) };
    zones.set(zone, known);
  }
  if (now < known.stretch.from || now >= known.stretch.to) known.stretch = stretchAt(known.clock, now);
  const local = now + known.stretch.offsetMs;
  const day = Math.floor(local / DAY_MS);
  return { day, minute: Math.floor((local - day * DAY_MS) / 60_000) };
}

/** Monday is 0. 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** `20453` → `2025-12-31`. Source: H. Hinnant, "chrono-compatible low-level date algorithms". */
export function dateText(day: number): string {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, "0")}-${twoDigits(month)}-${twoDigits(dayOfMonth)}`;
}

/** `2025-12-31` → `20453`; the text must be a date. */
export function dayOfDate(date: string): number {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function stretchAt(clock: Clock, now: number): Stretch {
  const from = Math.floor(now / DAY_MS) * DAY_MS;
  const to = from + DAY_MS;
  const first = offsetMsAt(clock, from);
  const last = offsetMsAt(clock, to - 1);
  if (first === last) return { from, to, offsetMs: first };
  const change = changeBetween(clock, from, to - 1, first);
  return now < change ? { from, to: change, offsetMs: first } : { from: change, to, offsetMs: last };
}

/** The first instant after `from` whose offset is not `before` any more; no zone changes twice in one UTC day. */
function changeBetween(clock: Clock, from: number, to: number, before: number): number {
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMsAt(clock, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

const SHOWN = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
} as const;

/** Null for a zone that does not exist. */
function clockOf(timeZone: string): Clock | null {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...SHOWN, second: "2-digit" });
  } catch {
    return null;
  }
}

/** What the clock shows, `11/26/2026, 17:58:01`, taken for UTC, is as far from UTC as the zone is. */
function offsetMsAt(clock: Clock, at: number): number {
  const [month = 0, day = 0, year = 0, ...time] = clock.format(at).split(/\D+/).map(Number);
  const [hour = 0, minute = 0, second = 0] = time;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}
