import { expect, test } from "vitest";
import { jsonSchemas } from "../../../src/config/json-schema.ts";
import { targetTypes } from "../../../src/core/routing/targets/index.ts";

test("a target anywhere is a reference to the one definition of all its kinds", () => {
  const { tenant } = jsonSchemas();
  const { $defs } = tenant as { $defs: { target: { anyOf: { properties: object }[] } } };
  const kinds = $defs.target.anyOf.map(({ properties }) => Object.keys(properties)[0]);
  expect(kinds).toEqual(targetTypes.map(({ type }) => type));
  const text = JSON.stringify(tenant);
  // fallback, per DID, blocked callers, routes, choices, exhausted, and what targets lead to.
  expect(text.match(/"\$ref":"#\/\$defs\/target"/g)?.length).toBeGreaterThanOrEqual(12);
});

test("an unquoted number or word is welcome where its text is", () => {
  const { tenant, trunks } = jsonSchemas();
  const text = JSON.stringify([tenant, trunks]);
  expect(text).toContain('"agents":{"type":["string","number"]');
  expect(text).toContain('"shared":{');
});

test("unknown keys are refused by editors too", () => {
  for (const schema of Object.values(jsonSchemas())) expect(schema.additionalProperties).toBe(false);
});
