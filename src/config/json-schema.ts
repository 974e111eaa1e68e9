import { z } from "zod";
import { gotoForms, gotoPlace } from "../core/routing/goto-place.ts";
import { targetTypes } from "../core/routing/targets/index.ts";
import { tenantBilling, tenantBillingForms } from "./schema/billing.ts";
import { callingWindow, callingWindowForms } from "./schema/calling-window.ts";
import { whenFull, whenFullForms } from "./schema/limits.ts";
import { systemSchema, tier, tierForms, trunksSchema } from "./schema/system.ts";
import { target, targetSchema } from "./schema/target.ts";
import { tenantSchema } from "./schema/tenant.ts";

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [key: string]: unknown };

/** What editors check the files against, made from the very schemas that read them. */
export function jsonSchemas(): {
  readonly signalbox: JsonSchema;
  readonly trunks: JsonSchema;
  readonly tenant: JsonSchema;
} {
  return { signalbox: toJson(systemSchema), trunks: toJson(trunksSchema), tenant: tenantJson() };
}

function tenantJson(): JsonSchema {
  const kinds = targetTypes.map(({ type, summary }) => {
    return { ...withoutDialect(toJson(targetSchema(type))), description: summary };
  });
  return { ...toJson(tenantSchema), $defs: { target: { anyOf: kinds } } };
}

/** Values whose forms are chosen in code, where a JSON Schema needs them spelt out. */
const CHOSEN = new Map<unknown, () => JsonSchema>([
  [target, () => ({ $ref: "#/$defs/target" })],
  [whenFull, () => anyOf(whenFullForms)],
  [callingWindow, () => anyOf(callingWindowForms)],
  [tier, () => anyOf(tierForms)],
  [gotoPlace, () => anyOf(gotoForms)],
  [tenantBilling, () => anyOf(tenantBillingForms)],
]);

function anyOf(forms: readonly z.ZodType[]): JsonSchema {
  return { anyOf: forms.map((form) => withoutDialect(toJson(form))) };
}

function toJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    reused: "inline",
    override: ({ zodSchema, jsonSchema }) => {
      const chosen = CHOSEN.get(zodSchema)?.();
      if (chosen !== undefined) {
        for (const word of Object.keys(jsonSchema)) if (word !== "description") delete jsonSchema[word];
        Object.assign(jsonSchema, chosen);
      }
      if (jsonSchema.type === "string") Object.assign(jsonSchema, { type: yamlTypes(zodSchema) });
      if (jsonSchema.enum !== undefined) Object.assign(jsonSchema, { enum: yamlWords(jsonSchema.enum) });
    },
  });
}

/** Every scalar is text to us; an editor sees an unquoted `30` as a number and `true` as a boolean. */
function yamlTypes(schema: z.core.$ZodType): string | string[] {
  const takes = (text: string) => z.safeParse(schema, text).success;
  const types = ["string"];
  if (["0", "1", "2", "17", "22", "100", "4711", "1.5"].some(takes)) types.push("number");
  if (takes("true")) types.push("boolean");
  return types.length === 1 ? "string" : types;
}

/** Words as we read them and as an editor sees them unquoted. */
function yamlWords(words: readonly unknown[]): unknown[] {
  const plain = words.flatMap((word): unknown[] => {
    if (word === "true" || word === "false") return [word === "true"];
    return typeof word === "string" && /^[1-9][0-9]*$/.test(word) ? [Number(word)] : [];
  });
  return [...words, ...plain];
}

function withoutDialect({ $schema: _, ...rest }: JsonSchema): JsonSchema {
  return rest;
}
