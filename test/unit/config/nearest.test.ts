import { expect, test } from "vitest";
import { didYouMean, nearest } from "../../../src/config/nearest.ts";

test.each([
  ["welcom", "welcome"],
  ["chanels", "channels"],
  ["uotbound", "outbound"],
  ["Main", "main"],
  ["xyz", null],
  ["a", null],
])("nearest to %s is %s", (text, expected) => {
  expect(nearest(text, ["welcome", "channels", "outbound", "main"])).toBe(expected);
});

test("nothing near says nothing", () => {
  expect(didYouMean("completely-different", ["main"])).toBe("");
  expect(didYouMean("x".repeat(1000), [`${"x".repeat(999)}y`])).toBe("");
});
