import type { E164 } from "../core/number/e164.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";

/** The port of the do-not-call lists: one for everyone, one for each tenant that has one. */
export type DoNotCallLists = {
  /**
   * Whose list `number` is on. MUST answer from memory, in microseconds: every outbound call asks. The system's list
   * holds for everyone, a tenant's for its own calls only; with both, the tenant's is named. A list that could not be
   * read keeps its last content, and one that never could be is an error of the start, never an empty list.
   */
  readonly listed: (tenant: TenantId, number: E164) => "tenant" | "system" | null;
};
