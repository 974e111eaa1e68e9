import type { HolidayPlace } from "./hours.ts";

/** The public holidays of one place in one year: `YYYY-MM-DD` → name. */
export type HolidayYear = {
  readonly place: HolidayPlace;
  readonly year: number;
  readonly days: ReadonlyMap<string, string>;
};

/** Knows every country. */
export type HolidayCalendar = {
  /** True for a place that it has; for any other it would silently answer without holidays. */
  readonly isHolidayPlace: (place: HolidayPlace) => boolean;
  /** Works out one year of one place. */
  readonly holidaysIn: (place: HolidayPlace, year: number) => HolidayYear;
};

/** `US/NY//2026` → the days of that year that are public holidays there, with their names. */
const years = new Map<string, ReadonlyMap<string, string>>();

let calendar: HolidayCalendar | null = null;

function keyOf({ country, state, region }: HolidayPlace, year: number): string {
  return `${country}/${state ?? ""}/${region ?? ""}/${year}`;
}

/**
 * Says which calendar works out the years that nobody has had ready. The one of all countries takes more memory than
 * all else that decides a call, so this file does not bring it along: holidays.ts does.
 */
export function useCalendar(knows: HolidayCalendar): void {
  calendar = knows;
}

function inUse(): HolidayCalendar {
  if (calendar === null) throw new Error("bug: nobody has said which calendar of holidays is to be used");
  return calendar;
}

const places = new Map<string, HolidayPlace | null>();

/** The place whose holidays hold in a state of a country, else those of the whole country; null: the calendar has it not. */
export function holidayPlace(country: string, state: string | null): HolidayPlace | null {
  const key = `${country}/${state ?? ""}`;
  let place = places.get(key);
  if (place === undefined) {
    const candidates = [state, null].map((each) => ({ country, state: each, region: null }));
    place = candidates.find((each) => inUse().isHolidayPlace(each)) ?? null;
    places.set(key, place);
  }
  return place;
}

/**
 * The public holiday that `date` (`YYYY-MM-DD`, the place's own calendar) is at `place`, or null. Substitute days
 * are holidays, and one that is kept for part of a day closes all of it: an exception says otherwise. A year of a
 * place is worked out once, which takes 3 to 90 ms: have it ready with `keepHolidays` before a call asks.
 */
export function holidayOn(place: HolidayPlace, date: string): string | null {
  const year = Number(date.slice(0, 4));
  const known = years.get(keyOf(place, year));
  if (known !== undefined) return known.get(date) ?? null;
  const worked = inUse().holidaysIn(place, year);
  keepHolidays(worked);
  return worked.days.get(date) ?? null;
}

/** True when the next question about that place and year is answered at once. */
export function hasHolidays(place: HolidayPlace, year: number): boolean {
  return years.has(keyOf(place, year));
}

/** Takes over what `holidaysIn` has worked out, here or in another process. */
export function keepHolidays({ place, year, days }: HolidayYear): void {
  years.set(keyOf(place, year), days);
}
