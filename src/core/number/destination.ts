import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { E164 } from "./e164.ts";
import { statesOfAreaCode } from "./nanp-states.ts";

/** Beginnings of E.164 numbers, `+` included. */
export type DestinationRules = { readonly allow: readonly string[]; readonly deny: readonly string[] };

export type DestinationVerdict = { readonly allowed: boolean; readonly says: string };

/**
 * Whether a tenant of `country` may dial `number`. The longest beginning that matches decides, a denial wins a tie.
 * With an `allow` list nothing else is dialled; without one, only the tenant's own country. Premium-rate numbers are
 * dialled only where `allow` names a part of their range: `+1` means a country, not its premium lines.
 */
export function judgeDestination(
  number: E164,
  { allow, deny }: DestinationRules,
  country: string,
): DestinationVerdict {
  const allowed = longestMatch(number, allow);
  const denied = longestMatch(number, deny);
  if (denied !== null && denied.length >= (allowed ?? "").length) {
    return { allowed: false, says: `${number} is denied by ${denied}` };
  }
  const parsed = parsePhoneNumberFromString(number);
  const callingCode = parsed?.countryCallingCode ?? "";
  if (isPremium(number, parsed?.getType())) {
    const named = allowed !== null && namesPremium(allowed, callingCode);
    return named
      ? { allowed: true, says: `${number} is a premium number, allowed by ${allowed}` }
      : { allowed: false, says: `${number} is a premium number and no allow entry names its range` };
  }
  if (allow.length > 0) {
    return allowed === null
      ? { allowed: false, says: `${number} is on no allow entry` }
      : { allowed: true, says: `${number} is allowed by ${allowed}` };
  }
  return (countryOfAreaCode(number) ?? parsed?.country) === country
    ? { allowed: true, says: `${number} is in ${country}` }
    : { allowed: false, says: `${number} is outside ${country} and nothing else is allowed` };
}

/** The library learns of a new area code long after it is dialled; null outside the US and Canada. */
function countryOfAreaCode(number: E164): string | null {
  return number.startsWith("+1") ? (statesOfAreaCode(number.slice(2, 5))?.country ?? null) : null;
}

function longestMatch(number: E164, prefixes: readonly string[]): string | null {
  let longest: string | null = null;
  for (const prefix of prefixes) {
    if (number.startsWith(prefix) && prefix.length > (longest?.length ?? 0)) longest = prefix;
  }
  return longest;
}

/**
 * In +1 the exchange 976 is a premium line in every area code, which the library does not tell; in +44 personal numbers
 * (70) cost what premium ones do and look like mobile ones.
 */
function isPremium(number: E164, type: string | undefined): boolean {
  return type === "PREMIUM_RATE" || /^\+(1(900|[2-9][0-9]{2}976)|4470)/.test(number);
}

/** True when `prefix` reaches so far into the number that somebody meant the premium range by it. */
function namesPremium(prefix: string, callingCode: string): boolean {
  if (callingCode === "1") return /^\+1(900|[2-9][0-9]{2}976)/.test(prefix);
  return prefix.length >= 1 + callingCode.length + 2;
}
