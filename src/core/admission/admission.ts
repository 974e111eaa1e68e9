import type { Conditions } from "../snapshot/conditions.ts";
import type { Snapshot, Tenant } from "../snapshot/snapshot.ts";
import type { CallId, Direction } from "../tenant/stamp.ts";
import type { TenantId } from "../tenant/tenant-id.ts";
import type { Trunk } from "../trunk/trunk.ts";

/** The channel that asks for a slot. Uniqueids of two servers do collide. */
export type SlotKey = { readonly server: string; readonly uniqueid: string };

/**
 * `own`: the asking channel is the trunk leg itself, so the slot is bound at once, to `key`.
 * `dialled`: the leg is yet to be dialled; the slot is pending under `key` until DialBegin names the leg, which it
 * is bound to from then on. An inbound leg that forwards holds one of each under one key, so whatever stores slots
 * MUST tell the two apart.
 */
export type SlotLeg = "own" | "dialled";

/** Everything that one atomic acquire weighs: all scopes or nothing. */
export type SlotRequest = {
  readonly key: SlotKey;
  readonly leg: SlotLeg;
  readonly call: CallId;
  readonly tenant: TenantId;
  readonly direction: Direction;
  readonly trunk: string;
  /**
   * The trunk of this channel's attempt that has just failed, null for a first attempt. Its slot moves here. Where
   * its leg's Hangup is still on the way (up to 30 ms behind the step), a scope that is full only by that leg MUST
   * NOT refuse: a tenant at its cap could never fail over.
   */
  readonly failedTrunk: string | null;
  readonly caps: {
    readonly tenant: number | null;
    readonly direction: number | null;
    readonly trunk: number;
  };
  /** Null for a leg on a dedicated trunk, which uses nothing of the pool. */
  readonly pool: Pool | null;
  /** Calls a second, null for no limit. */
  readonly rates: { readonly tenant: number | null; readonly trunk: number | null };
  /**
   * False in watch mode: the slot is taken all the same and the scope that was full is reported. `trunks` in watch mode
   * too: what is full by the trunk (its channels or its rate, the pool) refuses, since another trunk may be tried.
   */
  readonly enforce: boolean | "trunks";
  /** What holds while the store cannot be asked: refuse, or admit against this node's own copy and flag it. */
  readonly whenUnreachable: "allow" | "refuse";
};

/** The shared trunks together. */
export type Pool = {
  /** Channels of the healthy shared trunks. */
  readonly channels: number;
  readonly trunks: readonly string[];
  /**
   * The asking tenant's own guarantee. While it uses less than that, legs that are being turned away do not stand in
   * its way, in the pool or on the trunk: they are gone in seconds, and their callers may be another client's.
   */
  readonly reserved: number;
  /** Other tenants' guarantees; a tenant without one is not listed. */
  readonly reserves: readonly { readonly tenant: TenantId; readonly reserved: number }[];
};

/** The scope that had no room, in the words of the refusal that follows. */
export type FullScope =
  | "tenant_full"
  | "inbound_full"
  | "outbound_full"
  | "pool_full"
  | "no_trunk"
  | "too_fast";

export type SlotAnswer =
  /** `wouldRefuse` is set in watch mode and when the store could not be asked. */
  | { readonly granted: true; readonly wouldRefuse: FullScope | "slots_unreachable" | null }
  | { readonly granted: false; readonly scope: FullScope | "slots_unreachable" | CallerGone };

/**
 * The asking channel has hung up before the question was answered. Nothing was full, and nobody hears a refusal; it is
 * not waved through either, since a grant without a slot could become a leg that nobody counts.
 */
export type CallerGone = "gone";

/** What is asked for: by whom, for which leg of which call. */
export type Leg = Pick<SlotRequest, "key" | "call" | "direction" | "leg" | "failedTrunk">;

/** The scopes and limits of one leg of `tenant` on `trunk`. */
export function slotRequest(
  leg: Leg,
  tenant: Tenant,
  trunk: Trunk,
  { snapshot, conditions }: { readonly snapshot: Snapshot; readonly conditions: Conditions },
): SlotRequest {
  return {
    key: { server: leg.key.server, uniqueid: leg.key.uniqueid },
    leg: leg.leg,
    call: leg.call,
    failedTrunk: leg.failedTrunk,
    direction: leg.direction,
    tenant: tenant.id,
    trunk: trunk.name,
    caps: { tenant: tenant.limits.channels, direction: tenant.limits[leg.direction], trunk: trunk.channels },
    pool: trunk.shared ? poolFor(tenant.id, snapshot, conditions) : null,
    // A later attempt is still the same call of the tenant, but a new one for its trunk.
    rates: {
      tenant: leg.failedTrunk === null ? tenant.limits.callsPerSecond : null,
      trunk: trunk.callsPerSecond,
    },
    enforce: tenant.limits.mode === "enforce",
    whenUnreachable: tenant.whenSlotsUnreachable[leg.direction],
  };
}

/** The same where another trunk may be tried: limits that only watch do not send a call onto a trunk without room. */
export function passingOn(request: SlotRequest): SlotRequest {
  return request.enforce === true ? request : { ...request, enforce: "trunks" };
}

function poolFor(tenant: TenantId, snapshot: Snapshot, conditions: Conditions): Pool {
  return {
    channels: snapshot.pool.trunks
      .filter((name) => !conditions.unhealthyTrunks.has(name))
      .reduce((sum, name) => sum + (snapshot.trunks.get(name)?.channels ?? 0), 0),
    trunks: snapshot.pool.trunks,
    reserved: snapshot.pool.reserves.find((reserve) => reserve.tenant === tenant)?.reserved ?? 0,
    reserves: snapshot.pool.reserves.filter((reserve) => reserve.tenant !== tenant),
  };
}
