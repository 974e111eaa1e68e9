import type { HoursOverride } from "../schedule/hours.ts";
import type { TenantId } from "../tenant/tenant-id.ts";

/** What is true now and stands in no file: set by people and by results, read once by every step. */
export type Conditions = {
  /** Trunks that take no new call at the moment. */
  readonly unhealthyTrunks: ReadonlySet<string>;
  readonly suspendedTenants: ReadonlySet<TenantId>;
  /** `tenant/hours` → what staff have set by phone; wins over the file's own override. */
  readonly hoursOverrides: ReadonlyMap<string, HoursOverride>;
};

export const calmConditions: Conditions = {
  unhealthyTrunks: new Set(),
  suspendedTenants: new Set(),
  hoursOverrides: new Map(),
};
