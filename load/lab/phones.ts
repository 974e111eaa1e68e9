// The phones that a configuration dials, as PJSIP endpoints of a private Asterisk. Each takes a registration without
// a password, which is fair on a loopback that only this machine reaches, or rings a fixed address.
import type { Snapshot } from "../../src/core/snapshot/snapshot.ts";

/** `100` → `127.0.0.9:5060`. */
export type PhoneAddresses = Readonly<Record<string, string>>;

/** Text for pjsip_lab.conf: one endpoint for every phone that a `dial` target rings, owned by that tenant. */
export function phoneEndpoints(snapshot: Snapshot, addresses: PhoneAddresses): string {
  const owners = new Map<string, string>();
  for (const tenant of snapshot.tenants.values()) {
    for (const spec of tenant.plan.targets.values()) {
      const name = spec.type === "dial" ? /^PJSIP\/([^@]+)$/.exec(spec.endpoint)?.[1] : undefined;
      if (name !== undefined) owners.set(name, tenant.id);
    }
  }
  return [...owners].map(([name, tenant]) => endpoint(name, tenant, addresses[name])).join("\n");
}

function endpoint(name: string, tenant: string, address: string | undefined): string {
  const contact = address === undefined ? "" : `contact=sip:${name}@${address}\n`;
  const from =
    address === undefined ? "" : `[${name}]\ntype=identify\nendpoint=${name}\nmatch=${hostOf(address)}\n`;
  return (
    `[${name}]\ntype=endpoint\ncontext=signalbox-outbound\naccountcode=${tenant}\ndisallow=all\nallow=ulaw,alaw\n` +
    `aors=${name}\ndirect_media=no\nrtp_symmetric=yes\n` +
    `[${name}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\n${contact}${from}`
  );
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}
