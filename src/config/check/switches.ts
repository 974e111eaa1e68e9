import ipaddr from "ipaddr.js";
import type { Switch } from "../../core/snapshot/snapshot.ts";
import type { Report } from "../issue.ts";
import { SYSTEM_FILE, TRUNKS_FILE } from "../read.ts";
import { hostOf } from "../render/manager.ts";
import { breaksRegisterLine } from "../render/trunks.ts";
import { type Draft, isDropped } from "./draft.ts";

/** From here on Asterisk has no chan_sip. */
const FIRST_WITHOUT_CHAN_SIP = 21;

export function lacksChanSip({ version }: Switch): boolean {
  return Number(version) >= FIRST_WITHOUT_CHAN_SIP;
}

/** Sections of manager.conf and sip.conf that are about everybody. */
const GENERAL: ReadonlySet<string> = new Set(["general", "authentication"]);

/** The switches, and who may ask for decisions. */
export function checkSwitches({ system, trunks, validated, report }: Draft): void {
  checkChanSip(system.switches, trunks, report);
  const seen = new Set<string>();
  const managers = new Map<string, string>();
  for (const [index, each] of system.switches.entries()) {
    const at = ["asterisk", index];
    if (seen.has(each.server)) {
      const says = `two switches are named "${each.server}": give each its own name`;
      report.error(SYSTEM_FILE, [...at, "server"], says);
    }
    seen.add(each.server);
    const manager = each.ami.toLowerCase();
    const other = managers.get(manager);
    if (other !== undefined && other !== each.server) {
      const says = `${each.ami} is ${other}'s already, and each of its calls would be counted twice: name each switch's own`;
      report.error(SYSTEM_FILE, [...at, "ami"], says);
    }
    managers.set(manager, other ?? each.server);
    if (each.technology === "sip" && lacksChanSip(each)) {
      const says = `Asterisk ${each.version} has no chan_sip: use pjsip, or version 20 at most`;
      report.error(SYSTEM_FILE, [...at, "technology"], says);
    }
    if (GENERAL.has(each.username.toLowerCase())) {
      const says = `a manager account cannot be named "${each.username}", a section of manager.conf: choose another name`;
      report.error(SYSTEM_FILE, [...at, "username"], says);
    }
    if (!checkSource(each, index, system.fastagi.addresses, report)) continue;
    const outside = each.addresses.find((address) => !isAllowed(address, system.fastagi.allow));
    if (outside !== undefined) {
      const says = `FastAGI connections from ${outside} are refused, since fastagi.allow does not have it: add it there`;
      report.warn(SYSTEM_FILE, [...at, "addresses"], says);
    }
  }
  if (system.switches.length === 0 && !isDropped(validated.system.dropped, "asterisk")) {
    report.warn(SYSTEM_FILE, [], "no switch is listed under asterisk: no call will be seen or counted");
  }
  checkCallIds(system.switches, report);
  checkListening(validated, report);
  checkPorts(system, validated.system, report);
  checkSharing(system, report);
}

/** Nodes that know nothing of one another let in twice what they may, and each has a part of the records. */
function checkSharing({ fastagi, slots, records }: Draft["system"], report: Report): void {
  const nodes = new Set(fastagi.addresses).size;
  if (nodes < 2) return;
  if (slots === "memory") {
    const says = `fastagi.addresses names ${nodes} nodes, and each would count channels by itself: set a Redis that they share`;
    report.warn(SYSTEM_FILE, ["slots"], says);
  }
  if (records.startsWith("sqlite:")) {
    const says = `fastagi.addresses names ${nodes} nodes, and each would keep calls in a file of its own, parts of one call in several: set a mysql:// database that they share`;
    report.warn(SYSTEM_FILE, ["records"], says);
  }
}

/**
 * A call id is the switch's name and the channel's uniqueid, which begins with the `systemname` of asterisk.conf where
 * there is one. What cannot be told apart then is two calls of one second and one number in it: seldom, but they become
 * one record.
 */
function checkCallIds(switches: readonly Switch[], report: Report): void {
  for (const [index, { server }] of switches.entries()) {
    const other = switches.find((each) => server.startsWith(`${each.server}-`));
    if (other === undefined) continue;
    const systemname = server.slice(other.server.length + 1);
    const says = `its calls could have the ids of calls on ${other.server}, were that one's systemname in asterisk.conf "${systemname}": see that it is not, or name one of the two otherwise`;
    report.warn(SYSTEM_FILE, ["asterisk", index, "server"], says);
  }
}

/** A chan_sip peer knows one host, and what its registrations hold is parted by signs that cannot be escaped. */
function checkChanSip(switches: readonly Switch[], trunks: Draft["trunks"], report: Report): void {
  const old = switches.find((each) => each.technology === "sip");
  if (old === undefined) return;
  for (const { name, endpoint, existing, register, auth, match } of trunks.values()) {
    if (!existing && GENERAL.has(endpoint.toLowerCase())) {
      const says = `${old.server} has chan_sip, and [${endpoint}] of its sip.conf is about every peer: choose another name`;
      report.error(TRUNKS_FILE, ["trunks", name], says);
    }
    if (register && auth !== null && [auth.username, auth.password].some(breaksRegisterLine)) {
      const says = `${old.server} has chan_sip, whose register line can hold none of : ? / @ ~ in a name or a password: agree on others with the carrier`;
      report.error(TRUNKS_FILE, ["trunks", name, "register"], says);
    }
    if (match.length > 0) {
      const says = `${old.server} has chan_sip, which knows this trunk by its address alone: calls from elsewhere are strangers there`;
      report.warn(TRUNKS_FILE, ["trunks", name, "match"], says);
    }
  }
}

/**
 * Where a connection comes from follows from where it goes to: to a machine's own loopback address from that, to any
 * other from none such. A switch whose `addresses` cannot be that gets no decision at all.
 */
function checkSource(
  { server, addresses }: Switch,
  index: number,
  dialled: readonly string[],
  report: Report,
): boolean {
  const hosts = dialled.map(hostOf);
  // What a name means is known on the switch alone, and 0.0.0.0 is an error of its own.
  if (!hosts.every((host) => ipaddr.isValid(host) && !isUnspecified(host))) return true;
  if (hosts.some((host) => addresses.some((range) => canComeFrom(range, host)))) return true;
  const says = `${server} dials ${dialled.join(", ")}, and a connection there never comes from ${addresses.join(", ")}: ${
    hosts.every(isLoopback)
      ? "let fastagi.listen be an address that it reaches, or add its loopback address when it is on this machine"
      : "add the address that it has on the way there"
  }`;
  report.warn(SYSTEM_FILE, ["asterisk", index, "addresses"], says);
  return false;
}

function canComeFrom(range: string, host: string): boolean {
  const [base, bits] = parse(range);
  const to = ipaddr.parse(host);
  if (base.kind() !== to.kind()) return false;
  return isLoopback(host) ? isLoopback(base.toString()) || bits === 0 : base.range() !== "loopback";
}

function isLoopback(host: string): boolean {
  return ipaddr.parse(host).range() === "loopback";
}

/** `0.0.0.0` or `::`, which is every address of the machine that listens and none that can be dialled. */
function isUnspecified(host: string): boolean {
  return ipaddr.isValid(host) && ipaddr.parse(host).range() === "unspecified";
}

/** Both listen at once: the second would find the port taken. */
function checkPorts(
  { fastagi, http }: Draft["system"],
  { raw, dropped }: Draft["validated"]["system"],
  report: Report,
) {
  if (isDropped(dropped, "fastagi") || isDropped(dropped, "http")) return;
  const [one, other] = [fastagi.listen, http.listen].map((each) => ({
    host: hostOf(each),
    port: each.replace(/^.*:/, ""),
  }));
  if (one === undefined || other === undefined || Number(one.port) !== Number(other.port)) return;
  const everywhere = [one, other].some(({ host }) => isUnspecified(host));
  if (one.host !== other.host && !everywhere) return;
  const at = raw.http?.listen === undefined ? ["fastagi", "listen"] : ["http", "listen"];
  report.error(SYSTEM_FILE, at, `FastAGI and HTTP cannot share the port ${one.port}: give each its own`);
}

function checkListening({ system: { raw } }: Draft["validated"], report: Draft["report"]): void {
  const { listen = "", addresses, allow = [] } = raw.fastagi ?? {};
  for (const address of addresses ?? [listen]) {
    const host = hostOf(address);
    if (host === "" || host === "localhost" || ipaddr.isValid(host)) continue;
    const says = `${address} is a name, which Asterisk looks up for every step of a call, and to which no manager account can be confined: write the address`;
    report.warn(SYSTEM_FILE, ["fastagi", addresses === undefined ? "listen" : "addresses"], says);
  }
  addresses?.forEach((address, index) => {
    const twice = addresses.indexOf(address) !== index;
    const says = twice
      ? "is here twice: keep one"
      : "is no address that a switch can dial: name the node's own";
    if (!twice && !isUnspecified(hostOf(address))) return;
    report.error(SYSTEM_FILE, ["fastagi", "addresses", index], `${address} ${says}`);
  });
  if (isUnspecified(hostOf(listen)) && addresses === undefined) {
    const says = `${listen} is no address that a switch can dial: add addresses with this node's own`;
    report.error(SYSTEM_FILE, ["fastagi", "addresses"], says);
  }
  allow.forEach((range, index) => {
    if (!/\/0$/.test(range)) return;
    const says = `lets everybody connect, and FastAGI has power over Asterisk: list the switches only`;
    report.warn(SYSTEM_FILE, ["fastagi", "allow", index], says);
  });
}

/** A switch's address or network lies inside one of the ranges. */
function isAllowed(text: string, ranges: readonly string[]): boolean {
  const [base, bits] = parse(text);
  return ranges.some((range) => {
    const [outer, outerBits] = parse(range);
    return base.kind() === outer.kind() && bits >= outerBits && base.match(outer, outerBits);
  });
}

function parse(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (text.includes("/")) return ipaddr.parseCIDR(text);
  const address = ipaddr.parse(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}
