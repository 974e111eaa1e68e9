import type { Outcome } from "../instruction.ts";
import type { TargetPath } from "../plan.ts";
import type { RawTarget, Resolution, TargetType } from "../target-type.ts";

export type DialSpec = {
  readonly type: "dial";
  /** `PJSIP/100`: technology and endpoint of one of the tenant's own phones. */
  readonly endpoint: string;
  readonly ringSeconds: number;
  readonly noAnswer: TargetPath | null;
  readonly busy: TargetPath | null;
};

type Raw = {
  dial: string;
  ring_seconds?: number | undefined;
  no_answer?: RawTarget | undefined;
  busy?: RawTarget | undefined;
};

/** One endpoint and nothing joined to it: `&` would fork one decision into two legs, `@` or `/` could leave the house. */
const ENDPOINT = /^(PJSIP|SIP|IAX2|Local|DAHDI)\/[A-Za-z0-9_.-]{1,60}(@[A-Za-z0-9_-]{1,60})?$/;

function afterRinging(spec: DialSpec, outcome: Outcome): Resolution {
  const status = outcome.type === "dialled" ? outcome.status : "NOANSWER";
  if (status === "ANSWER") return { kind: "end", cause: 16, says: "the phone answered and the call is over" };
  const busy = status === "BUSY";
  const next = busy ? (spec.busy ?? spec.noAnswer) : spec.noAnswer;
  if (next !== null) return { kind: "go", to: next, says: `${spec.endpoint} gave ${status}` };
  return { kind: "end", cause: busy ? 17 : 19, says: `${spec.endpoint} gave ${status} and nothing follows` };
}

export const dial: TargetType<"dial", Raw, DialSpec> = {
  type: "dial",
  summary: "Rings one of the tenant's own phones; `no_answer` and `busy` say what follows.",
  schema: ({ z, waitSeconds }, target) =>
    z.strictObject({
      dial: z.string().regex(ENDPOINT, "must be one phone, like PJSIP/100 (never two joined by &)"),
      ring_seconds: waitSeconds.optional(),
      no_answer: target.optional(),
      busy: target.optional(),
    }),
  compile: (raw, link) => ({
    type: "dial",
    endpoint: raw.dial,
    ringSeconds: raw.ring_seconds ?? 30,
    noAnswer: raw.no_answer === undefined ? null : link("no_answer", raw.no_answer),
    busy: raw.busy === undefined ? null : link("busy", raw.busy),
  }),
  references: (spec) => [
    { to: "endpoint", name: spec.endpoint },
    ...[spec.noAnswer, spec.busy].flatMap((path) => (path === null ? [] : [{ to: "target", path } as const])),
  ],
  resolve: (spec) => ({
    kind: "perform",
    instruction: {
      do: "dial",
      dial: spec.endpoint,
      ringSeconds: spec.ringSeconds,
      trunk: null,
      callerId: null,
      limitSeconds: null,
      carrier: null,
    },
    says: `rings ${spec.endpoint} for ${spec.ringSeconds} s`,
  }),
  comesBackWith: ["dialled"],
  resume: afterRinging,
  show: (spec) => ({ dial: spec.endpoint }),
  examples: ["{dial: PJSIP/100, ring_seconds: 20, no_answer: {voicemail: '100'}}"],
};
