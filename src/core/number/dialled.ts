import { type CountryCode, getCountryCallingCode, parsePhoneNumberFromString } from "libphonenumber-js/min";
import { type E164, isE164, isSubscriber, ofToday, withOwnCode } from "./e164.ts";

/**
 * Ten digits of the North American plan; neither the area code nor the exchange begins with 0 or 1. 211 to 911 are no
 * area codes and never will be: a carrier that reads `9115550100` from the left may call for help.
 */
const NANP = /^\+1[2-9](?!11)[0-9]{2}[2-9][0-9]{6}$/;

/**
 * What somebody in `country` dials to reach the world, as E.164: `+…`, the international prefix, the national form
 * with or without its trunk prefix. Null for extensions, feature codes, short codes and anything else that is not the
 * whole number of a subscriber: it is judged by its length and never completed or cut.
 */
export function readDialled(text: string, country: string): E164 | null {
  if (!/^\+?[0-9]{3,20}$/.test(text)) return null;
  const read = readHere(text, country);
  if (!text.startsWith("00")) return read;
  // In BR a carrier's code may stand behind 00 and before the country's; one that is also BR's own code is that.
  const own = text.startsWith(`00${getCountryCallingCode(country as CountryCode)}`);
  if (!own && read !== null && isSubscriber(read)) return read;
  // 00 is what lists and diallers write for + in every country, also where people dial something else (AU, KH, US).
  const abroad = readHere(`+${text.slice(2)}`, country);
  return abroad !== null && isSubscriber(abroad) ? abroad : read;
}

function readHere(text: string, country: string): E164 | null {
  if (text.startsWith("+1")) return NANP.test(text) ? (text as E164) : null;
  const own = withOwnCode(text, country);
  if (own !== null) return own;
  const parsed = parsePhoneNumberFromString(text, country as CountryCode);
  if (parsed === undefined || !isE164(parsed.number)) return null;
  const today = ofToday(parsed.number);
  if (today !== parsed.number) return isE164(today) ? today : null;
  if (!parsed.isPossible()) return null;
  if (parsed.number.startsWith("+1") && !NANP.test(parsed.number)) return null;
  return parsed.number;
}
