import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [Address, number];

/** More distinct peers than any installation has; past it the cache is emptied, not grown. */
const CACHED_ADDRESSES = 1024;

/** The address as people write it: an IPv4 peer of a dual-stack socket ("::ffff:10.0.0.1") is IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") ? ipaddr.process(address).toString() : address;
}

/**
 * A test for plain addresses against CIDR ranges ("10.0.0.0/8", "::1/128") or single addresses.
 * Throws Error with `code` agi_bad_range on anything else.
 */
export function createAllowList(ranges: readonly string[]): (address: string) => boolean {
  const parsed = ranges.map(parseRange);
  const cache = new Map<string, boolean>();
  return (address) => {
    const known = cache.get(address);
    if (known !== undefined) return known;
    const allowed = ipaddr.isValid(address) && isInside(ipaddr.process(address), parsed);
    if (cache.size >= CACHED_ADDRESSES) cache.clear();
    cache.set(address, allowed);
    return allowed;
  };
}

function isInside(address: Address, ranges: readonly Range[]): boolean {
  return ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
}

function parseRange(text: string): Range {
  try {
    const [base, bits] = text.includes("/") ? ipaddr.parseCIDR(text) : wholeAddress(ipaddr.parse(text));
    if (base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= 96) {
      return [base.toIPv4Address(), bits - 96];
    }
    return [base, bits];
  } catch (cause) {
    const says = `fastagi.allow: "${text}" is no address range: write it as 10.0.0.0/8`;
    throw Object.assign(new Error(says, { cause }), { code: "agi_bad_range" });
  }
}

function wholeAddress(address: Address): Range {
  return [address, address.kind() === "ipv4" ? 32 : 128];
}
