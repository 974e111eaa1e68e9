import type { PhoneNumber } from "libphonenumber-js/min";

/** The first of the countries that share a code: what is not known to be another's is its own. Those of +1 have tables. */
const MAIN: Readonly<Record<string, string>> = {
  "7": "RU",
  "39": "IT",
  "44": "GB",
  "47": "NO",
  "61": "AU",
  "212": "MA",
  "262": "RE",
  "290": "SH",
  "358": "FI",
  "590": "GP",
  "599": "CW",
};

/**
 * The country of a number as the library has read it, ISO 3166; null where it has none, as satellite phones. Of codes
 * that several share the library names a country only for numbers that it knows, and it learns of new ones late.
 */
export function countryOf(parsed: PhoneNumber | undefined): string | null {
  return parsed?.country ?? MAIN[parsed?.countryCallingCode ?? ""] ?? null;
}
