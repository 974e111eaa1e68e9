import type { Conditions } from "../core/snapshot/conditions.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { LiveView } from "../reports/live.ts";
import type { InUse } from "../simulate/in-use.ts";

/** Whose legs on shared trunks are nobody's: they count for the pool and on no client. */
const NOBODY = "";

/** The running node's numbers as `--in-use` would say them. */
export function inUseOf({ tenants, trunks, slot_store: store }: LiveView): InUse {
  const pool = new Map(tenants.map(({ tenant, pool }) => [tenant, pool] as const));
  const clients = tenants.reduce((sum, tenant) => sum + tenant.pool, 0);
  const shared = trunks.filter(({ tenant }) => tenant === null).reduce((sum, { used }) => sum + used, 0);
  pool.set(NOBODY, Math.max(0, shared - clients));
  return {
    tenants: new Map(
      tenants.flatMap(({ tenant, total, in: inbound, out }) => [
        [tenant, total] as const,
        [`${tenant}/inbound`, inbound] as const,
        [`${tenant}/outbound`, out] as const,
      ]),
    ),
    pool,
    trunks: new Map(trunks.map(({ trunk, used }) => [trunk, used] as const)),
    refused: new Map(trunks.map(({ trunk, refused }) => [trunk, refused] as const)),
    ...(store.state === "ready" ? {} : { unreachable: true }),
  };
}

/** What the running node knows and no file says. */
export function conditionsOfNode({ conditions }: LiveView): Conditions {
  const overrides = Object.entries(conditions.hours_overrides);
  return {
    unhealthyTrunks: new Set(conditions.unhealthy_trunks),
    suspendedTenants: new Set(conditions.suspended_tenants as readonly TenantId[]),
    hoursOverrides: new Map(overrides),
  };
}

/** What makes the node's next decision another than the one that is shown. */
export function differences(view: LiveView, { revision }: Snapshot): string[] {
  const says: string[] = [];
  if (view.revision !== revision)
    says.push(
      `the node runs revision ${view.revision} and these files are ${revision}: reload it to compare`,
    );
  if (view.slot_store.state !== "ready")
    says.push("the node's slot store does not rule now: when_slots_unreachable decides, as it does here");
  return says;
}
