import { expect, test } from "vitest";
import { readDialled } from "../../../../src/core/number/dialled.ts";

test.each([
  ["2125550100", "US", "+12125550100"],
  ["12125550100", "US", "+12125550100"],
  ["+12125550100", "GB", "+12125550100"],
  ["011442071838750", "US", "+442071838750"],
  ["02071838750", "GB", "+442071838750"],
  ["0012125550100", "DE", "+12125550100"],
  ["491701234567", "DE", "+491701234567"],
  ["62812345678", "ID", "+62812345678"],
  ["5550100", "US", null],
  ["100", "US", null],
  ["8001", "US", null],
  ["0125550100", "US", null],
  ["2121550100", "US", null],
  ["+12121550100", "US", null],
  ["*72", "US", null],
  ["", "US", null],
  ["911", "US", null],
])("%s in %s", (text, country, number) => {
  expect(readDialled(text, country)).toBe(number);
});
