import { describe, expect, test } from "vitest";
import { calledParty, countriesBehind } from "../../../../src/core/number/called-party.ts";
import { nanpStates, statesOfAreaCode } from "../../../../src/core/number/nanp-states.ts";
import { isPlacedAreaCode, nanpZones } from "../../../../src/core/number/nanp-zones.ts";
import { e164 } from "../../../builders.ts";

describe("who is called", () => {
  test.each([
    ["one_state", "+13055550123", { country: "US", states: ["FL"], anyState: false }],
    ["two_zones_of_one_state", "+18505550123", { country: "US", states: ["FL"] }],
    ["two_provinces", "+19025550123", { country: "CA", states: ["NS", "PE"] }],
    ["three_territories", "+18675550123", { country: "CA", states: ["NT", "NU", "YT"] }],
    ["toll_free", "+18005550123", { country: "US", states: [], anyState: true }],
    ["an_area_code_that_is_nobodys", "+12995550123", { states: [], anyState: true }],
    ["another_country_of_the_plan", "+18765550123", { country: "JM", states: [], anyState: false }],
    ["another_country", "+442079460123", { country: "GB", states: [], anyState: false }],
    ["nobody_knows_where", "+881612345678", { country: null, zones: [] }],
  ])("%s", (_, number, party) => {
    expect(calledParty(e164(number))).toMatchObject(party);
  });
});

describe("area codes", () => {
  const codes = Array.from({ length: 800 }, (_, at) => String(at + 200));

  test("that_have_a_state_have_a_zone", () => {
    expect(codes.filter((code) => statesOfAreaCode(code) !== null && !isPlacedAreaCode(code))).toEqual([]);
  });

  test("without_a_state_are_other_countries", () => {
    const others = codes.filter((code) => isPlacedAreaCode(code) && statesOfAreaCode(code) === null);
    const known = (code: string) => calledParty(e164(`+1${code}5550123`)).country;
    expect(others.filter((code) => ["US", "CA"].includes(known(code) ?? ""))).toEqual([]);
  });

  test("of_states_in_one_zone_are_in_that_zone", () => {
    const zoneOf: Readonly<Record<string, string>> = {
      NY: "America/New_York",
      GA: "America/New_York",
      OH: "America/New_York",
      IL: "America/Chicago",
      LA: "America/Chicago",
      CO: "America/Denver",
      CA: "America/Los_Angeles",
      WA: "America/Los_Angeles",
      AB: "America/Edmonton",
    };
    for (const code of codes) {
      for (const state of statesOfAreaCode(code)?.states ?? []) {
        const zone = zoneOf[state];
        if (zone !== undefined) expect(nanpZones(code), code).toEqual([zone]);
      }
    }
  });

  test("every_state_has_one", () => {
    const seen = new Set(codes.flatMap((code) => statesOfAreaCode(code)?.states ?? []));
    expect([...nanpStates.keys()].filter((state) => !seen.has(state))).toEqual([]);
    expect(nanpStates.size).toBe(51 + 13);
  });
});

test("countries_behind_the_beginnings_of_numbers", () => {
  expect(countriesBehind(["+44", "+4930"])).toEqual(expect.arrayContaining(["GB", "GG", "DE"]));
  expect(countriesBehind(["+44", "+4930"])).not.toContain("US");
  expect(countriesBehind(["+1"])).toEqual(expect.arrayContaining(["US", "CA", "JM"]));
});
