/**
 * Every country of the world, and each way in which its numbers are written there: who dials, who calls and who is on a
 * do-not-call list must be the same subscriber, or a listed number is called.
 */
import { type CountryCode, getCountries, getExampleNumber, type PhoneNumber } from "libphonenumber-js/max";
import { describe, expect, test } from "vitest";
import examples from "../../node_modules/libphonenumber-js/examples.mobile.json" with { type: "json" };
import { readCaller } from "../../src/core/number/caller.ts";
import { readDialled } from "../../src/core/number/dialled.ts";
import { nationalForm } from "../../src/core/number/national-form.ts";
import { NumberLines } from "../../src/core/number/number-lines.ts";
import { e164 } from "../builders.ts";

const subscribers = getCountries().flatMap((country) => {
  const number = getExampleNumber(country, examples as Parameters<typeof getExampleNumber>[1]);
  return number === undefined ? [] : [{ country, number }];
});

/** What people, carriers and lists write for it in its own country. */
function spellings(number: PhoneNumber, country: CountryCode): string[] {
  const national = number.formatNational();
  const code = number.countryCallingCode;
  return [
    number.number,
    number.formatInternational(),
    national,
    number.nationalNumber,
    `${code}${number.nationalNumber}`,
    `00${code}${number.nationalNumber}`,
    number.format("IDD", { fromCountry: country }) ?? "",
  ].filter((text) => text !== "");
}

function listed(text: string, country: string): string | null {
  const keys: number[] = [];
  const lines = new NumberLines(country, (key) => keys.push(key));
  lines.push(Buffer.from(`${text}\n`));
  lines.end();
  return keys[0] === undefined ? null : `+${keys[0]}`;
}

const digitsOf = (text: string): string => text.replace(/[^+0-9]/g, "");

test("there_are_as_many_countries_as_the_world_has", () => {
  expect(subscribers.length).toBeGreaterThan(200);
});

describe.each(subscribers)("$country", ({ country, number }) => {
  test("is_read_alike_however_it_is_written", () => {
    for (const text of spellings(number, country)) {
      const dialled = readDialled(digitsOf(text), country);
      expect([text, dialled]).toEqual([text, number.number]);
      expect([text, listed(text, country)]).toEqual([text, dialled]);
      expect([text, readCaller(text, country)]).toEqual([text, { kind: "number", number: number.number }]);
    }
  });

  test("with_its_trunk_prefix_behind_the_code_it_is_listed_as_it_is_dialled", () => {
    const code = number.countryCallingCode;
    for (const text of [
      `+${code}${digitsOf(number.formatNational())}`,
      `+${code}0${number.nationalNumber}`,
    ]) {
      const dialled = readDialled(text, country);
      if (dialled !== null) expect([text, listed(text, country)]).toEqual([text, dialled]);
    }
  });

  test("its_national_form_leads_back_to_it", () => {
    const national = nationalForm(e164(number.number), country);
    expect(readDialled(national, country)).toBe(number.number);
  });
});

test.each(["MX", "US"])("an_old_mobile_phone_of_mexico_is_the_one_of_today: %s", (country) => {
  for (const text of ["+5215512345678", "+52 1 55 1234 5678", "005215512345678"]) {
    const dialled = readDialled(digitsOf(text), country);
    expect([text, dialled]).toEqual([text, "+525512345678"]);
    expect([text, listed(text, country)]).toEqual([text, dialled]);
    expect([text, readCaller(text, country)]).toEqual([text, { kind: "number", number: dialled }]);
  }
});
