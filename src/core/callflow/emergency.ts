import type { E164 } from "../number/e164.ts";
import type { Snapshot, Tenant } from "../snapshot/snapshot.ts";
import type { Trunk } from "../trunk/trunk.ts";

/** How a call to an emergency number leaves. */
export type EmergencyPlan = {
  /** Tried in turn. */
  readonly trunks: readonly Trunk[];
  /** Null: the phone's own stays. */
  readonly callerId: E164 | null;
};

/** A tenant's own trunks and number for emergencies; for a call of nobody, the shared pool. */
export function planEmergency(
  tenant: Tenant | null,
  { trunks, overflow }: Pick<Snapshot, "trunks" | "overflow">,
): EmergencyPlan {
  const named = tenant?.emergency?.trunks ?? [];
  const usual = [...(tenant?.trunks.dedicated ?? []), ...overflow.flat()];
  return {
    trunks: (named.length > 0 ? named : usual).flatMap((name) => trunks.get(name) ?? []),
    callerId: tenant?.emergency?.callerId ?? tenant?.callerIds[0] ?? null,
  };
}
