import type { Offer } from "../core/callflow/call-event.ts";
import { readDid } from "../core/number/did.ts";
import type { E164 } from "../core/number/e164.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { Trunk } from "../core/trunk/trunk.ts";

/** A call as it is described to the simulator. */
export type InboundCall = {
  /** As the carrier sends it. */
  readonly did: string;
  /** Caller's number as sent, "" for withheld. */
  readonly from: string;
  /** Null: the first trunk that the number's client may use, of those whose carriers write the number so. */
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
  const dialled = asEntered(call.did);
  const trunk = call.trunk ?? usualTrunk(dialled, snapshot);
  const endpoint = snapshot.trunks.get(trunk ?? "")?.endpoint ?? "no-trunk";
  const home = snapshot.system.switches.find(({ server }) => server === call.server);
  return {
    ...common(call.server, now),
    direction: "inbound",
    channel: `${home?.technology === "sip" ? "SIP" : "PJSIP"}/${endpoint}-00000001`,
    dialled,
    callerNumber: call.from,
    callerName: "",
    accountcode: "",
    tenantHint: null,
    campaign: null,
  };
}

/** What the dialplan lets in of a number that a carrier sends: nothing behind a `;`. */
function asEntered(did: string): string {
  return did.split(";", 1)[0] ?? "";
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

/** The client whose number `did` is, as the carrier of `trunk` writes it or, without one, in any known spelling; null for nobody's. */
export function ownerOf(did: string, snapshot: Snapshot, trunk?: string): Tenant | null {
  const owner = snapshot.dids.get(clientsNumber(did, snapshot, trunk) ?? ("" as E164));
  return owner === undefined ? null : (snapshot.tenants.get(owner.tenant) ?? null);
}

/** The number of a client that the carrier of `trunk`, or some carrier, would mean by `did`; null for none. */
export function clientsNumber(did: string, snapshot: Snapshot, trunk?: string): E164 | null {
  const carrier = snapshot.trunks.get(trunk ?? "");
  if (carrier !== undefined) return knownAs(asEntered(did), carrier, snapshot);
  const spellings = [
    { country: snapshot.system.country, didPrefix: "" },
    ...[...snapshot.trunks.values()].map(({ country, didPrefix }) => ({ country, didPrefix })),
  ];
  for (const spelling of spellings) {
    const known = knownAs(asEntered(did), spelling, snapshot);
    if (known !== null) return known;
  }
  return null;
}

/** The number of a client that a carrier with these spellings means by `did`; null for none. */
function knownAs(
  did: string,
  { country, didPrefix }: Pick<Trunk, "country" | "didPrefix">,
  { dids }: Snapshot,
): E164 | null {
  const read = readDid(did, { country, prefix: didPrefix }, (number) => dids.has(number));
  return read.known ? read.did : null;
}

/** By the tenant's strategy: its own trunks, then the shared ones. */
function usualTrunk(did: string, snapshot: Snapshot): string | null {
  const tenant = ownerOf(did, snapshot);
  const shared = snapshot.overflow.flat();
  const own = tenant === null || tenant.trunks.strategy === "shared" ? [] : tenant.trunks.dedicated;
  const trunks = [...own, ...shared, ...snapshot.trunks.keys()].flatMap(
    (name) => snapshot.trunks.get(name) ?? [],
  );
  const reads = trunks.find((trunk) => knownAs(did, trunk, snapshot) !== null);
  return (reads ?? trunks[0])?.name ?? null;
}

/** The tenant called `name`, null when there is none. */
export function tenantNamed(name: string, snapshot: Snapshot): Tenant | null {
  return snapshot.tenants.get(name as TenantId) ?? null;
}
