import { expect, test } from "vitest";
import { endOfChoice } from "../../../../src/core/menu/menu.ts";

test("few_choices_are_complete_when_no_longer_one_begins_with_them", () => {
  expect(endOfChoice(["1", "12", "#"])).toEqual({ prefixes: ["1"], digits: null });
});
test("beginnings_that_do_not_fit_are_replaced_by_the_longest_length", () => {
  const many = Array.from({ length: 400 }, (_, index) => String(1_000_000 + index * 7919));
  expect(endOfChoice(many)).toEqual({ prefixes: [], digits: 7 });
});
