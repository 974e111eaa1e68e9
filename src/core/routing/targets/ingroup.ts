import type { TargetType } from "../target-type.ts";

export type IngroupSpec = { readonly type: "ingroup"; readonly ingroup: string };

type Raw = { ingroup: string };

export const ingroup: TargetType<"ingroup", Raw, IngroupSpec> = {
  type: "ingroup",
  summary: "Hands the call to a VICIdial in-group, by way of the context `signalbox-ingroup`.",
  schema: ({ z, pbxName }) => z.strictObject({ ingroup: pbxName }),
  compile: (raw) => ({ type: "ingroup", ingroup: raw.ingroup }),
  references: (spec) => [{ to: "ingroup", name: spec.ingroup }],
  resolve: (spec) => ({
    kind: "perform",
    instruction: { do: "goto", context: "signalbox-ingroup", extension: spec.ingroup, priority: 1 },
    says: `hands over to in-group ${spec.ingroup}`,
  }),
  show: (spec) => ({ ingroup: spec.ingroup }),
  examples: ["{ingroup: APEX_INBOUND}"],
};
