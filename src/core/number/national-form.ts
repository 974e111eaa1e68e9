import {
  type CountryCode,
  getCountryCallingCode,
  Metadata,
  parsePhoneNumberFromString,
} from "libphonenumber-js/min";
import type { E164 } from "./e164.ts";

/** What the world dials abroad with. Where callers choose a carrier by it (BR, SG, KR), the library names none. */
const USUAL_PREFIX = "00";

/** Digits of an E.164 number. */
const [FEWEST_E164, MOST_E164] = [7, 15];

/**
 * The digits that somebody in `country` dials for `number`: `02079460000` in GB, `00442079460000` in DE. Countries
 * that share a calling code dial one another in the national form. A number the library cannot read keeps its
 * international digits.
 */
export function nationalForm(number: E164, country: string): string {
  const parsed = parsePhoneNumberFromString(number);
  if (parsed === undefined) return number.slice(1);
  const here = country as CountryCode;
  const near = parsed.countryCallingCode === getCountryCallingCode(here);
  // Undefined, whatever its type says, where there is no one prefix for abroad.
  const abroad = (): string | undefined => parsed.format("IDD", { fromCountry: here });
  const text = near ? parsed.formatNational() : (abroad() ?? `${USUAL_PREFIX}${number}`);
  return text.replace(/[^0-9]/g, "");
}

/** How many digits numbers of `country` have behind its code. */
export function nationalLengths(country: string): readonly number[] {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country as CountryCode);
  const lengths = metadata.numberingPlan?.possibleLengths() ?? [];
  const code = getCountryCallingCode(country as CountryCode).length;
  return lengths.filter((length) => code + length >= FEWEST_E164 && code + length <= MOST_E164);
}
