import { parsePhoneNumberFromString as parseExactly } from "libphonenumber-js/max";
import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/min";

/** `+` and 7 to 15 digits, the first not 0 (ITU-T E.164). */
export type E164 = string & { readonly __brand: "E164" };

const E164_SHAPE = /^\+[1-9][0-9]{6,14}$/;

/** How numbers of the North American plan are dialled at home, the trunk prefix 1 left out or not. */
const NANP_AT_HOME = /^1?([2-9][0-9]{9})$/;

/**
 * `+44 (0)20 …` with its brackets lost; some country codes end in 0 themselves, and in Italy it is part of the number.
 * Elsewhere it is an 8 (RU, BY, TM) that people leave in, and in AR the 15 of a mobile phone.
 */
const PREFIX_BEHIND_CODE = /^\+([2-9][0-9](?<!39)[0-9]?0|7[0-9]{11}$|(375|993)8|54[0-9]{12}$|521[0-9]{10}$)/;

/**
 * Until 2019 a 1 stood between Mexico's code and a mobile phone; lists and carriers still write it, and the library reads
 * nothing in it.
 */
const OLD_MOBILE_OF_MEXICO = /^\+521([1-9][0-9]{9})$/;

/** The number of today for one that is written as it was before its country's plan changed. */
export function ofToday(number: string): string {
  return number.replace(OLD_MOBILE_OF_MEXICO, "+52$1");
}

/** True for what the library may read as another number; every other number that is E.164 stands as it is. */
export function mayHoldPrefix(text: string): boolean {
  return PREFIX_BEHIND_CODE.test(text);
}

/** True for a whole number of some country by its numbering plan, not by its length alone. */
export function isSubscriber(number: E164): boolean {
  return parseExactly(number)?.isValid() === true;
}

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
  if (isE164(text)) return mayHoldPrefix(text) ? withoutTrunkPrefix(text) : text;
  if (!/^\+?[0-9]{3,20}$/.test(text)) return null;
  const atHome = country === "US" || country === "CA" ? NANP_AT_HOME.exec(text)?.[1] : undefined;
  if (atHome !== undefined) return `+1${atHome}` as E164;
  const own = withOwnCode(text, country);
  if (own !== null) return own;
  return possible(parsePhoneNumberFromString(text, country as CountryCode));
}

/** The number that was read, when its country has numbers so long, today or before its plan changed. */
function possible(parsed: PhoneNumber | undefined): E164 | null {
  const number = ofToday(parsed?.number ?? "");
  if (!isE164(number)) return null;
  return number !== parsed?.number || parsed.isPossible() ? number : null;
}

/** Reads a country code and a number without any `+`; null where that country has no number so long. */
export function parseInternational(digits: string): E164 | null {
  const parsed = /^[1-9][0-9]{8,14}$/.test(digits) ? parsePhoneNumberFromString(`+${digits}`) : undefined;
  return possible(parsed);
}

function withoutTrunkPrefix(number: E164): E164 {
  const today = ofToday(number);
  if (today !== number && isE164(today)) return today;
  const parsed = parseExactly(number);
  return parsed?.isValid() && isE164(parsed.number) ? parsed.number : number;
}

/** Area code and number without the trunk prefix are shorter where they could be taken for something else. */
const FEWEST_DIGITS_WITH_CODE = 11;

/**
 * Reads the country's own code and a number without any `+`, as carriers and lists write them. `491701234567` is a
 * mobile phone in Germany, and the library takes it for a number in Leer (04 91) that lost its 0. Null in countries
 * where nothing is dialled in front of a number at home: there a national number may begin so itself.
 */
export function withOwnCode(text: string, country: string): E164 | null {
  if (text.length < FEWEST_DIGITS_WITH_CODE || !isSupportedCountry(country)) return null;
  const code = getCountryCallingCode(country);
  if (code === "1" || !text.startsWith(code)) return null;
  const parsed = parseExactly(`+${text}`);
  if (!parsed?.isValid() || !isE164(parsed.number)) return null;
  const atHome = parsed.formatNational().replace(/[^0-9]/g, "");
  return atHome === parsed.nationalNumber ? null : parsed.number;
}
