// A configuration of many clients, for measuring what size costs. Every client has menus, hours with holidays, routes
// of several kinds, limits and numbers of its own: what a real one has, so that nothing is cheap by being absent.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Size = { readonly tenants: number; readonly dids: number };

/** Zones and states in turn: a thousand clients do not all keep the same holidays. */
const PLACES = [
  ["America/New_York", "US", "NY"],
  ["America/Chicago", "US", "IL"],
  ["America/Denver", "US", "CO"],
  ["America/Los_Angeles", "US", "CA"],
  ["America/Phoenix", "US", "AZ"],
  ["America/Toronto", "CA", "ON"],
  ["Europe/London", "GB", "ENG"],
  ["Europe/Berlin", "DE", "BY"],
] as const;

/** The number of a client's DID: `+1` and ten digits, another for each pair. */
export function didOf(tenant: number, did: number, size: Size): string {
  return `+1${2_125_000_000 + tenant * size.dids + did}`;
}

/** Writes `signalbox.yaml`, `trunks.yaml` and a file for each client into `directory`, for a node on `ports`. */
export function writeClients(directory: string, size: Size, ports: { fastagi: number; http: number }): void {
  mkdirSync(join(directory, "tenants"), { recursive: true });
  writeFileSync(join(directory, "signalbox.yaml"), systemText(ports));
  writeFileSync(join(directory, "trunks.yaml"), trunksText());
  for (let index = 0; index < size.tenants; index++) writeClient(directory, index, size);
  writeSounds(join(directory, "..", "sounds"));
}

/** Writes one client's file; another `label` is a change that makes it a new one. */
export function writeClient(directory: string, index: number, size: Size, label = "Line"): void {
  writeFileSync(join(directory, "tenants", `${tenantName(index)}.yaml`), tenantText(index, size, label));
}

export function tenantName(index: number): string {
  return `t${String(index).padStart(4, "0")}`;
}

function systemText({ fastagi, http }: { fastagi: number; http: number }): string {
  const account = 'username: signalbox, secret: "x"';
  return [
    "node: scale",
    `fastagi: {listen: "127.0.0.1:${fastagi}"}`,
    `http: {listen: "127.0.0.1:${http}"}`,
    "asterisk:",
    `  - {server: ast22, ami: "127.0.0.1:5038", ${account}, version: "22"}`,
    `  - {server: ast16, ami: "127.0.0.1:5039", ${account}, version: "16"}`,
    "",
  ].join("\n");
}

function trunksText(): string {
  return [
    "trunks:",
    '  pool_a: {address: "127.0.0.3:5060", shared: true, channels: 10000}',
    '  pool_b: {address: "127.0.0.4:5060", shared: true, channels: 5000}',
    "overflow: [pool_a, pool_b]",
    "",
  ].join("\n");
}

function tenantText(index: number, size: Size, label: string): string {
  const id = tenantName(index);
  const [zone, country, state] = PLACES[index % PLACES.length] ?? PLACES[0];
  const dids = Array.from({ length: size.dids }, (_, did) => {
    const route = did % 10 === 0 ? "desk" : "main";
    return `  "${didOf(index, did, size)}": {route: ${route}, label: "${label} ${did}", monthly_cost: 1.20}`;
  });
  return `tenant: ${id}
name: Client ${index}
timezone: ${zone}
agents: 20
limits: {channels: 40, inbound: 20, outbound: 30, reserved: 2, calls_per_second: 5, when_full: {inbound: {announce: busy, then: busy}}}
trunks: {strategy: shared}
caller_ids: ["${didOf(index, 0, size)}"]
dids:
${dids.join("\n")}
hours:
  office:
    weekly: {mon-fri: ["08:00-12:00", "13:00-17:30"], sat: ["22:00-02:00"]}
    holidays: {country: ${country}, state: ${state}}
    exceptions: {"2026-12-24": ["09:00-12:00"], "2026-12-31": closed}
fallback: {announce: sorry}
routes:
  main: {hours: office, open: {menu: welcome}, closed: {menu: night}, holiday: {announce: holiday}}
  desk: {dial: "PJSIP/${id}-100", ring_seconds: 20, no_answer: {voicemail: "100"}}
menus:
  welcome:
    prompt: welcome
    choices: {"1": {queue: ${id}-sales, wait_seconds: 60, timeout: {route: desk}}, "2": {ingroup: ${id.toUpperCase()}_IN}, "0": {route: desk}, "*": {menu: welcome}}
    invalid: {announce: invalid}
    exhausted: {route: desk}
  night: {prompt: night, attempts: 2, choices: {"1": {voicemail: "100"}}, exhausted: {announce: sorry}}
ingroups: [${id.toUpperCase()}_IN]
queues: [${id}-sales]
`;
}

/** Every prompt is shared: what is measured is the configuration and not a folder of sounds. */
function writeSounds(directory: string): void {
  mkdirSync(join(directory, "shared"), { recursive: true });
  for (const name of ["welcome", "night", "holiday", "sorry", "busy", "invalid"]) {
    writeFileSync(join(directory, "shared", `${name}.wav`), "");
  }
}
