import { describe, expect, test } from "vitest";
import { soundFile } from "../../../../src/core/callflow/visit.ts";
import { tenantWith } from "../../../builders.ts";

/** What `names` are found as: their files are called as they are. */
const heard = (language: string, own: string | null, ...names: string[]): string => {
  const sounds = Object.fromEntries(names.map((name) => [name, name]));
  return soundFile("closed", language, tenantWith("apex", { language: own, plan: { sounds } }));
};

describe("the file of a prompt", () => {
  test.each([
    ["in_the_calls_language", "fr", "es", ["closed", "es/closed", "fr/closed"], "fr/closed"],
    ["in_the_tenants_where_the_call_has_none", "", "es", ["closed", "es/closed"], "es/closed"],
    ["in_no_language_before_another_than_the_calls", "fr", "es", ["closed", "es/closed"], "closed"],
    ["in_no_language_where_nobody_has_any", "", null, ["closed", "es/closed"], "closed"],
    ["at_its_likely_place_without_a_file", "fr", null, [], "signalbox/apex/closed"],
  ])("%s", (_name, language, own, names, file) => {
    expect(heard(language, own, ...names)).toBe(file);
  });
});
