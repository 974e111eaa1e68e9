import { z } from "zod";
import { wording } from "./wording.ts";

/** A form that a value can take, or in words why it can take none. */
export type Chosen =
  | { readonly schema: z.ZodType }
  | { readonly problem: string; readonly path?: readonly string[] };

/**
 * A value with several forms, of which `choose` picks one before anything is judged: a mistake is then reported in
 * the words of the form that was meant, and not as the failure of all of them.
 */
export function oneOfForms<Output>(choose: (value: unknown) => Chosen): z.ZodType<Output> {
  return z.any().transform((value: unknown, context): Output => {
    const chosen = choose(value);
    if ("problem" in chosen) {
      const { problem, path = [] } = chosen;
      context.issues.push({ code: "custom", message: problem, path: [...path], input: value });
      return z.NEVER;
    }
    const parsed = chosen.schema.safeParse(value, { error: wording });
    if (parsed.success) return parsed.data as Output;
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as never);
    return z.NEVER;
  });
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
