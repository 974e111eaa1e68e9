import ipaddr from "ipaddr.js";
import type { Switch, System } from "../../core/snapshot/snapshot.ts";
import { setting } from "./setting.ts";

/** Events that Signalbox acts on; everything else stays in Asterisk. */
const EVENTS = ["DialBegin", "DialState", "DialEnd", "Hangup", "FullyBooted", "Shutdown"] as const;

/** What tells whether a probed carrier is there: PJSIP's event, and chan_sip's. */
const PROBES = { pjsip: "ContactStatus", sip: "PeerStatus" } as const;

/** Filters by event name came with Asterisk 22; before, they are silently ignored. */
const FIRST_WITH_FILTERS_BY_NAME = 22;

/**
 * The manager account with the least rights that work: `call` and `system` to read (the latter only for
 * FullyBooted), `reporting` to ask; to pause recordings, `call` as well. A filter that excludes by text would search the whole event, where a caller's
 * name could hide it; so there is none.
 */
export function renderManager(target: Switch, system: System): string {
  const lines = [
    "; Signalbox: manager account, for #include at the end of manager.conf",
    "[general](+)",
    "; The call, its direction and its client on every event and in CoreShowChannels; what became of its recording.",
    "channelvars=SB_CALL,SB_DIRECTION,SB_TENANT,SB_MARKS",
    "",
    `[${target.username}]`,
    setting("secret", target.secret),
    // Every node and the doctor come under this one name, whatever [general] says.
    "allowmultiplelogin=yes",
    ...peerLines(target, system),
    "read=call,system",
    system.recordingsPause ? "write=reporting,call" : "write=reporting",
    ...eventFilters(target),
    "",
  ];
  return lines.join("\n");
}

/**
 * Who may log in: this machine and the nodes. With one line that Asterisk cannot read, as a name of a host is, it disables
 * the account; and a `deny` of all IPv4 addresses says nothing of the others.
 */
function peerLines({ ami }: Switch, { fastagi }: System): string[] {
  const nodes = fastagi.addresses.map(hostOf).filter((host) => host !== "localhost");
  if (!nodes.every((host) => ipaddr.isValid(host)))
    return [
      "; fastagi.addresses has names, to which no account can be confined: the secret alone keeps others out.",
    ];
  const peers = [...new Set(["127.0.0.1", "::1", ...nodes])];
  const isSix = (host: string) => host.includes(":");
  // A node that comes by IPv6 and is asked by IPv4 comes from an address that nothing here says.
  const all =
    nodes.some(isSix) || ipaddr.IPv4.isValid(hostOf(ami)) ? ["0.0.0.0/0.0.0.0", "::/0"] : ["0.0.0.0/0.0.0.0"];
  return [
    ...all.map((range) => `deny=${range}`),
    ...peers.map((peer) => `permit=${peer}/${isSix(peer) ? "128" : "255.255.255.255"}`),
  ];
}

function eventFilters({ version, technology }: Switch): string[] {
  const events = [...EVENTS, PROBES[technology]];
  if (Number.parseInt(version, 10) < FIRST_WITH_FILTERS_BY_NAME) {
    return [`eventfilter=^Event: (${events.join("|")}|Newstate)[[:space:]]`];
  }
  return [
    ...events.map((event) => `eventfilter(action(include),name(${event})) =`),
    "eventfilter(action(include),name(Newstate),header(ChannelState),method(exact)) = 6",
    ...["DialBegin", "DialState", "DialEnd"].map(
      (event) =>
        `eventfilter(action(exclude),name(${event}),header(DestChannel),method(starts_with)) = Local/`,
    ),
  ];
}

/** `10.0.0.5:4573` → `10.0.0.5`. */
export function hostOf(address: string): string {
  return address.replace(/:[0-9]+$/, "").replace(/^\[|\]$/g, "");
}
