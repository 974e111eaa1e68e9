/**
 * What goes on at this moment: clients, trunks, switches and single slots, from one reading of a running node. It
 * arranges what it is given, for `top`, `slots`, `trunks` and `simulate --live`; it reads no store and judges nothing.
 */
import type { Slot, SlotSnapshot, StoreHealth } from "../calls/slot-port.ts";
import type { HoursOverride } from "../core/schedule/hours.ts";
import type { Conditions } from "../core/snapshot/conditions.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import type { TrunkHealth } from "../core/trunk/health.ts";

/** Everything that a view is made of, read at one moment. */
export type LiveReading = {
  readonly node: string;
  readonly snapshot: Snapshot;
  readonly conditions: Conditions;
  readonly slots: SlotSnapshot;
  /** The slot store could not be asked: `slots` are what this node has counted itself. */
  readonly ownCount: boolean;
  readonly health: StoreHealth;
  readonly trunks: readonly TrunkReading[];
  readonly switches: readonly SwitchView[];
  readonly today: (tenant: string) => { readonly refused: number; readonly peak: number };
};

export type TrunkReading = TrunkHealth & {
  readonly trunk: string;
  readonly takesCalls: boolean;
  readonly answerRatio: number | null;
};

/** Names are those of the JSON, here and below; moments are ISO 8601, durations seconds. */
export type LiveView = {
  readonly node: string;
  readonly at: string;
  readonly revision: string;
  readonly slot_store: { readonly state: string; readonly why: string };
  /** The slot store could not be asked: the counts are those of this node alone. */
  readonly own_count: boolean;
  readonly tenants: readonly TenantView[];
  readonly trunks: readonly TrunkView[];
  /** Legs on trunks that no client is known for. */
  readonly unattributed: number;
  /** Legs that are being turned away. */
  readonly refused_legs: number;
  readonly switches: readonly SwitchView[];
  readonly conditions: ConditionsView;
};

export type TenantView = {
  readonly tenant: string;
  readonly in: number;
  readonly out: number;
  /** Both, and legs that were found and say no direction. */
  readonly total: number;
  readonly cap: number | null;
  readonly cap_in: number | null;
  readonly cap_out: number | null;
  /** Of the shared pool. */
  readonly reserve: number;
  /** Legs on shared trunks. */
  readonly pool: number;
  readonly peak_today: number;
  readonly refused_today: number;
  readonly mode: "enforce" | "watch" | null;
  readonly suspended: boolean;
  /** False for one that is not in the configuration any more and still has legs. */
  readonly configured: boolean;
};

export type TrunkView = {
  readonly trunk: string;
  /** Whose it is alone; null for the shared pool's. */
  readonly tenant: string | null;
  readonly used: number;
  /** How many of those are being turned away. */
  readonly refused: number;
  readonly channels: number;
  /** `resting`: too many failures, until `retry_at`; `trying`: one call is out to see. */
  readonly health: "ok" | "resting" | "trying" | "unreachable";
  readonly takes_calls: boolean;
  readonly retry_at: string | null;
  readonly failures_in_row: number;
  readonly last_failure: { readonly at: string; readonly why: string } | null;
  /** 0 to 1 of the recent calls; null before there are any. */
  readonly answer_ratio: number | null;
  readonly cost_per_minute: number | null;
  readonly calls_per_second: number | null;
};

export type SwitchView = {
  readonly server: string;
  readonly up: boolean;
  readonly why: string;
  /** True when this node keeps its slots. */
  readonly listening: boolean;
  readonly swept_at: string | null;
  readonly drift: number;
  readonly unstamped: number;
};

export type ConditionsView = {
  readonly unhealthy_trunks: readonly string[];
  readonly suspended_tenants: readonly string[];
  readonly hours_overrides: Readonly<Record<string, HoursOverride>>;
};

export function liveView(reading: LiveReading): LiveView {
  const { node, snapshot, conditions, slots, ownCount, health, switches } = reading;
  const nobodys = slots.slots.filter(({ tenant }) => tenant === null);
  const refused = nobodys.filter(({ state }) => state === "refused").length;
  return {
    node,
    at: new Date(slots.at).toISOString(),
    revision: snapshot.revision,
    slot_store: { state: health.state, why: health.why },
    own_count: ownCount,
    tenants: tenantViews(reading),
    trunks: trunkViews(reading),
    unattributed: nobodys.length - refused,
    refused_legs: refused,
    switches,
    conditions: {
      unhealthy_trunks: [...conditions.unhealthyTrunks],
      suspended_tenants: [...conditions.suspendedTenants],
      hours_overrides: Object.fromEntries(
        [...conditions.hoursOverrides].map(([name, { state, until }]) => [name, { state, until }]),
      ),
    },
  };
}

function tenantViews(reading: LiveReading): TenantView[] {
  const { snapshot, slots } = reading;
  const configured = new Map<string, Tenant>(snapshot.tenants);
  const names = new Set([...configured.keys(), ...slots.counts.tenants.keys()]);
  return [...names].map((name) => tenantView(name, configured.get(name) ?? null, reading));
}

function tenantView(name: string, tenant: Tenant | null, reading: LiveReading): TenantView {
  const use = reading.slots.counts.tenants.get(name);
  const { refused, peak } = reading.today(name);
  const limits = tenant?.limits;
  return {
    tenant: name,
    in: use?.inbound ?? 0,
    out: use?.outbound ?? 0,
    total: use?.total ?? 0,
    cap: limits?.channels ?? null,
    cap_in: limits?.inbound ?? null,
    cap_out: limits?.outbound ?? null,
    reserve: limits?.reserved ?? 0,
    pool: use?.pool ?? 0,
    peak_today: Math.max(peak, use?.total ?? 0),
    refused_today: refused,
    mode: limits?.mode ?? null,
    suspended: tenant !== null && reading.conditions.suspendedTenants.has(tenant.id),
    configured: tenant !== null,
  };
}

function trunkViews({ snapshot, slots, trunks }: LiveReading): TrunkView[] {
  const known = new Map(trunks.map((each) => [each.trunk, each]));
  return [...snapshot.trunks.values()].map((trunk) => {
    const health = known.get(trunk.name);
    const open = health?.breaker === "open";
    const failure = health?.lastFailure ?? null;
    return {
      trunk: trunk.name,
      tenant: trunk.tenant,
      used: slots.counts.trunks.get(trunk.name) ?? 0,
      refused: slots.slots.filter(({ state, trunk: on }) => state === "refused" && on === trunk.name).length,
      channels: trunk.channels,
      health: healthWord(health),
      takes_calls: health?.takesCalls ?? true,
      retry_at: open ? new Date(health.retryAt).toISOString() : null,
      failures_in_row: health?.failuresInRow ?? 0,
      last_failure: failure === null ? null : { at: new Date(failure.at).toISOString(), why: failure.why },
      answer_ratio: health?.answerRatio ?? null,
      cost_per_minute: trunk.costPerMinute,
      calls_per_second: trunk.callsPerSecond,
    };
  });
}

function healthWord(health: TrunkReading | undefined): TrunkView["health"] {
  if (health?.reachable === false) return "unreachable";
  if (health?.breaker !== "open") return "ok";
  return health.probing ? "trying" : "resting";
}

export type ListedSlots = Pick<LiveView, "slot_store" | "own_count"> & {
  readonly slots: readonly SlotView[];
};

export type SlotView = {
  /** What `slots free` takes: the switch and the channel. */
  readonly id: string;
  readonly tenant: string | null;
  readonly direction: string | null;
  readonly trunk: string;
  readonly state: Slot["state"];
  readonly age_seconds: number;
  readonly call: string | null;
  /** The trunk leg's channel; null while it is not known. */
  readonly leg: string | null;
  readonly node: string;
  /** Null while its switch is not seen: it does not end then. */
  readonly lease_seconds: number | null;
  readonly adopted: boolean;
  /** What would have refused it; the store itself when that could not be asked. */
  readonly flagged: string | null;
};

/** Every slot, the oldest first. */
export function slotViews({ at, slots }: SlotSnapshot): SlotView[] {
  return [...slots].sort((a, b) => a.takenAt - b.takenAt).map((slot) => slotView(slot, at));
}

function slotView(slot: Slot, at: number): SlotView {
  const { key, state, leaseEndsAt } = slot;
  return {
    id: `${key.server}/${key.uniqueid}`,
    tenant: slot.tenant,
    direction: slot.direction,
    trunk: slot.trunk,
    state,
    age_seconds: Math.max(0, Math.round((at - slot.takenAt) / 1000)),
    call: slot.call,
    leg: state === "pending" ? null : key.uniqueid,
    node: slot.node,
    lease_seconds: leaseEndsAt === null ? null : Math.round((leaseEndsAt - at) / 1000),
    adopted: slot.adopted,
    flagged: slot.flagged,
  };
}
