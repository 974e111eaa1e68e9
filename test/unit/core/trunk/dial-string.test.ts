import { expect, test } from "vitest";
import { dialString, emergencyDialString, numberForTrunk } from "../../../../src/core/trunk/dial-string.ts";
import type { Trunk } from "../../../../src/core/trunk/trunk.ts";
import { e164, trunkWith } from "../../../builders.ts";

const NEW_YORK = "+12125550100";
const LONDON = "+442071838750";

test.each<[string, string, Partial<Trunk>, string]>([
  ["e164", NEW_YORK, { sendAs: "e164" }, "+12125550100"],
  ["international_has_no_plus", NEW_YORK, { sendAs: "international" }, "12125550100"],
  ["national_at_home", NEW_YORK, { sendAs: "national" }, "2125550100"],
  ["national_to_a_neighbour_of_the_same_code", "+14165550100", { sendAs: "national" }, "4165550100"],
  ["national_abroad_is_dialled_as_from_there", LONDON, { sendAs: "national" }, "011442071838750"],
  ["national_keeps_its_trunk_zero", LONDON, { sendAs: "national", country: "GB" }, "02071838750"],
  ["prefix_comes_last", NEW_YORK, { sendAs: "international", prefix: "9" }, "912125550100"],
  ["strip_before_prefix", NEW_YORK, { sendAs: "international", strip: 1, prefix: "00" }, "002125550100"],
  ["strip_takes_the_plus_too", NEW_YORK, { sendAs: "e164", strip: 1 }, "2125550100"],
])("%s", (_, number, trunk, sent) => {
  expect(numberForTrunk(e164(number), trunkWith("carrier", trunk))).toBe(sent);
});

test("each_technology_has_its_order", () => {
  const trunk = trunkWith("pool_a", { endpoint: "carrier-7" });
  expect(dialString(e164(NEW_YORK), trunk, "pjsip")).toBe("PJSIP/+12125550100@carrier-7");
  expect(dialString(e164(NEW_YORK), trunk, "sip")).toBe("SIP/carrier-7/+12125550100");
});

test("an_emergency_number_has_the_prefix_for_it_and_no_other", () => {
  const trunk = trunkWith("pool", { sendAs: "national", strip: 3, prefix: "9" });
  expect(emergencyDialString("911", trunk, "pjsip")).toBe("PJSIP/911@pool");
  expect(emergencyDialString("911", { ...trunk, emergencyPrefix: "12#" }, "sip")).toBe("SIP/pool/12#911");
});
