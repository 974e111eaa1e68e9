import { DateTime } from "luxon";

const OFFSET = /(Z|[+-][0-9]{2}:?[0-9]{2})$/;
/** None is more than 14 hours. */
const REAL_OFFSET = /(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])$/;

/**
 * Epoch milliseconds of `--at`: with an offset that instant, without one the wall clock of `zone`; null for text that
 * is no moment. A minute that summer time leaves out is read as the one an hour later.
 */
export function parseAt(text: string, zone: string): number | null {
  const written = text.trim().replace(/^([0-9-]{10}) /, "$1T");
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}(T|$)/.test(written)) return null;
  const clock = written.slice(10);
  if (OFFSET.test(clock) && !REAL_OFFSET.test(clock)) return null;
  const at = DateTime.fromISO(written, OFFSET.test(clock) ? { setZone: true } : { zone });
  return at.isValid ? at.toMillis() : null;
}

/** `Mon 2026-11-23 12:00:00 America/New_York` */
export function momentText(now: number, zone: string): string {
  return DateTime.fromMillis(now, { zone, locale: "en" }).toFormat(`ccc yyyy-MM-dd HH:mm:ss '${zone}'`);
}
