import type { TenantId } from "../tenant/tenant-id.ts";
import type { FullScope, Pool, SlotAnswer, SlotRequest } from "./admission.ts";

/** What is in use at the moment of a request, in legs; the leg that asks is not among them. */
export type Use = {
  /** Of the asking tenant, both directions. */
  readonly tenant: number;
  /** Of the asking tenant in the direction asked for. */
  readonly direction: number;
  /** On the trunk asked for, whosever they are. */
  readonly trunk: number;
  /** On all shared trunks together, whosever they are. */
  readonly pool: number;
  /** On shared trunks, of one tenant. */
  readonly poolOf: (tenant: TenantId) => number;
  /** Calls begun within the last second. */
  readonly lastSecond: { readonly tenant: number; readonly trunk: number };
};

/** Whether one more leg has room in every scope; in watch mode it is admitted and the full scope is named. */
export function weigh(request: SlotRequest, use: Use): SlotAnswer {
  const scope = fullScope(request, use);
  if (scope !== null && request.enforce) return { granted: false, scope };
  return { granted: true, wouldRefuse: scope };
}

/**
 * The first scope without room, null when all have some. The tenant's own scopes come first, since no other trunk
 * would help; rates come last, so that a call that is refused anyway is not said to be too fast.
 */
function fullScope({ caps, pool, rates, direction }: SlotRequest, use: Use): FullScope | null {
  if (caps.tenant !== null && use.tenant >= caps.tenant) return "tenant_full";
  if (caps.direction !== null && use.direction >= caps.direction) return `${direction}_full`;
  if (pool !== null && !hasRoom(pool, use)) return "pool_full";
  if (use.trunk >= caps.trunk) return "no_trunk";
  if (rates.tenant !== null && use.lastSecond.tenant >= rates.tenant) return "too_fast";
  if (rates.trunk !== null && use.lastSecond.trunk >= rates.trunk) return "too_fast";
  return null;
}

/** One more leg must leave what others were promised and do not use: used + 1 + Σ max(0, reserved − used) ≤ channels. */
function hasRoom(pool: Pool, use: Use): boolean {
  const promised = pool.reserves.reduce(
    (sum, { tenant, reserved }) => sum + Math.max(0, reserved - use.poolOf(tenant)),
    0,
  );
  return use.pool + 1 + promised <= pool.channels;
}
