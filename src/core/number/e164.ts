import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/min";

/** `+` and 7 to 15 digits, the first not 0 (ITU-T E.164). */
export type E164 = string & { readonly __brand: "E164" };

const E164_SHAPE = /^\+[1-9][0-9]{6,14}$/;

/** How numbers of the North American plan are dialled at home, the trunk prefix 1 left out or not. */
const NANP_AT_HOME = /^1?([2-9][0-9]{9})$/;

/** True for text that is E.164 as it stands; nothing is converted. */
export function isE164(text: string): text is E164 {
  return E164_SHAPE.test(text);
}

/**
 * Reads a number as somebody in `country` would dial it: `+…`, the country's international prefix, the national
 * form with or without its trunk prefix. Returns null for anything that cannot be a telephone number, also for one
 * too short or too long for its country: `5550100` and `442079460000` are nobody's in the US. The library is a
 * hundred times slower than all else here, so a number that is E.164 already or dialled at home in the US or Canada
 * never reaches it: every call has two of them.
 */
export function parseNumber(text: string, country: string): E164 | null {
  if (isE164(text)) return text;
  if (!/^\+?[0-9]{3,20}$/.test(text)) return null;
  const atHome = country === "US" || country === "CA" ? NANP_AT_HOME.exec(text)?.[1] : undefined;
  if (atHome !== undefined) return `+1${atHome}` as E164;
  const parsed = parsePhoneNumberFromString(text, country as CountryCode);
  return parsed?.isPossible() && isE164(parsed.number) ? parsed.number : null;
}

/** Reads a country code and a number without any `+`; null where that country has no number so long. */
export function parseInternational(digits: string): E164 | null {
  const parsed = /^[1-9][0-9]{8,14}$/.test(digits) ? parsePhoneNumberFromString(`+${digits}`) : undefined;
  return parsed?.isPossible() && isE164(parsed.number) ? parsed.number : null;
}
