import { expect, test } from "vitest";
import { judgeDestination } from "../../../../src/core/number/destination.ts";
import { e164 } from "../../../builders.ts";

const UK_PREMIUM = "+449098790879";

test.each<[string, string, readonly string[], readonly string[], boolean]>([
  ["own_country_without_a_list", "+12125550100", [], [], true],
  ["a_neighbour_without_a_list", "+14165550100", [], [], false],
  ["the_caribbean_without_a_list", "+18765550100", [], [], false],
  ["toll_free_without_a_list", "+18005550100", [], [], true],
  ["an_area_code_that_is_new", "+18375550100", [], [], true],
  ["a_neighbours_area_code_that_is_new", "+18795550100", [], [], false],
  ["abroad_without_a_list", "+442071838750", [], [], false],
  ["listed", "+442071838750", ["+1", "+44"], [], true],
  ["unlisted_at_home_when_there_is_a_list", "+12125550100", ["+44"], [], false],
  ["denied_at_home_without_an_allow_list", "+12125550100", [], ["+1212"], false],
  ["the_longer_denial_wins", "+442071838750", ["+44"], ["+4420"], false],
  ["the_longer_allowance_wins", "+442071838750", ["+44207"], ["+44"], true],
  ["a_tie_is_denied", "+442071838750", ["+44"], ["+44"], false],
  ["premium_is_not_meant_by_its_country", "+19005550100", ["+1"], [], false],
  ["nor_the_premium_exchange", "+12129765550", ["+1", "+1212"], [], false],
  ["premium_that_is_named", "+19005550100", ["+1", "+1900"], [], true],
  ["premium_abroad", UK_PREMIUM, ["+44"], [], false],
  ["a_personal_number_that_looks_like_a_mobile_one", "+447012345678", ["+44"], [], false],
  ["a_mobile_number_abroad", "+447912345678", ["+44"], [], true],
  ["premium_abroad_that_is_named", UK_PREMIUM, ["+44909"], [], true],
])("%s", (_, number, allow, deny, allowed) => {
  expect(judgeDestination(e164(number), { allow, deny }, "US").allowed).toBe(allowed);
});
