import Holidays from "date-holidays";
import type { HolidayPlace } from "./hours.ts";
import { dateText, dayOfDate } from "./wall-clock.ts";

const DAY_MS = 86_400_000;

/** In days: what a clock change may take from a holiday's length. */
const CHANGE = 0.1;

/** The public holidays of one place in one year: `YYYY-MM-DD` → name. */
export type HolidayYear = {
  readonly place: HolidayPlace;
  readonly year: number;
  readonly days: ReadonlyMap<string, string>;
};

/** `US/NY//2026` → the days of that year that are public holidays there, with their names. */
const years = new Map<string, ReadonlyMap<string, string>>();

function keyOf({ country, state, region }: HolidayPlace, year: number): string {
  return `${country}/${state ?? ""}/${region ?? ""}/${year}`;
}

/** True for a place that the calendar has; for any other it would silently answer without holidays. */
export function isHolidayPlace(place: HolidayPlace): boolean {
  const calendar = new Holidays();
  const { country, state, region } = place;
  if (!Object.hasOwn(calendar.getCountries(), country)) return false;
  if (state === null) return region === null;
  if (!Object.hasOwn(calendar.getStates(country) ?? {}, state)) return false;
  return region === null || Object.hasOwn(calendar.getRegions(country, state) ?? {}, region);
}

const places = new Map<string, HolidayPlace | null>();

/** The place whose holidays hold in a state of a country, else those of the whole country; null: the calendar has it not. */
export function holidayPlace(country: string, state: string | null): HolidayPlace | null {
  const key = `${country}/${state ?? ""}`;
  let place = places.get(key);
  if (place === undefined) {
    const candidates = [state, null].map((each) => ({ country, state: each, region: null }));
    place = candidates.find(isHolidayPlace) ?? null;
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
  const worked = holidaysIn(place, year);
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

/** Works out one year of one place. */
export function holidaysIn(place: HolidayPlace, year: number): HolidayYear {
  return { place, year, days: daysIn(place, year) };
}

/**
 * Only the written date is used, never the calendar's instants: those are midnights of the place's zone, which is
 * not always the tenant's. A holiday of several days is told from its length.
 */
function daysIn(place: HolidayPlace, year: number): Map<string, string> {
  const options = { types: ["public" as const] };
  const calendar =
    place.state === null
      ? new Holidays(place.country, options)
      : place.region === null
        ? new Holidays(place.country, place.state, options)
        : new Holidays(place.country, place.state, place.region, options);
  // `en-us` in the US, where Labor Day has no u; English all the same where the place has it not.
  const language = calendar.getLanguages().find((each) => each.startsWith("en")) ?? "en";
  const days = new Map<string, string>();
  // The neighbouring years: a holiday at their edge may last or be observed into this one.
  for (const listed of [year - 1, year, year + 1].flatMap((each) => calendar.getHolidays(each, language))) {
    const first = dayOfDate(listed.date.slice(0, 10));
    const length = Math.max(1, Math.floor((listed.end.getTime() - listed.start.getTime()) / DAY_MS + CHANGE));
    for (let day = first; day < first + length; day++) {
      const date = dateText(day);
      if (date.startsWith(`${year}-`) && !days.has(date)) days.set(date, listed.name);
    }
  }
  return days;
}
