import { z } from "zod";
import { isE164 } from "../../number/e164.ts";
import type { TargetType } from "../target-type.ts";

export type ForwardSpec = { readonly type: "forward"; readonly number: string };

type Raw = { forward: string };

export const forward: TargetType<"forward", Raw, ForwardSpec> = {
  type: "forward",
  summary: "Calls a number over the tenant's trunks, by the outbound rules and with a slot of its own.",
  schema: () =>
    z.strictObject({
      forward: z.string().refine(isE164, 'must be an E.164 number in quotes, like "+12125550100"'),
    }),
  compile: (raw) => ({ type: "forward", number: raw.forward }),
  references: () => [],
  resolve: (spec) => ({ kind: "forward", number: spec.number, says: `forwards to ${spec.number}` }),
  show: (spec) => ({ forward: spec.number }),
  examples: ['{forward: "+12125550199"}'],
};
