import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CORE_SCHEMA, load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { type JsonSchema, jsonSchemas } from "../../../src/config/json-schema.ts";
import { targetTypes } from "../../../src/core/routing/targets/index.ts";
import { inCheckout } from "../commands/command-line.ts";
import { problemsOf } from "./json-schema-check.ts";

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
});

test("unknown keys are refused by editors too", () => {
  for (const schema of Object.values(jsonSchemas())) expect(schema.additionalProperties).toBe(false);
});

/** As an editor reads it: `true` is a boolean, 60 a number. */
function typed(text: string): unknown {
  return load(text, { schema: CORE_SCHEMA });
}

function shipped(file: string): unknown {
  return typed(readFileSync(join(inCheckout("config"), file), "utf8"));
}

describe("an editor has nothing against", () => {
  test.each(["signalbox", "trunks"] as const)("the shipped %s.yaml", (kind) => {
    expect(problemsOf(shipped(`${kind}.yaml`), jsonSchemas()[kind])).toEqual([]);
  });

  test.each(readdirSync(inCheckout("config/tenants")))("the shipped tenants/%s", (file) => {
    expect(problemsOf(shipped(`tenants/${file}`), jsonSchemas().tenant)).toEqual([]);
  });

  const pool = '{address: \'127.0.0.3:5060\', shared: true, register: "false", channels: 100, weight: "2"}';
  test.each(["[a, b]", "[[a, b], c]", "[[a]]"])("overflow: %s", (overflow) => {
    const text = `trunks: {a: ${pool}, b: ${pool}, c: ${pool}}\noverflow: ${overflow}\n`;
    expect(problemsOf(typed(text), jsonSchemas().trunks)).toEqual([]);
  });
});

test.each([
  ["shared: maybe", /shared/],
  ["channels: many", /channels/],
  ["colour: red", /colour/],
])("an editor marks %s", (line, says) => {
  const trunks: JsonSchema = jsonSchemas().trunks;
  const text = `trunks: {a: {address: "127.0.0.3:5060", channels: 3, ${line}}}`.replace(
    /channels: 3, (channels)/,
    "$1",
  );
  expect(problemsOf(typed(text), trunks).join("\n")).toMatch(says);
});

test("an editor marks an empty tier", () => {
  const text = "trunks: {a: {address: '127.0.0.3:5060', channels: 3}}\noverflow: [[]]";
  expect(problemsOf(typed(text), jsonSchemas().trunks)).not.toEqual([]);
});
