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
  ["another_that_is_newer_still", "+12735550100", [], [], false],
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
  ["the_caribbean_by_its_code", "+18765550100", ["+1"], [], true],
  ["the_caribbean_is_no_country_that_is_named", "+18765550100", ["US", "CA"], [], false],
  ["a_country_that_is_named", "+14165550100", ["US", "CA"], [], true],
  ["a_country_that_is_named_abroad", "+442071838750", ["US", "GB"], [], true],
  ["an_island_with_a_neighbours_code", "+441534123456", ["GB"], [], false],
  ["toll_free_is_in_every_country_of_its_code", "+18005550100", ["CA"], [], true],
  ["an_unassigned_code_is_too", "+15555550100", ["US"], [], true],
  ["premium_is_not_meant_by_the_name_of_its_country", "+19005550100", ["US"], [], false],
  ["a_country_is_denied_out_of_its_code", "+18765550100", ["+1"], ["JM"], false],
  ["its_neighbours_are_not", "+12125550100", ["+1"], ["JM"], true],
  ["nor_are_the_toll_free_numbers_of_them_all", "+18005550100", ["+1"], ["JM"], true],
  ["also_beside_a_country_that_is_allowed", "+18885550100", ["US", "CA"], ["JM"], true],
  ["toll_free_denied_by_its_code", "+18005550100", ["+1"], ["+1800"], false],
  ["an_area_is_allowed_out_of_a_denied_country", "+18765550100", ["+1", "+1876"], ["JM"], true],
  ["a_country_is_allowed_out_of_a_denied_code", "+18765550100", ["JM"], ["+1"], true],
])("%s", (_, number, allow, deny, allowed) => {
  expect(judgeDestination(e164(number), { allow, deny }, "US").allowed).toBe(allowed);
});
