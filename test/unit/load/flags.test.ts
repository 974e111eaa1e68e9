import { expect, test } from "vitest";
import { firstPort } from "../../../load/flags.ts";

test.each(["1024", "25000", "39100", "50000", "64636"])("a_run_may_have_the_900_ports_from_%s", (text) => {
  expect(firstPort(text)).toBe(Number(text));
});

test.each(["0", "1023", "39101", "40000", "49999", "64637", "x", "2.5", ""])(
  "but_not_those_from_%j",
  (text) => {
    expect(() => firstPort(text)).toThrow(/port/);
  },
);
