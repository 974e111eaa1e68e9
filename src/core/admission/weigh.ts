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
  /** On all shared trunks that take calls together, whosever they are. */
  readonly pool: number;
  /** On shared trunks, of one tenant. */
  readonly poolOf: (tenant: TenantId) => number;
  /** How many of those on the trunk and of those in the pool are being turned away. */
  readonly refused: { readonly trunk: number; readonly pool: number };
  /** Calls begun within the last second. */
  readonly lastSecond: { readonly tenant: number; readonly trunk: number };
};

/** One scope of a request against what is in use in it. */
export type WeighedScope = {
  readonly of: "tenant" | "direction" | "pool" | "trunk" | "tenant_rate" | "trunk_rate";
  readonly used: number;
  /** Of the pool: what others were promised and do not use; 0 elsewhere. */
  readonly kept: number;
  /** There is room while `used + kept` is below it. */
  readonly limit: number;
  /** How a call is refused when there is no room. */
  readonly scope: FullScope;
  readonly full: boolean;
};

const OF_TRUNKS: ReadonlySet<WeighedScope["of"]> = new Set(["pool", "trunk", "trunk_rate"]);

/** Whether one more leg has room in every scope; in watch mode it is admitted and the full scope is named. */
export function weigh(request: SlotRequest, use: Use): SlotAnswer {
  const full = weighScopes(request, use).filter((each) => each.full);
  const refusing = request.enforce === "trunks" ? full.filter(({ of }) => OF_TRUNKS.has(of)) : full;
  const [first] = refusing;
  if (first !== undefined && request.enforce !== false) return { granted: false, scope: first.scope };
  return { granted: true, wouldRefuse: full[0]?.scope ?? null };
}

/**
 * Every scope that a request has a limit in, in the order of the refusals: the first full one names it. The tenant's
 * own scopes come first, since no other trunk would help; rates come last, so that a call that is refused anyway is
 * not said to be too fast.
 */
export function weighScopes(request: SlotRequest, use: Use): readonly WeighedScope[] {
  const { tenant, caps, pool, rates, direction } = request;
  const weighed: WeighedScope[] = [];
  const add = (of: WeighedScope["of"], scope: FullScope, used: number, limit: number | null, kept = 0) => {
    if (limit !== null) weighed.push({ of, used, kept, limit, scope, full: used + kept >= limit });
  };
  add("tenant", "tenant_full", use.tenant, caps.tenant);
  add("direction", `${direction}_full`, use.direction, caps.direction);
  const reserve = pool !== null && use.poolOf(tenant) < pool.reserved;
  const passing = reserve ? use.refused : { trunk: 0, pool: 0 };
  if (pool !== null) add("pool", "pool_full", use.pool - passing.pool, pool.channels, promised(pool, use));
  add("trunk", "no_trunk", use.trunk - passing.trunk, caps.trunk);
  add("tenant_rate", "too_fast", use.lastSecond.tenant, rates.tenant);
  add("trunk_rate", "too_fast", use.lastSecond.trunk, rates.trunk);
  return weighed;
}

/** One more leg must leave what others were promised and do not use: used + 1 + Σ max(0, reserved − used) ≤ channels. */
function promised(pool: Pool, use: Use): number {
  return pool.reserves.reduce(
    (sum, { tenant, reserved }) => sum + Math.max(0, reserved - use.poolOf(tenant)),
    0,
  );
}
