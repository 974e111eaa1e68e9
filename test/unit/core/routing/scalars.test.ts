import { describe, expect, test } from "vitest";
import {
  decimal,
  dialplanWord,
  flag,
  name,
  pbxName,
  waitSeconds,
  whole,
} from "../../../../src/core/routing/scalars.ts";

const takes = (schema: { safeParse: (raw: unknown) => { success: boolean } }, raw: unknown) =>
  schema.safeParse(raw).success;

describe("scalars", () => {
  test("a_whole_number_at_its_limits", () => {
    const schema = whole(1, 10);
    expect(["1", "10"].map((text) => schema.parse(text))).toEqual([1, 10]);
    for (const text of ["0", "11", "1.0", "1e1", " 1", "", "0x1", 1]) expect(takes(schema, text)).toBe(false);
  });

  test("a_decimal_number_at_its_limits", () => {
    const schema = decimal(0, 2);
    expect(["0", "2", "0.008"].map((text) => schema.parse(text))).toEqual([0, 2, 0.008]);
    for (const text of ["2.1", "-1", ".5", "1.", "1,5", "NaN", "Infinity"])
      expect(takes(schema, text)).toBe(false);
  });

  test("a_flag_is_true_or_false_and_nothing_else", () => {
    expect([flag.parse("true"), flag.parse("false")]).toEqual([true, false]);
    for (const text of ["yes", "no", "on", "off", "True", "1", true]) expect(takes(flag, text)).toBe(false);
  });

  test("seconds_to_wait", () => {
    for (const text of ["1", "3600"]) expect(takes(waitSeconds, text)).toBe(true);
    for (const text of ["0", "3601"]) expect(takes(waitSeconds, text)).toBe(false);
  });

  test("names", () => {
    for (const text of ["a", "main", "after-hours_2", "9to5", "x".repeat(64)])
      expect(takes(name, text)).toBe(true);
    for (const text of ["", "-a", "_a", "a b", "a.b", "a/b", "ä", "x".repeat(65), "a\n"]) {
      expect(takes(name, text)).toBe(false);
    }
  });

  test("what_reaches_the_dialplan_holds_nothing_it_would_act_on", () => {
    for (const text of ["a,b", "a&b", "a|b", "$" + "{X}", "a)", "a b", "a;b", "a\n", 'a"b', ""]) {
      expect(takes(dialplanWord, text)).toBe(false);
      expect(takes(pbxName, text)).toBe(false);
    }
    for (const text of ["APEX_INBOUND", "apex-claims", "100"]) {
      expect(takes(dialplanWord, text)).toBe(true);
      expect(takes(pbxName, text)).toBe(true);
    }
  });
});
