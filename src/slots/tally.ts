/**
 * How many legs each scope holds. It counts what it is told to count and weighs a request against that; who holds
 * which slot is the ledger's business. Every number here equals a recount of the ledger's slots at any time.
 */
import type { SlotCounts } from "../calls/slot-port.ts";
import { type FullScope, openTrunks, type Pool, type SlotRequest } from "../core/admission/admission.ts";
import type { Direction } from "../core/tenant/stamp.ts";
import { arrivalAfter } from "./gcra.ts";

export type TenantTally = { total: number; inbound: number; outbound: number; pool: number; tat: number };
export type TrunkTally = { used: number; refused: number; shared: boolean; tat: number };

/** What of a slot is counted where. */
export type Counted = {
  readonly tenant: TenantTally | null;
  readonly trunk: TrunkTally;
  readonly direction: Direction | null;
  /** It is being turned away. */
  readonly refused: boolean;
};

/** Without a full scope, the arrival times to keep when the slot is taken. */
export type Weighed = {
  readonly full: FullScope | null;
  /** What of it refuses the request; null in watch mode. */
  readonly refuses: FullScope | null;
  readonly tenantTat: number | null;
  readonly trunkTat: number | null;
};

const NO_TRUNKS: readonly string[] = [];

export class Tally {
  readonly #tenants = new Map<string, TenantTally>();
  readonly #trunks = new Map<string, TrunkTally>();
  #pool: readonly string[] = NO_TRUNKS;

  tenant(name: string): TenantTally {
    const found = this.#tenants.get(name);
    if (found !== undefined) return found;
    const made = { total: 0, inbound: 0, outbound: 0, pool: 0, tat: 0 };
    this.#tenants.set(name, made);
    return made;
  }

  trunk(name: string): TrunkTally {
    const found = this.#trunks.get(name);
    if (found !== undefined) return found;
    const made = { used: 0, refused: 0, shared: this.#pool.includes(name), tat: 0 };
    this.#trunks.set(name, made);
    return made;
  }

  count({ tenant, trunk, direction, refused }: Counted, by: 1 | -1): void {
    trunk.used += by;
    if (refused) trunk.refused += by;
    if (tenant === null) return;
    tenant.total += by;
    if (direction !== null) tenant[direction] += by;
    if (trunk.shared) tenant.pool += by;
  }

  /** True when `trunks` is another pool than before: the caller MUST count all slots into it anew. */
  poolIsNew(trunks: readonly string[]): boolean {
    if (trunks === this.#pool) return false;
    const same = trunks.length === this.#pool.length && trunks.every((name, at) => name === this.#pool[at]);
    if (same) this.#pool = trunks;
    return !same;
  }

  /** Makes `trunks` the pool and counts the given slots into it. */
  recountPool(trunks: readonly string[], slots: Iterable<Counted>): void {
    this.#pool = trunks;
    for (const [name, trunk] of this.#trunks) trunk.shared = trunks.includes(name);
    for (const tenant of this.#tenants.values()) tenant.pool = 0;
    for (const slot of slots) if (slot.tenant !== null && slot.trunk.shared) slot.tenant.pool += 1;
  }

  /**
   * Names the first scope without room, in the order of the refusals; a rate is asked last. `leaving` is weighed as if
   * it were gone.
   */
  weigh(request: SlotRequest, nowMs: number, leaving: Counted | null): Weighed {
    if (leaving !== null) this.count(leaving, -1);
    const own = this.#fullOwn(request);
    const there = own === null || request.enforce === "trunks" ? this.#fullThere(request) : null;
    if (leaving !== null) this.count(leaving, 1);
    if (own !== null || there !== null) return fullWith(own, there, request);
    const { rates } = request;
    const tenantTat =
      rates.tenant === null ? undefined : arrivalAfter(this.tenant(request.tenant).tat, nowMs, rates.tenant);
    const trunkTat =
      rates.trunk === null ? undefined : arrivalAfter(this.trunk(request.trunk).tat, nowMs, rates.trunk);
    if (tenantTat === null || trunkTat === null)
      return fullWith(tenantTat === null ? "too_fast" : null, trunkTat === null ? "too_fast" : null, request);
    return { full: null, refuses: null, tenantTat: tenantTat ?? null, trunkTat: trunkTat ?? null };
  }

  /** The call was admitted: its tokens are spent. */
  spend(request: SlotRequest, weighed: Weighed): void {
    if (weighed.tenantTat !== null) this.tenant(request.tenant).tat = weighed.tenantTat;
    if (weighed.trunkTat !== null) this.trunk(request.trunk).tat = weighed.trunkTat;
  }

  counts(): SlotCounts {
    const tenants = [...this.#tenants].map(([name, { tat: _, ...use }]) => [name, use] as const);
    const trunks = [...this.#trunks].map(([name, { used }]) => [name, used] as const);
    return {
      tenants: new Map(tenants.filter(([, use]) => use.total > 0)),
      trunks: new Map(trunks.filter(([, used]) => used > 0)),
    };
  }

  usage(tenants: readonly string[], trunks: readonly string[]): SlotCounts {
    return {
      tenants: new Map(
        tenants.map((name) => {
          const { total = 0, inbound = 0, outbound = 0, pool = 0 } = this.#tenants.get(name) ?? {};
          return [name, { total, inbound, outbound, pool }];
        }),
      ),
      trunks: new Map(trunks.map((name) => [name, this.#trunks.get(name)?.used ?? 0])),
    };
  }

  #fullOwn({ tenant, direction, caps }: SlotRequest): FullScope | null {
    const use = this.tenant(tenant);
    if (caps.tenant !== null && use.total >= caps.tenant) return "tenant_full";
    if (caps.direction !== null && use[direction] >= caps.direction) {
      return direction === "inbound" ? "inbound_full" : "outbound_full";
    }
    return null;
  }

  #fullThere({ tenant, trunk, caps, pool }: SlotRequest): FullScope | null {
    const reserve = pool !== null && this.tenant(tenant).pool < pool.reserved;
    const legs = ({ used, refused }: TrunkTally) => (reserve ? used - refused : used);
    if (pool !== null && !this.#poolHasRoom(pool, tenant, legs)) return "pool_full";
    return legs(this.trunk(trunk)) >= caps.trunk ? "no_trunk" : null;
  }

  // used + 1 + Σ over the others of max(0, reserved − used) ≤ channels; used is every leg on a shared trunk that takes
  // calls, nobody's included; within its own reserve a tenant sees no leg that is being turned away.
  #poolHasRoom(pool: Pool, tenant: string, legs: (trunk: TrunkTally) => number): boolean {
    let claimed = 1;
    for (const name of openTrunks(pool)) claimed += legs(this.trunk(name));
    for (const reserve of pool.reserves) {
      if (reserve.tenant === tenant) continue;
      claimed += Math.max(0, reserve.reserved - (this.#tenants.get(reserve.tenant)?.pool ?? 0));
    }
    return claimed <= pool.channels;
  }
}

/** `own` is full by the tenant, `there` by the trunk. */
function fullWith(
  own: FullScope | null,
  there: FullScope | null,
  { enforce }: Pick<SlotRequest, "enforce">,
): Weighed {
  const full = own ?? there;
  const refuses = enforce === "trunks" ? there : enforce ? full : null;
  return { full, refuses, tenantTat: null, trunkTat: null };
}
