import { z } from "zod";
import { dialplanWord, whole } from "../scalars.ts";
import type { TargetType } from "../target-type.ts";

export type GotoSpec = {
  readonly type: "goto";
  readonly context: string;
  readonly extension: string;
  readonly priority: number;
};

type Raw = { goto: { context: string; extension: string; priority?: number | undefined } };

const byKeys = z.strictObject({
  context: dialplanWord,
  extension: dialplanWord,
  priority: whole(1, 9999).optional(),
});

const asGoto = z.string().regex(/^[^,]+,[^,]+,[0-9]+$/, "must be CONTEXT,EXTENSION,PRIORITY");

export const gotoForms = [byKeys, asGoto] as const;

/** Three keys, or on one line as Goto() has them; with fewer parts Asterisk would mean something else. */
export const gotoPlace = z.preprocess((value) => {
  if (typeof value !== "string" || !asGoto.safeParse(value).success) return value;
  const [context, extension, priority] = value.split(",").map((part) => part.trim());
  return { context, extension, priority };
}, byKeys);

/** Leaves Signalbox for a place in the operator's own dialplan, with the stamp on the channel. */
export const goTo: TargetType<"goto", Raw, GotoSpec> = {
  type: "goto",
  summary: "Hands the call to a context of the operator's own dialplan.",
  schema: () => z.strictObject({ goto: gotoPlace }),
  compile: ({ goto: to }) => ({
    type: "goto",
    context: to.context,
    extension: to.extension,
    priority: to.priority ?? 1,
  }),
  references: (spec) => [{ to: "context", name: spec.context }],
  resolve: ({ context, extension, priority }) => ({
    kind: "perform",
    instruction: { do: "goto", context, extension, priority },
    says: `goes to ${context},${extension},${priority}`,
  }),
  show: ({ context, extension, priority }) => ({ goto: { context, extension, priority } }),
  examples: ["{goto: {context: front-desk, extension: s, priority: 1}}", "{goto: 'front-desk,s,1'}"],
};
