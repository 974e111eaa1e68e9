import Holidays from "date-holidays";
import { type HolidayYear, useCalendar } from "./holiday-years.ts";
import type { HolidayPlace } from "./hours.ts";
import { dateText, dayOfDate } from "./wall-clock.ts";

const DAY_MS = 86_400_000;

/** In days: what a clock change may take from a holiday's length. */
const CHANGE = 0.1;

/** True for a place that the calendar has; for any other it would silently answer without holidays. */
export function isHolidayPlace(place: HolidayPlace): boolean {
  const calendar = new Holidays();
  const { country, state, region } = place;
  if (!Object.hasOwn(calendar.getCountries(), country)) return false;
  if (state === null) return region === null;
  if (!Object.hasOwn(calendar.getStates(country) ?? {}, state)) return false;
  return region === null || Object.hasOwn(calendar.getRegions(country, state) ?? {}, region);
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

useCalendar({ holidaysIn, isHolidayPlace });
