import type { TargetPath } from "../plan.ts";
import type { RawTarget, TargetType } from "../target-type.ts";

export type AnnounceSpec = {
  readonly type: "announce";
  readonly prompt: string;
  readonly then: TargetPath | null;
};

type Raw = { announce: string; then?: RawTarget | undefined };

export const announce: TargetType<"announce", Raw, AnnounceSpec> = {
  type: "announce",
  summary: "Answers, plays a prompt, then goes to `then` or hangs up.",
  schema: ({ z, name }, target) => z.strictObject({ announce: name, then: target.optional() }),
  compile: (raw, link) => ({
    type: "announce",
    prompt: raw.announce,
    then: raw.then === undefined ? null : link("then", raw.then),
  }),
  references: (spec) => [
    { to: "prompt", name: spec.prompt },
    ...(spec.then === null ? [] : [{ to: "target", path: spec.then } as const]),
  ],
  resolve: (spec, context) => ({
    kind: "perform",
    instruction: { do: "play", files: [context.sound(spec.prompt)] },
    says: `plays ${spec.prompt}`,
  }),
  comesBackWith: ["played"],
  resume: (spec) =>
    spec.then === null
      ? { kind: "end", cause: 16, says: "the announcement is over and nothing follows it" }
      : { kind: "go", to: spec.then, says: "the announcement is over" },
  show: (spec) => ({ announce: spec.prompt }),
  examples: ["{announce: holiday}", "{announce: closed, then: {voicemail: '100'}}"],
};
