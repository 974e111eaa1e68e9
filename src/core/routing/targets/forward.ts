import { isE164 } from "../../number/e164.ts";
import type { Outcome } from "../instruction.ts";
import type { TargetPath } from "../plan.ts";
import type { RawTarget, Resolution, TargetType } from "../target-type.ts";

export type ForwardSpec = {
  readonly type: "forward";
  readonly number: string;
  readonly ringSeconds: number;
  /** Also taken when the number could not be dialled at all. */
  readonly noAnswer: TargetPath | null;
  readonly busy: TargetPath | null;
};

type Raw = {
  forward: string;
  ring_seconds?: number | undefined;
  no_answer?: RawTarget | undefined;
  busy?: RawTarget | undefined;
};

/** Only what the last trunk said arrives here; that another is tried first is not the target's business. */
function afterDialling(spec: ForwardSpec, outcome: Outcome): Resolution {
  const status = outcome.type === "dialled" ? outcome.status : "NOANSWER";
  if (status === "ANSWER") return { kind: "end", cause: 16, says: `${spec.number} answered and it is over` };
  const busy = status === "BUSY";
  const next = busy ? (spec.busy ?? spec.noAnswer) : spec.noAnswer;
  if (next !== null) return { kind: "go", to: next, says: `${spec.number} gave ${status}` };
  return { kind: "end", cause: busy ? 17 : 19, says: `${spec.number} gave ${status} and nothing follows` };
}

export const forward: TargetType<"forward", Raw, ForwardSpec> = {
  type: "forward",
  summary:
    "Calls a number over the tenant's trunks, by the outbound rules and with a slot of its own; `no_answer` and `busy` say what follows.",
  schema: ({ z, waitSeconds }, target) =>
    z.strictObject({
      forward: z.string().refine(isE164, 'must be an E.164 number in quotes, like "+12125550100"'),
      ring_seconds: waitSeconds.optional(),
      no_answer: target.optional(),
      busy: target.optional(),
    }),
  compile: (raw, link) => ({
    type: "forward",
    number: raw.forward,
    ringSeconds: raw.ring_seconds ?? 60,
    noAnswer: raw.no_answer === undefined ? null : link("no_answer", raw.no_answer),
    busy: raw.busy === undefined ? null : link("busy", raw.busy),
  }),
  references: (spec) =>
    [spec.noAnswer, spec.busy].flatMap((path) => (path === null ? [] : [{ to: "target", path } as const])),
  resolve: (spec) => ({
    kind: "forward",
    number: spec.number,
    ringSeconds: spec.ringSeconds,
    says: `forwards to ${spec.number}`,
  }),
  comesBackWith: ["dialled"],
  resume: afterDialling,
  show: (spec) => ({ forward: spec.number }),
  examples: [
    '{forward: "+12125550199"}',
    `{forward: "+12125550199", ring_seconds: 20, no_answer: {voicemail: "100"}}`,
  ],
};
