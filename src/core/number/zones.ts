import { parsePhoneNumberFromString } from "libphonenumber-js/min";
import { countryOf } from "./country.ts";
import type { E164 } from "./e164.ts";
import { nanpZones } from "./nanp-zones.ts";

/** What ECMAScript 2025 has and the compiler's library of today lacks. */
type Region = { readonly getTimeZones: () => readonly string[] | undefined };

const zonesByCountry = new Map<string, readonly string[]>();

/**
 * The time zones that the owner of `number` may plausibly be in; empty when nothing can be told, as for satellite
 * phones. Numbers of +1 by their area code, all others by their country: who asks must satisfy every one of them.
 */
export function zonesOf(number: E164): readonly string[] {
  if (number.startsWith("+1")) return nanpZones(number.slice(2, 5));
  const country = countryOf(parsePhoneNumberFromString(number));
  if (country === null) return [];
  let zones = zonesByCountry.get(country);
  if (zones === undefined) {
    const region = new Intl.Locale(`und-${country}`) as unknown as Region;
    zones = region.getTimeZones() ?? [];
    zonesByCountry.set(country, zones);
  }
  return zones;
}
