import { getCountries } from "libphonenumber-js/min";
import { expect, test } from "vitest";
import { nationalForm, nationalLengths } from "../../../../src/core/number/national-form.ts";
import { e164 } from "../../../builders.ts";

test.each([
  ["+12125550100", "US", "2125550100"],
  ["+12125550100", "CA", "2125550100"],
  ["+442079460000", "GB", "02079460000"],
  ["+4930123456", "DE", "030123456"],
  ["+442079460000", "US", "011442079460000"],
  ["+442079460000", "DE", "00442079460000"],
  ["+12125550100", "GB", "0012125550100"],
  ["+9991234567", "US", "9991234567"],
  // Who dials abroad there chooses a carrier by the prefix, and the library knows no usual one.
  ["+12125550100", "BR", "0012125550100"],
  ["+12125550100", "SG", "0012125550100"],
])("%s is dialled in %s as %s", (number, country, expected) => {
  expect(nationalForm(e164(number), country)).toBe(expected);
});

test("in_every_country_a_number_of_any_other_can_be_dialled", () => {
  for (const country of getCountries())
    for (const number of ["+12125550100", "+442079460000", "+6561234567"])
      expect(nationalForm(e164(number), country), `${number} in ${country}`).toMatch(/^[0-9]{8,20}$/);
});

test.each([
  ["US", [10]],
  ["GB", [7, 9, 10]],
  // With its code no number has fewer than 7 digits or more than 15.
  ["DE", [5, 6, 7, 8, 9, 10, 11, 12, 13]],
])("numbers of %s have %j digits behind the code", (country, lengths) => {
  expect(nationalLengths(country)).toEqual(lengths);
});

test("every_country_has_numbers_of_some_length", () => {
  for (const country of getCountries()) expect(nationalLengths(country), country).not.toEqual([]);
});
