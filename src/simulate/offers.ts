import type { Offer } from "../core/callflow/call-event.ts";
import { readDid } from "../core/number/did.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";

/** A call as it is described to the simulator. */
export type InboundCall = {
  /** As the carrier sends it. */
  readonly did: string;
  /** Caller's number as sent, "" for withheld. */
  readonly from: string;
  /** Null: the first trunk that the number's client may use. */
  readonly trunk: string | null;
  readonly server: string;
};

export type OutboundCall = {
  readonly tenant: string;
  readonly to: string;
  readonly callerId: string;
  /** The dialler's, null for a call that no dialler places. */
  readonly campaign: string | null;
  readonly server: string;
};

type Placed = { readonly snapshot: Snapshot; readonly now: number };

/** The call that would come up on the switch; `problem` for a trunk that is not configured. */
export function inboundOffer(
  call: InboundCall,
  { snapshot, now }: Placed,
): Offer | { readonly problem: string } {
  if (call.trunk !== null && !snapshot.trunks.has(call.trunk)) {
    const known = [...snapshot.trunks.keys()].join(", ") || "none";
    return { problem: `there is no trunk called ${call.trunk}; configured are ${known}` };
  }
  const trunk = call.trunk ?? usualTrunk(ownerOf(call.did, snapshot), snapshot);
  const endpoint = snapshot.trunks.get(trunk ?? "")?.endpoint ?? "no-trunk";
  const home = snapshot.system.switches.find(({ server }) => server === call.server);
  return {
    ...common(call.server, now),
    direction: "inbound",
    channel: `${home?.technology === "sip" ? "SIP" : "PJSIP"}/${endpoint}-00000001`,
    dialled: call.did,
    callerNumber: call.from,
    callerName: "",
    accountcode: "",
    tenantHint: null,
    campaign: null,
  };
}

/** A call that a phone of the tenant would place, known by its account code: the tenant's own name always counts. */
export function outboundOffer(call: OutboundCall, { now }: Placed): Offer {
  return {
    ...common(call.server, now),
    direction: "outbound",
    channel: "PJSIP/simulated-phone-00000001",
    dialled: call.to,
    callerNumber: call.callerId,
    callerName: "",
    accountcode: call.tenant,
    tenantHint: null,
    campaign: call.campaign,
  };
}

function common(server: string, now: number) {
  return { type: "offer", server, uniqueid: `${Math.floor(now / 1000)}.1` } as const;
}

/** The client whose number `did` is, whichever known spelling it comes in; null for nobody's. */
export function ownerOf(did: string, snapshot: Snapshot): Tenant | null {
  const spellings = [
    { country: snapshot.system.country, prefix: "" },
    ...[...snapshot.trunks.values()].map(({ country, didPrefix }) => ({ country, prefix: didPrefix })),
  ];
  for (const spelling of spellings) {
    const read = readDid(did, spelling, (number) => snapshot.dids.has(number));
    const owner = read.known && read.did !== null ? snapshot.dids.get(read.did) : undefined;
    if (owner !== undefined) return snapshot.tenants.get(owner.tenant) ?? null;
  }
  return null;
}

/** By the tenant's strategy: its own trunks, then the shared ones. */
function usualTrunk(tenant: Tenant | null, snapshot: Snapshot): string | null {
  const shared = snapshot.overflow.flat();
  const own = tenant === null || tenant.trunks.strategy === "shared" ? [] : tenant.trunks.dedicated;
  return [...own, ...shared, ...snapshot.trunks.keys()].find((name) => snapshot.trunks.has(name)) ?? null;
}

/** The tenant called `name`, null when there is none. */
export function tenantNamed(name: string, snapshot: Snapshot): Tenant | null {
  return snapshot.tenants.get(name as TenantId) ?? null;
}
