import type { TargetPath } from "../plan.ts";
import type { RawTarget, TargetType } from "../target-type.ts";

export type QueueSpec = {
  readonly type: "queue";
  readonly queue: string;
  /** Seconds before `timeout` is taken; null: as long as the queue keeps the caller. */
  readonly waitSeconds: number | null;
  readonly timeout: TargetPath | null;
};

type Raw = { queue: string; wait_seconds?: number | undefined; timeout?: RawTarget | undefined };

export const queue: TargetType<"queue", Raw, QueueSpec> = {
  type: "queue",
  summary: "Puts the caller into an Asterisk queue; `timeout` says what follows when nobody answers.",
  schema: ({ z, pbxName, waitSeconds }, target) =>
    z.strictObject({ queue: pbxName, wait_seconds: waitSeconds.optional(), timeout: target.optional() }),
  compile: (raw, link) => ({
    type: "queue",
    queue: raw.queue,
    waitSeconds: raw.wait_seconds ?? null,
    timeout: raw.timeout === undefined ? null : link("timeout", raw.timeout),
  }),
  references: (spec) => [
    { to: "queue", name: spec.queue },
    ...(spec.timeout === null ? [] : [{ to: "target", path: spec.timeout } as const]),
  ],
  resolve: (spec) => ({
    kind: "perform",
    instruction: { do: "queue", queue: spec.queue, waitSeconds: spec.waitSeconds },
    says: `waits in queue ${spec.queue}${spec.waitSeconds === null ? "" : ` for ${spec.waitSeconds} s`}`,
  }),
  comesBackWith: ["queued"],
  resume: (spec, outcome) => {
    const { status, place } = outcome.type === "queued" ? outcome : { status: "UNKNOWN", place: undefined };
    const who = place === undefined ? "" : ` to a caller who had come in at place ${place}`;
    const says = `queue ${spec.queue} gave ${status}${who}`;
    return spec.timeout === null
      ? { kind: "end", cause: 16, says: `${says} and nothing follows` }
      : { kind: "go", to: spec.timeout, says };
  },
  show: (spec) => ({ queue: spec.queue }),
  examples: ["{queue: apex-claims, wait_seconds: 120, timeout: {voicemail: '100'}}"],
};
