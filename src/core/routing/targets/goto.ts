import type { TargetType } from "../target-type.ts";

export type GotoSpec = {
  readonly type: "goto";
  readonly context: string;
  readonly extension: string;
  readonly priority: number;
};

type Raw = { goto: { context: string; extension: string; priority?: number | undefined } };

/** Leaves Signalbox for a place in the operator's own dialplan, with the stamp on the channel. */
export const goTo: TargetType<"goto", Raw, GotoSpec> = {
  type: "goto",
  summary: "Hands the call to a context of the operator's own dialplan.",
  schema: ({ z, gotoPlace }) => z.strictObject({ goto: gotoPlace }),
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
