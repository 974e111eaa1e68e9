import { DateTime } from "luxon";

/** A calendar month where the client is. */
export type Month = {
  /** `2026-11` */
  readonly name: string;
  readonly zone: string;
  /** Local dates `YYYY-MM-DD`, half-open. */
  readonly firstDay: string;
  readonly endDay: string;
  /** The same as instants, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
};

/** Null for text that is no month `YYYY-MM`. */
export function monthIn(name: string, zone: string): Month | null {
  if (!/^[0-9]{4}-(0[1-9]|1[0-2])$/.test(name)) return null;
  const written = DateTime.fromISO(`${name}-01`, { zone });
  if (!written.isValid) return null;
  // Both borders are reached from the month before: where the clock shows midnight twice that gives the first one, and a
  // month that begins within the hour that summer time leaves out begins late.
  const first = written.minus({ months: 1 }).plus({ months: 1 }).startOf("month");
  const next = first.plus({ months: 1 }).startOf("month");
  return {
    name,
    zone,
    firstDay: first.toFormat("yyyy-MM-dd"),
    endDay: next.toFormat("yyyy-MM-dd"),
    from: first.toMillis(),
    to: next.toMillis(),
  };
}

/** The month that an instant (epoch milliseconds) falls into in a zone. */
export function monthAt(now: number, zone: string): string {
  return DateTime.fromMillis(now, { zone }).toFormat("yyyy-MM");
}

/** `2026-11-23 12:00:00` on the clock of a zone. */
export function localText(at: number, zone: string): string {
  return DateTime.fromMillis(at, { zone }).toFormat("yyyy-MM-dd HH:mm:ss");
}
