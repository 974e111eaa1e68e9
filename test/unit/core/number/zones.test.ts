import { expect, test } from "vitest";
import { nanpZones } from "../../../../src/core/number/nanp-zones.ts";
import { zonesOf } from "../../../../src/core/number/zones.ts";
import { isZone } from "../../../../src/core/schedule/wall-clock.ts";
import { e164 } from "../../../builders.ts";

test.each([
  ["+12125550100", ["America/New_York"]],
  ["+13125550100", ["America/Chicago"]],
  ["+18505550100", ["America/Chicago", "America/New_York"]],
  ["+16025550100", ["America/Phoenix"]],
  ["+18085550100", ["Pacific/Honolulu"]],
  ["+18005550100", ["America/New_York", "America/Los_Angeles"]],
  ["+442071838750", ["Europe/London"]],
  ["+4930123456", ["Europe/Berlin"]],
])("%s", (number, zones) => {
  for (const zone of zones) expect(zonesOf(e164(number))).toContain(zone);
});

test("a_country_of_many_zones_has_them_all", () => {
  const zones = zonesOf(e164("+61491570156"));
  expect(zones).toContain("Australia/Perth");
  expect(zones).toContain("Australia/Sydney");
});

test("a_satellite_phone_may_be_anywhere", () => {
  expect(zonesOf(e164("+881612345678"))).toEqual([]);
});

test("every_area_code_has_zones_that_exist", () => {
  for (let code = 200; code <= 999; code++) {
    const zones = nanpZones(String(code));
    expect(zones.length).toBeGreaterThan(0);
    for (const zone of zones) expect(isZone(zone), `${code} ${zone}`).toBe(true);
  }
});
