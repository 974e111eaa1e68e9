import fc from "fast-check";
import { parsePhoneNumberFromString } from "libphonenumber-js/min";
import { describe, expect, test } from "vitest";
import { isE164, parseNumber } from "../../../../src/core/number/e164.ts";

describe("isE164", () => {
  test.each(["+12125550100", "+1234567", "+123456789012345"])("yes %s", (text) => {
    expect(isE164(text)).toBe(true);
  });
  test.each([
    ["without_plus", "12125550100"],
    ["six_digits", "+123456"],
    ["sixteen_digits", "+1234567890123456"],
    ["leading_zero", "+02125550100"],
    ["spaces", "+1 212 555 0100"],
    ["two_plus", "++12125550100"],
    ["line_feed_behind", "+12125550100\n"],
    ["digits_of_another_script", "+١٢١٢٥٥٥٠١٠٠"],
    ["empty", ""],
  ])("no %s", (_name, text) => {
    expect(isE164(text)).toBe(false);
  });
});

describe("parseNumber", () => {
  test.each([
    ["US", "+12125550100", "+12125550100"],
    ["US", "12125550100", "+12125550100"],
    ["US", "2125550100", "+12125550100"],
    ["US", "01112125550100", "+12125550100"],
    ["US", "011442079460000", "+442079460000"],
    ["US", "+442079460000", "+442079460000"],
    ["GB", "02079460000", "+442079460000"],
    ["GB", "00442079460000", "+442079460000"],
    ["GB", "442079460000", "+442079460000"],
    ["GB", "2079460000", "+442079460000"],
    ["DE", "030123456", "+4930123456"],
    ["DE", "004930123456", "+4930123456"],
    ["DE", "4930123456", "+4930123456"],
    ["DE", "01701234567", "+491701234567"],
    ["DE", "0012125550100", "+12125550100"],
    ["DE", "491701234567", "+491701234567"],
    ["DE", "4915112345678", "+4915112345678"],
    ["DE", "493012345678", "+493012345678"],
    ["DE", "491123456", "+49491123456"],
    ["ID", "62812345678", "+62812345678"],
    ["XK", "38344123456", "+38344123456"],
    ["FI", "358233456", "+358358233456"],
    ["SE", "461234567", "+46461234567"],
    ["BR", "55991234567", "+5555991234567"],
    ["IT", "3901234567", "+393901234567"],
    ["IT", "+390612345678", "+390612345678"],
    ["GB", "+4402079460000", "+442079460000"],
    ["US", "+4901701234567", "+491701234567"],
    ["DE", "+420601234567", "+420601234567"],
  ])("%s %s is %s", (country, text, expected) => {
    expect(parseNumber(text, country)).toBe(expected);
  });

  test.each([
    ["too_short_for_its_country", "US", "5550100"],
    ["too_long_for_its_country", "US", "442079460000"],
    ["service_code", "US", "911"],
    ["two_digits", "US", "12"],
    ["more_than_twenty_digits", "US", "123456789012345678901"],
    ["letters", "US", "1800FLOWERS"],
    ["extension", "US", "2125550100x12"],
    ["spaces_are_the_callers_to_remove", "US", "212 555 0100"],
    ["no_such_country", "ZZ", "2125550100"],
    ["empty", "US", ""],
    ["plus_alone", "US", "+"],
  ])("%s is none", (_name, country, text) => {
    expect(parseNumber(text, country)).toBeNull();
  });

  test("whatever_the_text_the_answer_is_e164_or_null", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.stringMatching(/^\+?[0-9]{1,22}$/),
      fc.stringMatching(/^(00|011|0)[0-9]{1,16}$/),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom("US", "DE", "GB", "IT", "XX", ""), (text, country) => {
        const number = parseNumber(text, country);
        expect(number === null || isE164(number)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("numbers_dialled_at_home_in_the_north_american_plan", () => {
  // They are read without the library, which must not be told from what it would have said.
  test.each(["US", "CA"] as const)("%s as the library reads them", (country) => {
    for (let area = 200; area < 1000; area++) {
      for (const rest of ["0000000", "1234567", "5550100", "9765551", "9999999"]) {
        for (const text of [`${area}${rest}`, `1${area}${rest}`]) {
          const parsed = parsePhoneNumberFromString(text, country);
          expect(parseNumber(text, country)).toBe(parsed?.isPossible() ? parsed.number : null);
        }
      }
    }
  });

  test.each([
    ["US", "1125550100"],
    ["US", "12345678901"],
    ["CA", "112125550100"],
    ["JM", "8765550100"],
    ["GB", "2125550100"],
  ] as const)("%s %s as the library reads it", (country, text) => {
    const parsed = parsePhoneNumberFromString(text, country);
    expect(parseNumber(text, country)).toBe(parsed?.isPossible() ? parsed.number : null);
  });
});
