/**
 * Why the next call of a client would be admitted or refused at this moment: every trunk it could be on and every
 * scope it would be weighed in, by the rules that weigh live calls. It takes no slot. What depends on the number
 * called (lists, hours, destinations) is not asked here: `simulate --live` tells that of one call.
 */
import type { SlotSnapshot, StoreHealth } from "../calls/slot-port.ts";
import {
  type FullScope,
  openTrunks,
  passingOn,
  type SlotRequest,
  slotRequest,
} from "../core/admission/admission.ts";
import { type Use, type WeighedScope, weigh, weighScopes } from "../core/admission/weigh.ts";
import { mostTelling, STOPS_ALL } from "../core/callflow/attempts.ts";
import { type RefusalReason, refusals } from "../core/callflow/refusal.ts";
import type { Conditions } from "../core/snapshot/conditions.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import { callIdOf, type Direction } from "../core/tenant/stamp.ts";
import { planAttempts } from "../core/trunk/plan-attempts.ts";
import type { Trunk } from "../core/trunk/trunk.ts";

export type ExplainReading = {
  readonly snapshot: Snapshot;
  readonly conditions: Conditions;
  readonly slots: SlotSnapshot;
  /** As in LiveReading. */
  readonly ownCount: boolean;
  readonly health: StoreHealth;
};

/** Names are those of the JSON. */
export type Explanation = {
  readonly tenant: string;
  readonly at: string;
  readonly mode: "enforce" | "watch";
  readonly suspended: boolean;
  readonly slot_store: { readonly state: string; readonly why: string };
  /** As in LiveView. */
  readonly own_count: boolean;
  readonly inbound: Prospect;
  readonly outbound: Prospect;
};

/** What would become of the next call in one direction. */
export type Prospect = {
  readonly admitted: boolean;
  /** Of the refusal; in watch mode, of the one that there would be. */
  readonly reason: RefusalReason | null;
  readonly says: string;
  /** Where it would go out, or on which trunks it could come in. */
  readonly trunks: readonly TrunkProspect[];
};

export type TrunkProspect = {
  readonly trunk: string;
  readonly admitted: boolean;
  readonly reason: RefusalReason | null;
  /** Why it does not come into question at all; null when it does. */
  readonly skipped: string | null;
  /** In the order in which they are weighed. Rates are weighed as if no other call came within the same second. */
  readonly scopes: readonly WeighedScope[];
};

export function explain(tenant: Tenant, reading: ExplainReading): Explanation {
  const { slots, ownCount, health, conditions } = reading;
  const suspended = conditions.suspendedTenants.has(tenant.id);
  return {
    tenant: tenant.id,
    at: new Date(slots.at).toISOString(),
    mode: tenant.limits.mode,
    suspended,
    slot_store: { state: health.state, why: health.why },
    own_count: ownCount,
    inbound: overall(inboundProspect(tenant, reading), "inbound", tenant, reading),
    outbound: overall(outboundProspect(tenant, reading), "outbound", tenant, reading),
  };
}

/** What comes before any weighing. */
function overall(
  prospect: Prospect,
  direction: Direction,
  tenant: Tenant,
  { conditions, health }: ExplainReading,
): Prospect {
  if (conditions.suspendedTenants.has(tenant.id)) return turnedAway("tenant_suspended", prospect);
  if (health.state === "ready") return prospect;
  const refuses = tenant.limits.mode === "enforce" && tenant.whenSlotsUnreachable[direction] === "refuse";
  if (refuses) return turnedAway("slots_unreachable", prospect);
  const says = `${prospect.says}; the slot store does not rule, so calls are let in by this node's own count`;
  return { ...prospect, says };
}

function turnedAway(reason: RefusalReason, { trunks }: Prospect): Prospect {
  return { admitted: false, reason, says: refusals[reason].text, trunks };
}

/** It is weighed on the trunk it comes in on; which one that is, the carrier decides. */
function inboundProspect(tenant: Tenant, reading: ExplainReading): Prospect {
  const able = [...reading.snapshot.trunks.values()].filter(
    (trunk) => trunk.tenant === tenant.id || trunk.shared,
  );
  const trunks = able.map((trunk) => onTrunk("inbound", tenant, trunk, reading));
  const open = trunks.filter(({ admitted }) => admitted);
  if (open.length === 0) {
    const reason = trunks[0]?.reason ?? "no_trunk";
    return { admitted: false, reason, says: refusals[reason].text, trunks };
  }
  const reason = open[0]?.reason ?? null;
  const says = open.length === trunks.length ? "admitted" : `admitted on ${open.map(nameOf).join(", ")}`;
  return { admitted: true, reason, says: watched(says, reason), trunks };
}

/** As a call tries them: in order, until one has room or nothing is gained by asking the next. */
function outboundProspect(tenant: Tenant, reading: ExplainReading): Prospect {
  const { snapshot, conditions } = reading;
  const plan = planAttempts({
    tenant: tenant.id,
    policy: tenant.trunks,
    trunks: snapshot.trunks,
    overflow: snapshot.overflow,
    unhealthy: conditions.unhealthyTrunks,
    tried: [],
    call: "explain",
  });
  const tried = plan.order.map((trunk) => onTrunk("outbound", tenant, trunk, reading));
  const skipped = plan.skipped.map(({ trunk, why }) => ({
    trunk,
    admitted: false,
    reason: null,
    skipped: why,
    scopes: [],
  }));
  const trunks = [...tried, ...skipped];
  // Limits that only watch admit the call all the same, to the trunk that comes first.
  const anyway = tenant.limits.mode === "watch" ? tried[0] : undefined;
  const first = tried.find(({ admitted }) => admitted) ?? anyway;
  const stop = tried.find(({ reason, admitted }) => !admitted && reason !== null && STOPS_ALL.has(reason));
  if (first === undefined) {
    const full = new Set(tried.flatMap(({ reason }) => (reason === null ? [] : [reason as FullScope])));
    const reason = stop?.reason ?? mostTelling(full).reason;
    return { admitted: false, reason, says: refusals[reason].text, trunks };
  }
  return {
    admitted: true,
    reason: first.reason,
    says: watched(`goes out on ${first.trunk}`, first.reason),
    trunks,
  };
}

function nameOf({ trunk }: TrunkProspect): string {
  return trunk;
}

function watched(says: string, reason: RefusalReason | null): string {
  return reason === null ? says : `${says}, since limits only watch: ${refusals[reason].text}`;
}

function onTrunk(direction: Direction, tenant: Tenant, trunk: Trunk, reading: ExplainReading): TrunkProspect {
  const leg = {
    key: { server: "", uniqueid: "" },
    call: callIdOf("", ""),
    direction,
    leg: direction === "inbound" ? "own" : "dialled",
    failedTrunk: null,
    begins: true,
  } as const;
  const bare = slotRequest(leg, tenant, trunk, reading);
  const request = direction === "outbound" ? passingOn(bare) : bare;
  const use = useOf(request, reading);
  const answer = weigh(request, use);
  const said = answer.granted ? answer.wouldRefuse : answer.scope;
  const reason = said as FullScope | null;
  const scopes = weighScopes(request, use);
  return { trunk: trunk.name, admitted: answer.granted, reason, skipped: null, scopes };
}

function useOf({ tenant, direction, trunk, pool }: SlotRequest, { slots }: ExplainReading): Use {
  const { tenants, trunks } = slots.counts;
  const own = tenants.get(tenant);
  const refused = slots.slots.filter(({ state }) => state === "refused");
  const open = pool === null ? [] : openTrunks(pool);
  return {
    tenant: own?.total ?? 0,
    direction: own?.[direction] ?? 0,
    trunk: trunks.get(trunk) ?? 0,
    pool: open.reduce((sum, name) => sum + (trunks.get(name) ?? 0), 0),
    poolOf: (other) => tenants.get(other)?.pool ?? 0,
    refused: {
      trunk: refused.filter((slot) => slot.trunk === trunk).length,
      pool: refused.filter((slot) => open.includes(slot.trunk)).length,
    },
    lastSecond: { tenant: 0, trunk: 0 },
  };
}
