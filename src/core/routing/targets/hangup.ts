import type { SchemaWords, TargetType } from "../target-type.ts";

export type HangupSpec = { readonly type: "hangup"; readonly cause: number };

type Raw = { hangup: number };

/** 34 is not among them: VICIdial takes it for a dead trunk and marks the lead (ADR on refusal causes). */
const CAUSES: Readonly<Record<string, number>> = { busy: 17, congestion: 42, normal: 16 };

const hangupCause = ({ z }: SchemaWords) =>
  z
    .string()
    .regex(
      /^(busy|congestion|normal|[1-9][0-9]{0,2})$/,
      "must be busy, congestion, normal or a Q.850 cause from 1 to 127",
    )
    .transform((text) => CAUSES[text] ?? Number(text))
    .refine((cause) => cause <= 127, "must be a Q.850 cause from 1 to 127")
    .refine(
      (cause) => cause !== 34,
      "must not be 34: carriers hear it as they hear 42, and VICIdial takes it for a dead trunk; use congestion",
    );

export const hangup: TargetType<"hangup", Raw, HangupSpec> = {
  type: "hangup",
  summary: "Ends the call with busy, congestion or a cause number.",
  schema: (its) => its.z.strictObject({ hangup: hangupCause(its) }),
  compile: (raw) => ({ type: "hangup", cause: raw.hangup }),
  references: () => [],
  resolve: (spec) => ({ kind: "end", cause: spec.cause, says: `hangs up with cause ${spec.cause}` }),
  show: (spec) => ({ hangup: spec.cause }),
  examples: ["{hangup: busy}", "{hangup: '21'}"],
};
