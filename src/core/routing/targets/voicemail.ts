import type { TargetType } from "../target-type.ts";

export type VoicemailSpec = {
  readonly type: "voicemail";
  readonly mailbox: string;
  readonly greeting: "unavailable" | "busy" | "none";
};

type Raw = { voicemail: string; greeting?: "unavailable" | "busy" | "none" | undefined };

export const voicemail: TargetType<"voicemail", Raw, VoicemailSpec> = {
  type: "voicemail",
  summary: "Takes a message in a mailbox of the tenant's own voicemail context.",
  schema: ({ z }) =>
    z.strictObject({
      voicemail: z.string().regex(/^[0-9A-Za-z_-]{1,40}$/, 'must be one mailbox, like "100"'),
      greeting: z.enum(["unavailable", "busy", "none"]).optional(),
    }),
  compile: (raw) => ({ type: "voicemail", mailbox: raw.voicemail, greeting: raw.greeting ?? "unavailable" }),
  references: (spec) => [{ to: "mailbox", name: spec.mailbox }],
  resolve: (spec, context) => ({
    kind: "perform",
    instruction: { do: "voicemail", mailbox: spec.mailbox, context: context.tenant, greeting: spec.greeting },
    says: `takes a message for mailbox ${spec.mailbox}@${context.tenant}`,
  }),
  show: (spec) => ({ voicemail: spec.mailbox }),
  examples: ["{voicemail: '100'}"],
};
