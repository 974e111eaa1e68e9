import ipaddr from "ipaddr.js";
import type { Switch } from "../../core/snapshot/snapshot.ts";
import type { Report } from "../issue.ts";
import { SYSTEM_FILE, TRUNKS_FILE } from "../read.ts";
import { breaksRegisterLine } from "../render/trunks.ts";
import { type Draft, isDropped } from "./draft.ts";

/** From here on Asterisk has no chan_sip. */
const FIRST_WITHOUT_CHAN_SIP = 21;

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
    if (each.technology === "sip" && Number(each.version) >= FIRST_WITHOUT_CHAN_SIP) {
      const says = `Asterisk ${each.version} has no chan_sip: use pjsip, or version 20 at most`;
      report.error(SYSTEM_FILE, [...at, "technology"], says);
    }
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
  checkSharing(system, report);
}

/** Nodes that know nothing of one another let in twice what they may, and each has a part of the records. */
function checkSharing({ fastagi, slots, records }: Draft["system"], report: Report): void {
  const nodes = fastagi.addresses.length;
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
  for (const { name, register, auth, match } of trunks.values()) {
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

function checkListening({ system: { raw } }: Draft["validated"], report: Draft["report"]): void {
  const { listen = "", addresses, allow = [] } = raw.fastagi ?? {};
  if (/^(0\.0\.0\.0|\[[0:]+\]):/.test(listen) && addresses === undefined) {
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
