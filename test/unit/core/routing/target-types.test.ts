import { FAILSAFE_SCHEMA, load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Outcome } from "../../../../src/core/routing/instruction.ts";
import type { TargetPath } from "../../../../src/core/routing/plan.ts";
import {
  referencesOf,
  resolveTarget,
  resumeTarget,
  showTarget,
} from "../../../../src/core/routing/resolve.ts";
import type { RawTarget, ResolveContext } from "../../../../src/core/routing/target-type.ts";
import { type TargetSpec, targetTypes } from "../../../../src/core/routing/targets/index.ts";
import * as words from "../../../../src/core/routing/words.ts";
import { menuWith, path, planWith } from "../../../builders.ts";

/** A nested target of any kind: what the configuration's own schema does with its children, without their depth. */
const nested: z.ZodType<RawTarget> = z.record(z.string(), z.unknown());

/** Compiles an example the way the configuration does, and notes the children it links. */
function compiled(example: string, type: (typeof targetTypes)[number]) {
  const raw: unknown = load(example, { schema: FAILSAFE_SCHEMA });
  const children: TargetPath[] = [];
  const link = (key: string): TargetPath => {
    const child = path(`routes.example.${key}`);
    children.push(child);
    return child;
  };
  const compile = type.compile as (raw: unknown, link: (key: string) => TargetPath) => TargetSpec;
  return { spec: compile(type.schema(words, nested).parse(raw), link), children };
}

const context: ResolveContext = {
  tenant: "apex",
  plan: planWith({
    menus: { welcome: menuWith({ choices: new Map([["1", path("menus.welcome.choices.1")]]) }) },
  }),
  attempt: 1,
  hoursState: () => ({ state: "open", why: "always" }),
  sound: (prompt) => `signalbox/apex/${prompt}` as ReturnType<ResolveContext["sound"]>,
};

const outcomes: readonly Outcome[] = [
  { type: "played" },
  { type: "digits", digits: "1" },
  { type: "digits", digits: "999" },
  { type: "silence" },
  { type: "dialled", status: "ANSWER", cause: 16 },
  { type: "dialled", status: "BUSY", cause: 17 },
  { type: "dialled", status: "NOANSWER", cause: null },
  { type: "queued", status: "TIMEOUT" },
];

const examples = targetTypes.flatMap((type) =>
  type.examples.map((example) => [type.type, example, type] as const),
);

describe("every kind of target", () => {
  test("stands_once_in_the_list_with_a_summary_and_an_example", () => {
    const names = targetTypes.map((type) => type.type);
    expect(new Set(names).size).toBe(names.length);
    for (const type of targetTypes) {
      expect(type.summary).toMatch(/^[A-Z].*\.$/);
      expect(type.examples.length).toBeGreaterThan(0);
    }
  });

  test.each(examples)("%s: %s compiles to its own type", (name, example, type) => {
    expect(compiled(example, type).spec.type).toBe(name);
  });

  test.each(examples)("%s: %s refers to each child it links", (_name, example, type) => {
    const { spec, children } = compiled(example, type);
    const paths = referencesOf(spec).flatMap((reference) =>
      reference.to === "target" ? [reference.path] : [],
    );
    expect(new Set(paths)).toEqual(new Set(children));
    for (const reference of referencesOf(spec)) if ("name" in reference) expect(reference.name).not.toBe("");
  });

  test.each(examples)("%s: %s resolves and says so", (_name, example, type) => {
    const resolution = resolveTarget(compiled(example, type).spec, context);
    expect(["go", "perform", "forward", "end"]).toContain(resolution.kind);
    expect(resolution.says).not.toBe("");
  });

  test.each(examples)("%s: %s goes on after whatever comes back", (_name, example, type) => {
    const { spec } = compiled(example, type);
    for (const outcome of outcomes) expect(resumeTarget(spec, outcome, context).says).not.toBe("");
  });

  test.each(examples)("%s: %s is shown as JSON under its own key", (_name, example, type) => {
    const shown = showTarget(compiled(example, type).spec);
    expect(JSON.parse(JSON.stringify(shown))).toEqual(shown);
    expect(Object.keys(shown)).toEqual([type.type]);
  });

  test.each(examples)("%s: %s is plain data that crosses a worker boundary", (_name, example, type) => {
    const { spec } = compiled(example, type);
    expect(structuredClone(spec)).toEqual(spec);
  });

  test.each(examples)("%s: %s with a key too many is refused", (_name, example, type) => {
    const raw: unknown = load(example, { schema: FAILSAFE_SCHEMA });
    const more = { ...(raw as object), surprise: "yes" };
    expect(type.schema(words, nested).safeParse(more).success).toBe(false);
  });
});
