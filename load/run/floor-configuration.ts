// The clients, trunks and phones that a load run places its calls between: every way a call can go, on numbers of its
// own, so that a counter of SIPp says which way went wrong.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Host addresses on the loopback; all carriers listen on one port, all phones on another. */
export const PEOPLE = {
  apex: "127.0.0.2",
  pool: "127.0.0.3",
  phone: "127.0.0.9",
  busyPhone: "127.0.0.10",
  deafPhone: "127.0.0.11",
  slowPhone: "127.0.0.12",
  briefPhone: "127.0.0.13",
  transferringPhone: "127.0.0.14",
} as const;

/** In this order they are PJSIP/100 and on. */
export const PHONES = [
  "phone",
  "busyPhone",
  "deafPhone",
  "slowPhone",
  "briefPhone",
  "transferringPhone",
] as const;

/** What a carrier can do with a call; each is the own trunk of a client of its own, with the pool behind it. */
export const ROLES = ["accept", "busy", "unavailable", "unknown", "silent", "dead", "slow", "brief"] as const;
export type Role = (typeof ROLES)[number];

/** Where the carrier of a role takes calls; nobody listens at the dead one's. */
export const carrierOf = (role: Role): string => `127.0.0.${20 + ROLES.indexOf(role)}`;
/** The phone of that carrier's client: its name and where it calls from. */
export const callerOf = (role: Role) => ({
  name: `20${ROLES.indexOf(role)}`,
  ip: `127.0.0.${30 + ROLES.indexOf(role)}`,
});

export const NUMBERS = {
  menu: "+12125550100",
  direct: "+12125550101",
  phone: "+12125550102",
  busyPhone: "+12125550103",
  deafPhone: "+12125550104",
  turnedAway: "+12125550105",
  slowPhone: "+12125550106",
  briefPhone: "+12125550107",
  transferringPhone: "+12125550108",
  announcement: "+12125550109",
  nobodys: "+12125559999",
  capped: "+13125550100",
} as const;

/** Somebody out there, whom every carrier reaches; and somebody whom no client here may call. */
export const OUTSIDE = "14155557777";
export const FORBIDDEN = "19005550100";

export const CAP = 20;

export type NodeName = "one" | "two";

/** How one node reaches everybody and is reached; only what differs from a direct line on the loopback. */
export type FloorPlace = {
  readonly ports: number;
  readonly recording: boolean;
  readonly node?: NodeName;
  /** Where it listens: host:port. */
  readonly fastagi?: string;
  readonly http?: string;
  /** What the switch dials. */
  readonly addresses?: readonly string[];
  readonly ami?: string;
  readonly slots?: string;
  readonly records?: string;
  /** Networks that switch and nodes are in. */
  readonly networks?: readonly string[];
};

export function addressesOf(ports: number) {
  const at = (nth: number) => `127.0.0.1:${ports + nth}`;
  return {
    ...{ sip: at(0), ami: at(1), fastagi: at(2), http: at(3) },
    ...{ redisPort: ports + 4, carrierPort: ports + 5, phonePort: ports + 6 },
    ...{ secondFastagi: at(7), secondHttp: at(8) },
    ...{ replicaPort: ports + 9, sentinelPort: ports + 10, mariadbPort: ports + 11 },
    ...{ amiLine: at(12), redisLine: at(13), recordsLine: at(14), stepLine: at(15) },
    ...{ rtpStart: ports + 100, rtpEnd: ports + 899 },
  };
}

const APEX = (recording: boolean): string => `tenant: apex
timezone: UTC
country: US
limits: {channels: 1500, inbound: 1500, outbound: 1000, calls_per_second: 1000}
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["${NUMBERS.menu}"]
ingroups: [APEX_MAIN, APEX_LOST]
dids:
  "${NUMBERS.menu}": {route: welcome}
  "${NUMBERS.direct}": {route: main}
  "${NUMBERS.phone}": {route: phone}
  "${NUMBERS.busyPhone}": {route: busy_phone}
  "${NUMBERS.deafPhone}": {route: deaf_phone}
  "${NUMBERS.turnedAway}": {route: away}
  "${NUMBERS.slowPhone}": {route: slow_phone}
  "${NUMBERS.briefPhone}": {route: brief_phone}
  "${NUMBERS.transferringPhone}": {route: transferring_phone}
  "${NUMBERS.announcement}": {route: announcement}
routes:
  welcome: {menu: welcome}
  main: {ingroup: APEX_MAIN}
  phone: {dial: PJSIP/100, ring_seconds: 10}
  busy_phone: {dial: PJSIP/101, ring_seconds: 10, busy: {hangup: busy}}
  deaf_phone: {dial: PJSIP/102, ring_seconds: 2, no_answer: {ingroup: APEX_LOST}}
  away: {hangup: busy}
  slow_phone: {dial: PJSIP/103, ring_seconds: 10}
  brief_phone: {dial: PJSIP/104, ring_seconds: 10}
  transferring_phone: {dial: PJSIP/105, ring_seconds: 10}
  announcement: {announce: blip, then: {announce: blip, then: {hangup: normal}}}
menus:
  welcome:
    prompt: blip
    wait_seconds: 5
    choices: {"1": {ingroup: APEX_MAIN}, "2": {route: phone}}
    exhausted: {ingroup: APEX_LOST}
${recording ? "recording: {inbound: all, outbound: all, format: wav}\n" : ""}fallback: {ingroup: APEX_LOST}
`;

const BRAVO = `tenant: bravo
timezone: UTC
country: US
limits: {channels: ${CAP}, when_full: {inbound: busy, outbound: congestion}}
trunks: {strategy: shared}
caller_ids: ["${NUMBERS.capped}"]
ingroups: [BRAVO_MAIN]
dids: {"${NUMBERS.capped}": {route: main}}
routes: {main: {ingroup: BRAVO_MAIN}}
fallback: {ingroup: BRAVO_MAIN}
`;

/** The phone is named by a route so that it is this client's; nobody calls that number. */
function clientOf(role: Role, nth: number): string {
  const number = `+1415555010${nth}`;
  return `tenant: c_${role}
timezone: UTC
country: US
trunks: {strategy: hybrid, dedicated: [t_${role}]}
caller_ids: ["${number}"]
dids: {"${number}": {route: phone}}
routes: {phone: {dial: PJSIP/${callerOf(role).name}}}
destinations: {allow: ["+1"], deny: ["+1900"]}
fallback: {hangup: busy}
`;
}

/** Writes the configuration into `directory`. */
export function writeFloor(directory: string, place: FloorPlace): void {
  const { ports, recording } = place;
  const { carrierPort } = addressesOf(ports);
  mkdirSync(join(directory, "tenants"), { recursive: true });
  const trunk = (name: string, ip: string, rest: string) =>
    `  ${name}: {address: "${ip}:${carrierPort}", channels: 1000, ${rest}}\n`;
  writeFileSync(join(directory, "signalbox.yaml"), systemOf(place));
  writeFileSync(
    join(directory, "trunks.yaml"),
    `trunks:
${trunk("apex_sip", PEOPLE.apex, "tenant: apex")}${trunk("pool_a", PEOPLE.pool, "shared: true")}${ROLES.map(
  (role) => trunk(`t_${role}`, carrierOf(role), `tenant: c_${role}`),
).join("")}overflow: [pool_a]\n`,
  );
  writeFileSync(join(directory, "tenants/apex.yaml"), APEX(recording));
  writeFileSync(join(directory, "tenants/bravo.yaml"), BRAVO);
  for (const [nth, role] of ROLES.entries()) {
    writeFileSync(join(directory, `tenants/c_${role}.yaml`), clientOf(role, nth));
  }
}

function systemOf(place: FloorPlace): string {
  const { fastagi, http, ami, redisPort } = addressesOf(place.ports);
  const networks = JSON.stringify(place.networks ?? ["127.0.0.0/8"]);
  const listen = place.fastagi ?? fastagi;
  const addresses = JSON.stringify(place.addresses ?? [listen]);
  return `node: ${place.node ?? "one"}
slots: "${place.slots ?? `redis://127.0.0.1:${redisPort}/0`}"
records: "${place.records ?? "sqlite:signalbox.db"}"
fastagi: {listen: "${listen}", allow: ${networks}, addresses: ${addresses}}
http: {listen: "${place.http ?? http}"}
asterisk:
  - {server: ast1, ami: "${place.ami ?? ami}", username: signalbox, secret: "\${AMI_SECRET}", version: "22", addresses: ${networks}}
`;
}

/** Answers whatever reaches an in-group and holds it. */
export const FLOOR_DIALPLAN = `[signalbox-ingroup]
exten => _[A-Za-z0-9][A-Za-z0-9_]!,1,Answer()
 same => n,Wait(3600)
 same => n,Hangup(16)
`;
