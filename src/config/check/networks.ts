import ipaddr from "ipaddr.js";
import { TRUNKS_FILE } from "../read.ts";
import type { Draft } from "./draft.ts";

type Network = {
  readonly trunk: string;
  readonly text: string;
  /** Position in `match`; null for the trunk's own address. */
  readonly index: number | null;
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly bits: number;
};

/** A packet tells a trunk by where it comes from: networks of two trunks that share an address leave it to chance. */
export function checkNetworks(draft: Draft): void {
  checkInternal(draft);
  const { trunks, report } = draft;
  const networks = [...trunks.values()].flatMap(({ name, address, match }) => [
    ...readNetwork(name, hostOf(address), null),
    ...match.flatMap((text, index) => readNetwork(name, text, index)),
  ]);
  for (const each of networks) {
    if (each.index === null) continue;
    const other = networks.find((candidate) => candidate.trunk !== each.trunk && overlap(candidate, each));
    // Of two lists that overlap the later one is told, once.
    if (other === undefined || (other.index !== null && networks.indexOf(other) > networks.indexOf(each)))
      continue;
    const says = `${each.text} shares addresses with ${other.text} of ${other.trunk}: calls from there cannot be told apart and count on one of them; make one of the two narrower`;
    report.warn(TRUNKS_FILE, ["trunks", each.trunk, "match", each.index], says);
  }
}

/** Names of hosts are left out: what they mean is known on the switch alone. */
/** Addresses of a house; names of hosts may be anybody's and are believed. */
const PRIVATE: ReadonlySet<string> = new Set([
  "private",
  "loopback",
  "linkLocal",
  "uniqueLocal",
  "carrierGradeNat",
]);

/** What is stamped for hosts of the house must not go to a carrier. */
function checkInternal({ trunks, report }: Draft): void {
  for (const { name, address, internal } of trunks.values()) {
    const host = hostOf(address);
    if (!internal || !ipaddr.isValid(host) || PRIVATE.has(ipaddr.parse(host).range())) continue;
    const says = `${host} is no address of a house: whoever is there learns which client calls; take it out unless the host is yours`;
    report.warn(TRUNKS_FILE, ["trunks", name, "internal"], says);
  }
}

function hostOf(address: string | null): string {
  return (address ?? "").replace(/:[0-9]+$/, "").replace(/^\[|\]$/g, "");
}

function readNetwork(trunk: string, text: string, index: number | null): readonly Network[] {
  if (ipaddr.isValidCIDR(text)) {
    const [address, bits] = ipaddr.parseCIDR(text);
    return [{ trunk, text, index, address, bits }];
  }
  if (!ipaddr.isValid(text)) return [];
  const address = ipaddr.parse(text);
  return [{ trunk, text, index, address, bits: address.kind() === "ipv4" ? 32 : 128 }];
}

function overlap(one: Network, other: Network): boolean {
  if (one.address.kind() !== other.address.kind()) return false;
  const bits = Math.min(one.bits, other.bits);
  return one.address.match(other.address as never, bits);
}
