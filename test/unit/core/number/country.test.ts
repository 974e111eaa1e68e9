import {
  getCountries,
  getCountryCallingCode,
  getExampleNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import { expect, test } from "vitest";
import examples from "../../../../node_modules/libphonenumber-js/examples.mobile.json" with { type: "json" };
import { countryOf } from "../../../../src/core/number/country.ts";

const codes = new Map<string, string[]>();
for (const country of getCountries()) {
  const code = getCountryCallingCode(country);
  codes.set(code, [...(codes.get(code) ?? []), country]);
}
const shared = [...codes].filter(([code, countries]) => code !== "1" && countries.length > 1);

test.each(shared)("of the countries of +%s one has what is not known to be another's", (code, countries) => {
  // No number that is known begins so.
  expect(countries).toContain(countryOf(parsePhoneNumberFromString(`+${code}0000000`)));
});

test.each(getCountries())("a number of %s is its own", (country) => {
  const number = getExampleNumber(country, examples as Parameters<typeof getExampleNumber>[1]);
  expect(countryOf(number)).toBe(country);
});

test("a_satellite_phone_has_none", () => {
  expect(countryOf(parsePhoneNumberFromString("+881612345678"))).toBeNull();
});
