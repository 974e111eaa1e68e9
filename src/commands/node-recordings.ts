import { hostname, networkInterfaces } from "node:os";
import type { Snapshot, Switch } from "../core/snapshot/snapshot.ts";

/** How the machine's addresses are asked for; a test has its own. */
type Interfaces = () => ReturnType<typeof networkInterfaces>;

/** Switches on this machine, by where their manager interface listens: their recordings are on its disk. */
export function switchesBeside(
  { system }: Snapshot,
  interfaces?: Interfaces,
  ownName = hostname(),
): readonly string[] {
  const addresses = ownAddresses(interfaces) ?? new Set<string>();
  const own = { addresses, name: ownName.toLowerCase() };
  return system.switches.filter((target) => isBeside(target, own)).map(({ server }) => server);
}

/**
 * Null where the kernel may not be asked, as in a unit that lacks AF_NETLINK: a node that did not start for that would
 * be worse than one which takes only what is on the loopback for its own.
 */
export function ownAddresses(interfaces: Interfaces = networkInterfaces): ReadonlySet<string> | null {
  try {
    return new Set(
      Object.values(interfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)),
    );
  } catch {
    return null;
  }
}

function isBeside(
  { ami }: Switch,
  own: { readonly addresses: ReadonlySet<string>; readonly name: string },
): boolean {
  const host = ami
    .replace(/:[0-9]+$/, "")
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
  if (host === "localhost" || host === "::1" || host.startsWith("127.")) return true;
  // Of a name that another domain may have as well nobody knows whose it is.
  return own.addresses.has(host) || host === own.name || own.name.startsWith(`${host}.`);
}
