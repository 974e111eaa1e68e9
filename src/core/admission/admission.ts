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
  /** Channels of those that take calls. */
  readonly channels: number;
  /** All of them: a leg on one is a leg of the pool. */
  readonly trunks: readonly string[];
  /**
   * Those that take calls, absent for all. What is up on the others takes nothing of `channels`, and still counts as its
   * tenant's use of the pool.
   */
  readonly open?: readonly string[];
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
export type Leg = Pick<SlotRequest, "key" | "call" | "direction" | "leg" | "failedTrunk"> & {
  /** Whether the client's call begins with it: it does not with a later attempt, nor where a caller is forwarded. */
  readonly begins: boolean;
};

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
    pool: trunk.shared
      ? poolFor(tenant.id, leg.leg === "own" ? trunk.name : null, snapshot, conditions)
      : null,
    // What goes on is still the same call of the tenant, but a new one for its trunk.
    rates: { tenant: leg.begins ? tenant.limits.callsPerSecond : null, trunk: trunk.callsPerSecond },
    enforce: tenant.limits.mode === "enforce",
    // Limits that only watch refuse nothing, nor do they where nobody can tell whether they would.
    whenUnreachable: tenant.limits.mode === "watch" ? "allow" : tenant.whenSlotsUnreachable[leg.direction],
  };
}

/** The same where another trunk may be tried: limits that only watch do not send a call onto a trunk without room. */
export function passingOn(request: SlotRequest): SlotRequest {
  return request.enforce === true ? request : { ...request, enforce: "trunks" };
}

/** The trunks of a pool whose legs are held against its channels. */
export function openTrunks({ open, trunks }: Pool): readonly string[] {
  return open ?? trunks;
}

/** `arrived`: the trunk that a call has come in on, which takes calls in whatever became of those that went out on it. */
function poolFor(
  tenant: TenantId,
  arrived: string | null,
  { pool, trunks }: Snapshot,
  { unhealthyTrunks }: Conditions,
): Pool {
  const open = pool.trunks.filter((name) => name === arrived || !unhealthyTrunks.has(name));
  const channels = open.reduce((sum, name) => sum + (trunks.get(name)?.channels ?? 0), 0);
  const reserves = keepable(pool.reserves, channels);
  return {
    channels,
    trunks: pool.trunks,
    ...(open.length < pool.trunks.length ? { open } : {}),
    reserved: reserves.find((reserve) => reserve.tenant === tenant)?.reserved ?? 0,
    reserves: reserves.filter((reserve) => reserve.tenant !== tenant),
  };
}

/**
 * What can be kept of the reserves while trunks rest: all, or of each the share that there is room for. Whole ones that
 * add up to more than what is left would shut everybody out of it, each of their own clients too.
 */
function keepable(reserves: Pool["reserves"], channels: number): Pool["reserves"] {
  const promised = reserves.reduce((sum, { reserved }) => sum + reserved, 0);
  if (promised <= channels) return reserves;
  return reserves.map(({ tenant, reserved }) => ({
    tenant,
    reserved: Math.floor((reserved * channels) / promised),
  }));
}
