import { describe, expect, test } from "vitest";
import { readDid } from "../../../../src/core/number/did.ts";

const known = (...dids: string[]) => {
  const set = new Set<string>(dids);
  return (did: string) => set.has(did);
};
const newYork = known("+12125550100");

describe("every spelling of one number reaches it", () => {
  test.each([
    ["e164", "+12125550100", "US", ""],
    ["without_plus", "12125550100", "US", ""],
    ["ten_digits", "2125550100", "US", ""],
    ["international_prefix", "01112125550100", "US", ""],
    ["carrier_prefix_before_eleven", "777712125550100", "US", "7777"],
    ["carrier_prefix_before_ten", "77772125550100", "US", "7777"],
    ["carrier_prefix_before_e164", "7777+12125550100", "US", "7777"],
    ["carrier_prefix_left_out", "12125550100", "US", "7777"],
    ["carrier_prefix_that_the_number_begins_with", "2125550100", "US", "212"],
    ["without_plus_on_a_foreign_trunk", "12125550100", "GB", ""],
    ["two_zeros_on_a_us_trunk", "0012125550100", "US", ""],
    ["two_zeros_behind_a_carrier_prefix", "77770012125550100", "US", "7777"],
    ["two_zeros_on_a_german_trunk", "0012125550100", "DE", ""],
  ])("%s", (_name, dialled, country, prefix) => {
    expect(readDid(dialled, { country, prefix }, newYork)).toEqual({ did: "+12125550100", known: true });
  });

  test.each([
    ["uk_with_zero", "02079460000", "GB", "+442079460000"],
    ["uk_with_two_zeros", "00442079460000", "GB", "+442079460000"],
    ["uk_without_plus_on_a_us_trunk", "442079460000", "US", "+442079460000"],
    ["german_with_zero", "030123456", "DE", "+4930123456"],
    ["german_with_two_zeros", "004930123456", "DE", "+4930123456"],
    ["german_without_zero", "30123456", "DE", "+4930123456"],
  ])("%s", (_name, dialled, country, did) => {
    expect(readDid(dialled, { country, prefix: "" }, known(did))).toEqual({ did, known: true });
  });
});

describe("which reading wins", () => {
  test("the_one_without_the_carriers_prefix", () => {
    const both = known("+12125550100", "+442125550100");
    expect(readDid("442125550100", { country: "US", prefix: "44" }, both).did).toBe("+12125550100");
  });

  test("the_other_where_only_that_is_known", () => {
    const other = known("+442125550100");
    expect(readDid("442125550100", { country: "US", prefix: "44" }, other)).toEqual({
      did: "+442125550100",
      known: true,
    });
  });

  test("an_unknown_number_is_named_by_its_first_reading", () => {
    expect(readDid("2125550199", { country: "US", prefix: "" }, newYork)).toEqual({
      did: "+12125550199",
      known: false,
    });
  });

  test.each(["", "s", "100", "h", "*21", "0", "sip:2125550100"])("no_number_at_all %j", (dialled) => {
    expect(readDid(dialled, { country: "US", prefix: "" }, () => true)).toEqual({ did: null, known: false });
  });
});

test.each(["+525512345678", "+5215512345678"])("a_mobile_phone_of_mexico_with_its_old_1: %s", (did) => {
  for (const dialled of ["+5215512345678", "5215512345678"])
    expect(readDid(dialled, { country: "MX", prefix: "" }, known(did))).toEqual({ did, known: true });
});
