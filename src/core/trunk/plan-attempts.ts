/**
 * Which trunks an outbound call may try, in order. It knows whose they are, whether they are well and which were
 * tried; room in them is not asked here, since only taking a slot can tell. It never names another tenant's trunk,
 * whatever the configuration says.
 */
import { draw } from "./draw.ts";
import type { Trunk, TrunkPolicy } from "./trunk.ts";

export type PlanRequest = {
  readonly tenant: string;
  readonly policy: TrunkPolicy;
  readonly trunks: ReadonlyMap<string, Trunk>;
  /** The shared pool in order of preference; the trunks of one tier are equals. */
  readonly overflow: readonly (readonly string[])[];
  readonly unhealthy: ReadonlySet<string>;
  readonly tried: readonly string[];
  /** Names the call: equals share the calls by it, and a step that is repeated plans the same. */
  readonly call: string;
};

export type AttemptPlan = {
  /** To be tried in this order, each at most once. */
  readonly order: readonly Trunk[];
  /** What would have come into question, and why it does not. */
  readonly skipped: readonly { readonly trunk: string; readonly why: string }[];
};

export function planAttempts(request: PlanRequest): AttemptPlan {
  const order: Trunk[] = [];
  const skipped: { trunk: string; why: string }[] = [];
  const seen = new Set<string>();
  for (const name of candidates(request)) {
    if (seen.has(name)) continue;
    seen.add(name);
    const trunk = request.trunks.get(name);
    const why = trunk === undefined ? "is not configured" : obstacle(trunk, request);
    if (trunk !== undefined && why === null) order.push(trunk);
    else skipped.push({ trunk: name, why: why ?? "is not configured" });
  }
  return { order, skipped };
}

function candidates(request: PlanRequest): string[] {
  const { strategy, dedicated } = request.policy;
  const own = strategy === "shared" ? [] : dedicated;
  const pool = strategy === "dedicated" ? [] : request.overflow.flatMap((tier) => equals(tier, request));
  return [...own, ...pool];
}

/** Cheapest first; one without a price after all that have one; among equal prices shared out by weight. */
function equals(tier: readonly string[], { trunks, call }: PlanRequest): string[] {
  if (tier.length < 2) return [...tier];
  const ranked = tier.map((name) => {
    const trunk = trunks.get(name);
    // The smallest of -ln(u)/weight falls to each with the chance that its weight has (Efraimidis and Spirakis 2006).
    const lot = -Math.log(draw(`${call} ${name}`) + Number.MIN_VALUE) / (trunk?.weight ?? 1);
    return { name, cost: trunk?.costPerMinute ?? Number.POSITIVE_INFINITY, lot };
  });
  ranked.sort((a, b) => (a.cost === b.cost ? a.lot - b.lot : a.cost - b.cost));
  return ranked.map(({ name }) => name);
}

function obstacle(trunk: Trunk, { tenant, unhealthy, tried }: PlanRequest): string | null {
  if (trunk.tenant !== null && trunk.tenant !== tenant) return "belongs to another client";
  if (trunk.tenant === null && !trunk.shared) return "is neither shared nor this client's";
  if (tried.includes(trunk.name)) return "was tried";
  if (unhealthy.has(trunk.name)) return "is not well";
  return null;
}
