import type { System, Tenant } from "../../core/snapshot/snapshot.ts";
import type { Trunk } from "../../core/trunk/trunk.ts";
import type { Report } from "../issue.ts";
import type { Purpose } from "../load.ts";
import type { Validated } from "../validate.ts";

/** Everything compiled, before it may become a snapshot. */
export type Draft = {
  readonly validated: Validated;
  readonly system: System;
  readonly trunks: ReadonlyMap<string, Trunk>;
  /** In the order of `validated.tenants`. */
  readonly tenants: readonly Tenant[];
  readonly purpose: Purpose;
  readonly report: Report;
};
