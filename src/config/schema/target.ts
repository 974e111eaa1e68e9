import type { z } from "zod";
import type { RawTarget } from "../../core/routing/target-type.ts";
import { targetTypes } from "../../core/routing/targets/index.ts";
import * as words from "../../core/routing/words.ts";
import { didYouMean, nearest } from "../nearest.ts";
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

const KNOWN = `the kinds of target are ${names.join(", ")}`;

type Kind = { readonly type: string } | { readonly problem: string; readonly path?: readonly string[] };

/** The type of a raw target: the one key that names a type. */
export function kindOf(value: unknown): Kind {
  if (value === undefined) return { problem: "is missing: add a target, like {hangup: busy}" };
  if (value === "") return { problem: `is empty: ${KNOWN}` };
  if (!isMapping(value)) return { problem: "must be a target, like {menu: welcome} or {hangup: busy}" };
  const keys = Object.keys(value);
  const found = keys.filter((key) => names.includes(key));
  const [type, second] = found;
  if (second !== undefined) return { problem: `names two targets, ${found.join(" and ")}: keep one` };
  if (type !== undefined) return { type };
  // A slip of the finger, wherever it stands among the keys that go with it.
  const only = keys.find((key) => nearest(key, names) !== null) ?? keys[0];
  if (only === undefined) return { problem: `is empty: ${KNOWN}` };
  const hint = didYouMean(only, names) || `: ${KNOWN}`;
  return { problem: `"${only}" is no kind of target${hint}`, path: [only] };
}
