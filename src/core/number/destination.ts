import {
  type CountryCode,
  getCountryCallingCode,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import { countryOf } from "./country.ts";
import type { E164 } from "./e164.ts";
import { statesOfAreaCode } from "./nanp-states.ts";
import { isPlacedAreaCode } from "./nanp-zones.ts";

/** Beginnings of E.164 numbers, `+` included, and countries (ISO 3166). */
export type DestinationRules = { readonly allow: readonly string[]; readonly deny: readonly string[] };

export type DestinationVerdict = { readonly allowed: boolean; readonly says: string };

/** The codes that all countries of +1 share and whose owners pay. */
const TOLL_FREE = /^\+18(00|22|33|44|55|66|77|88)/;

/** A number as the rules see it. */
type Destination = {
  readonly number: E164;
  readonly callingCode: string;
  /** Null for what all countries of +1 share: toll-free and unassigned codes. */
  readonly country: string | null;
  readonly premium: boolean;
};

/**
 * Whether a tenant of `country` may dial `number`. The longest beginning that matches decides, a denial wins a tie; a
 * country counts as a little longer than the code that it may share with others. With an `allow` list nothing else is
 * dialled; without one, only the tenant's own country. Premium-rate numbers are dialled only where `allow` names a part
 * of their range: `+1` means a country, not its premium lines.
 */
export function judgeDestination(
  number: E164,
  { allow, deny }: DestinationRules,
  country: string,
): DestinationVerdict {
  const destination = readDestination(number);
  const allowed = longestMatch(destination, allow);
  // One island that is denied does not take the toll-free numbers of all countries of +1 with it.
  const denials = TOLL_FREE.test(number) ? deny.filter((entry) => entry.startsWith("+")) : deny;
  const denied = longestMatch(destination, denials);
  if (denied !== null && reach(denied) >= reach(allowed ?? ""))
    return { allowed: false, says: `${number} is denied by ${denied}` };
  if (destination.premium) {
    const named = allowed !== null && namesPremium(allowed, destination.callingCode);
    return named
      ? { allowed: true, says: `${number} is a premium number, allowed by ${allowed}` }
      : { allowed: false, says: `${number} is a premium number and no allow entry names its range` };
  }
  if (allow.length > 0) {
    return allowed === null
      ? { allowed: false, says: `${number} is on no allow entry` }
      : { allowed: true, says: `${number} is allowed by ${allowed}` };
  }
  return isIn(destination, country)
    ? { allowed: true, says: `${number} is in ${country}` }
    : { allowed: false, says: `${number} is outside ${country} and nothing else is allowed` };
}

/** The library learns of a new area code long after it is dialled, so the tables of +1 are asked first. */
function readDestination(number: E164): Destination {
  const parsed = parsePhoneNumberFromString(number);
  const area = number.startsWith("+1") ? number.slice(2, 5) : "";
  const shared = area !== "" && !isPlacedAreaCode(area);
  return {
    number,
    callingCode: parsed?.countryCallingCode ?? "",
    country: shared ? null : (statesOfAreaCode(area)?.country ?? countryOf(parsed) ?? ""),
    premium: isPremium(number, parsed),
  };
}

function isIn({ country, callingCode }: Destination, where: string): boolean {
  return country === null ? getCountryCallingCode(where as CountryCode) === callingCode : country === where;
}

function longestMatch(destination: Destination, entries: readonly string[]): string | null {
  let longest: string | null = null;
  for (const entry of entries) {
    const matches = entry.startsWith("+") ? destination.number.startsWith(entry) : isIn(destination, entry);
    if (matches && reach(entry) > reach(longest ?? "")) longest = entry;
  }
  return longest;
}

/** How much of a number an entry says, in characters. */
function reach(entry: string): number {
  return entry === "" || entry.startsWith("+")
    ? entry.length
    : getCountryCallingCode(entry as CountryCode).length + 1.5;
}

/** In +44 personal numbers (70) cost what premium ones do and look like mobile ones; in +34 the library lacks 905 and 907. */
const MORE_PREMIUM = /^\+(1(900|[2-9][0-9]{2}976)|4470|3490[57])/;

/**
 * Directory enquiries of Europe: dear, and they put callers through to anybody. No number of a subscriber begins so in
 * Germany and Austria, whose switches take no notice of digits behind a number.
 */
const ENQUIRIES = /^118[0-9]{1,3}$/;
const ENQUIRIES_AND_MORE = /^\+4[39]118/;

/** A national number is never shorter. */
const FEWEST_DIGITS = "+49118".length;

/** In +1 the exchange 976 is a premium line in every area code, which the library does not tell. */
function isPremium(number: E164, parsed: PhoneNumber | undefined): boolean {
  const type = parsed?.getType();
  if (type === "PREMIUM_RATE" || MORE_PREMIUM.test(number)) return true;
  if (parsed === undefined || type !== undefined) return false;
  const enquiries = ENQUIRIES.test(parsed.nationalNumber) || ENQUIRIES_AND_MORE.test(number);
  return enquiries || beginsPremium(number);
}

/** Many switches connect a premium number with some digits too many behind it as they do the number. */
function beginsPremium(number: E164): boolean {
  for (let length = number.length - 1; length >= FEWEST_DIGITS; length--) {
    const type = parsePhoneNumberFromString(number.slice(0, length))?.getType();
    if (type !== undefined) return type === "PREMIUM_RATE";
  }
  return false;
}

/** True when `entry` reaches so far into the number that somebody meant the premium range by it. */
function namesPremium(entry: string, callingCode: string): boolean {
  if (callingCode === "1") return /^\+1(900|[2-9][0-9]{2}976)/.test(entry);
  return entry.length >= 1 + callingCode.length + 2;
}
