import type { Conditions } from "../core/snapshot/conditions.ts";
import type { Standing } from "./standing-port.ts";

/** What staff have ordered, as a step sees it. */
export function conditionsOf({ overrides, suspended }: Standing): Conditions {
  return {
    unhealthyTrunks: new Set(),
    suspendedTenants: new Set(suspended.keys()),
    hoursOverrides: overrides,
  };
}

/** The conditions of every moment, built again only when an order or a trunk's health has changed. */
export function createConditions(
  standing: { readonly current: () => Standing },
  unhealthyTrunks: () => ReadonlySet<string>,
): () => Conditions {
  let ordered: Standing | null = null;
  let conditions = conditionsOf({ overrides: new Map(), suspended: new Map() });
  return () => {
    const now = standing.current();
    const unhealthy = unhealthyTrunks();
    if (now !== ordered) conditions = { ...conditionsOf(now), unhealthyTrunks: unhealthy };
    else if (!isSame(unhealthy, conditions.unhealthyTrunks))
      conditions = { ...conditions, unhealthyTrunks: unhealthy };
    ordered = now;
    return conditions;
  };
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one === other || (one.size === other.size && [...one].every((name) => other.has(name)));
}
