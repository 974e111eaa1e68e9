import type { z } from "zod";
import type { RawTarget } from "../../core/routing/target-type.ts";
import { targetTypes } from "../../core/routing/targets/index.ts";
import * as words from "../../core/routing/words.ts";
import { didYouMean } from "../nearest.ts";
import { isMapping, oneOfForms } from "./delegate.ts";

const names: readonly string[] = targetTypes.map(({ type }) => type);

/** Any kind of target; the key that is present says which. */
export const target: z.ZodType<RawTarget> = oneOfForms<RawTarget>((value) => {
  const kind = kindOf(value);
  return "problem" in kind ? kind : { schema: targetSchema(kind.type) };
});

const schemas = new Map<string, z.ZodType<RawTarget>>();

/** The schema of one kind of target, made once. */
export function targetSchema(type: string): z.ZodType<RawTarget> {
  if (schemas.size === 0) {
    for (const each of targetTypes)
      schemas.set(each.type, each.schema(words, target) as z.ZodType<RawTarget>);
  }
  const schema = schemas.get(type);
  if (schema === undefined) throw new Error(`bug: the target type ${type} is not in targets/index.ts`);
  return schema;
}

type Kind = { readonly type: string } | { readonly problem: string; readonly path?: readonly string[] };

/** The type of a raw target: the one key that names a type. */
export function kindOf(value: unknown): Kind {
  if (value === undefined) return { problem: "is missing: add a target, like {hangup: busy}" };
  if (!isMapping(value)) return { problem: "must be a target, like {menu: welcome} or {hangup: busy}" };
  const keys = Object.keys(value);
  const found = keys.filter((key) => names.includes(key));
  const [type, second] = found;
  if (second !== undefined) return { problem: `names two targets, ${found.join(" and ")}: keep one` };
  if (type !== undefined) return { type };
  const known = `the kinds of target are ${names.join(", ")}`;
  const [only] = keys;
  if (only === undefined) return { problem: `is empty: ${known}` };
  const hint = didYouMean(only, names) || `: ${known}`;
  return { problem: `"${only}" is no kind of target${hint}`, path: [only] };
}
