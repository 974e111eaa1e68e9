import { type Billing, type IncrementName, increments } from "../core/billing/increments.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";

const USUAL: IncrementName = "6/6";

/**
 * What holds for each leg of a client: the client's own word about the trunk, the client's own word, the trunk's, 6/6.
 * `tenant` is null for a client that is not configured any more.
 */
export function billingOf(tenant: Tenant | null, { trunks }: Snapshot): Billing {
  const byTrunk = new Map<string, IncrementName>();
  const usual = tenant?.billing.usual ?? null;
  for (const { name, billingIncrement } of trunks.values()) {
    if (usual === null && billingIncrement !== null) byTrunk.set(name, billingIncrement);
  }
  for (const [name, increment] of tenant?.billing.byTrunk ?? []) byTrunk.set(name, increment);
  for (const { name, formerly } of trunks.values()) {
    const increment = byTrunk.get(name);
    if (increment !== undefined) for (const old of formerly) byTrunk.set(old, increment);
  }
  return { usual: usual ?? USUAL, byTrunk };
}

/** Trunks that legs stand under and of which nothing is known any more, where that may make them billed otherwise. */
export function unknownTrunks(
  used: readonly string[],
  tenant: Tenant | null,
  { trunks }: Snapshot,
): string[] {
  const { usual = null, byTrunk = new Map() } = tenant?.billing ?? {};
  if (usual !== null && byTrunk.size === 0) return [];
  const known = new Set([...trunks.values()].flatMap(({ name, formerly }) => [name, ...formerly]));
  return [...new Set(used)].filter((name) => name !== "" && !known.has(name)).sort();
}

/** `6/6`, or `6/6, on pool_b 60/60`. */
export function billingText({ usual, byTrunk }: Billing): string {
  const exceptions = [...byTrunk].filter(([, increment]) => increment !== usual);
  return [usual, ...exceptions.map(([trunk, increment]) => `on ${trunk} ${increment}`)].join(", ");
}

export const incrementNames = Object.keys(increments).join(", ");
