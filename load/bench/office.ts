// The client that benches place calls for: opening hours, in-groups, numbers enough that no cache is warm, caps that
// are weighed at every call and never reached.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type OfficePlace = {
  readonly fastagi: string;
  readonly http: string;
  readonly ami: string;
  /** `memory` unless said. */
  readonly slots?: string;
};

const OFFICE_DIDS = 500;

export function officeDid(nth: number): string {
  return `+1212555${String(nth % OFFICE_DIDS).padStart(4, "0")}`;
}

/** Where its only carrier calls from. */
export const OFFICE_CARRIER = "127.0.0.3";

/** Writes the configuration into `directory`. `route` is the target of every number, as YAML. */
export function writeOffice(directory: string, place: OfficePlace, route: string, version = "22"): void {
  mkdirSync(join(directory, "tenants"), { recursive: true });
  writeFileSync(
    join(directory, "signalbox.yaml"),
    `node: bench
fastagi: {listen: "${place.fastagi}"}
http: {listen: "${place.http}"}
slots: "${place.slots ?? "memory"}"
asterisk:
  - {server: ast1, ami: "${place.ami}", username: signalbox, secret: "\${AMI_SECRET}", version: "${version}"}
`,
  );
  writeFileSync(
    join(directory, "trunks.yaml"),
    `trunks:\n  pool_a: {address: "${OFFICE_CARRIER}:5060", shared: true, channels: 100000}\noverflow: [pool_a]\n`,
  );
  const dids = Array.from({ length: OFFICE_DIDS }, (_, nth) => `  "${officeDid(nth)}": {route: main}\n`);
  writeFileSync(
    join(directory, "tenants/apex.yaml"),
    `tenant: apex
timezone: America/New_York
country: US
limits: {channels: 100000, inbound: 100000, calls_per_second: 10000}
trunks: {strategy: shared}
caller_ids: ["${officeDid(0)}"]
ingroups: [APEX_INBOUND]
dids:
${dids.join("")}hours:
  always: {weekly: {daily: ["00:00-24:00"]}}
routes:
  main: {hours: always, open: {route: desk}, closed: {hangup: busy}, holiday: {hangup: busy}}
  desk: ${route}
fallback: {ingroup: APEX_INBOUND}
`,
  );
}

/** For Asterisk's etc: a lab logs every line of the dialplan, which would be most of what a call costs. */
export const QUIET_LOG = { "logger.conf": "[general]\n[logfiles]\nfull => warning,error\n" } as const;
