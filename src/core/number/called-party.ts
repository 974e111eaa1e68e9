import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from "libphonenumber-js/min";
import { countryOf } from "./country.ts";
import type { E164 } from "./e164.ts";
import { statesOfAreaCode } from "./nanp-states.ts";
import { isPlacedAreaCode } from "./nanp-zones.ts";
import { zonesOf } from "./zones.ts";

/** Where the owner of a number may plausibly be. Whoever asks must satisfy every place named here. */
export type CalledParty = {
  /** ISO 3166-1; null when nothing can be told. */
  readonly country: string | null;
  /** States or provinces of that country; empty where they are not known or make no difference. */
  readonly states: readonly string[];
  /** True for toll-free and unassigned codes of the North American plan: any of its states. */
  readonly anyState: boolean;
  /** Empty when nothing can be told, as for satellite phones. */
  readonly zones: readonly string[];
};

/** Numbers of +1 by their area code, all others by their country. */
export function calledParty(number: E164): CalledParty {
  const zones = zonesOf(number);
  const area = number.startsWith("+1") ? number.slice(2, 5) : "";
  const placed = statesOfAreaCode(area);
  if (placed !== null) return { ...placed, anyState: false, zones };
  if (area !== "" && !isPlacedAreaCode(area)) return { country: "US", states: [], anyState: true, zones };
  return { country: countryOf(parsePhoneNumberFromString(number)), states: [], anyState: false, zones };
}

/** Countries that numbers beginning with one of `entries` can belong to, and those named there. */
export function countriesBehind(entries: readonly string[]): readonly string[] {
  const within = (code: string): boolean =>
    entries.some((entry) => entry.startsWith(code) || code.startsWith(entry));
  return getCountries().filter(
    (country: CountryCode) => entries.includes(country) || within(`+${getCountryCallingCode(country)}`),
  );
}
