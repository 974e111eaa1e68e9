import { routePath } from "../plan.ts";
import type { TargetType } from "../target-type.ts";

export type RouteSpec = { readonly type: "route"; readonly route: string };

type Raw = { route: string };

export const route: TargetType<"route", Raw, RouteSpec> = {
  type: "route",
  summary: "Goes on at one of the tenant's named routes.",
  schema: ({ z, name }) => z.strictObject({ route: name }),
  compile: (raw) => ({ type: "route", route: raw.route }),
  references: (spec) => [{ to: "route", name: spec.route }],
  resolve: (spec) => ({ kind: "go", to: routePath(spec.route), says: `takes route ${spec.route}` }),
  show: (spec) => ({ route: spec.route }),
  examples: ["{route: main}"],
};
