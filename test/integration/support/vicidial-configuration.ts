// Three clients of one VICIdial: where everything listens, their trunks and caps, and VICIdial's own part of the dialplan.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AsteriskVersion } from "../../../load/lab/find-asterisk.ts";

export const VICI_AT = {
  sip: "127.0.0.1:16060",
  ami: "127.0.0.1:16038",
  fastagi: "127.0.0.1:16073",
  http: "127.0.0.1:16085",
  callLog: "127.0.0.1:16577",
  redisPort: 16_079,
  mariadbPort: 16_306,
  carrierPort: 16_062,
  agent: { ip: "127.0.0.9", port: 16_064 },
  rtpStart: 16_100,
  rtpEnd: 16_999,
} as const;

/** Trunk → the carrier's address. */
export const VICI_CARRIERS = {
  apex_sip: "127.0.0.2",
  pool_a: "127.0.0.3",
  beta_sip: "127.0.0.4",
  gamma_sip: "127.0.0.5",
} as const;
export type ViciCarrier = keyof typeof VICI_CARRIERS;

const at = (name: ViciCarrier): string => `address: "${VICI_CARRIERS[name]}:${VICI_AT.carrierPort}"`;

const TRUNKS = `trunks:
  apex_sip: {${at("apex_sip")}, tenant: apex, channels: 50}
  beta_sip: {${at("beta_sip")}, tenant: beta, channels: 2}
  gamma_sip: {${at("gamma_sip")}, tenant: gamma, channels: 50}
  pool_a: {${at("pool_a")}, shared: true, channels: 50}
overflow: [pool_a]
`;

/** apex is capped at 3 legs; beta has 2 channels of its own and overflows; gamma has room. */
const TENANTS: Readonly<Record<string, string>> = {
  apex: `timezone: America/New_York
limits: {channels: 3, when_full: {outbound: {announce: all-agents-busy, then: busy}}}
trunks: {strategy: dedicated, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
outbound_prefixes: ["71"]
destinations: {allow: ["+1"], deny: ["+1900"]}
user_groups: [APEX]
campaigns: [APEXOUT]
ingroups: [APEX_IN]
dids:
  "+12125550100": {route: agents, vicidial_did_id: 17}
  "+12125550101": {route: agents}
routes: {agents: {ingroup: APEX_IN}}
`,
  beta: `timezone: America/New_York
limits: {channels: 5}
trunks: {strategy: hybrid, dedicated: [beta_sip]}
caller_ids: ["+13125550100"]
outbound_prefixes: ["72"]
user_groups: [BETA]
campaigns: [BETAOUT]
`,
  gamma: `timezone: America/New_York
trunks: {strategy: dedicated, dedicated: [gamma_sip]}
caller_ids: ["+14155550100"]
outbound_prefixes: ["73"]
user_groups: [GAMMA]
recording: {inbound: all, outbound: all, format: wav}
ingroups: [GAMMA_IN]
dids: {"+14155550100": {route: agents, vicidial_did_id: 18}}
routes: {agents: {ingroup: GAMMA_IN}}
`,
};

export type ViciText = {
  readonly version: AsteriskVersion;
  readonly slots: string;
  readonly database: string;
};

export function writeViciConfiguration(directory: string, { version, slots, database }: ViciText): void {
  mkdirSync(join(directory, "tenants"), { recursive: true });
  writeFileSync(
    join(directory, "signalbox.yaml"),
    `node: vici1
fastagi: {listen: "${VICI_AT.fastagi}"}
http: {listen: "${VICI_AT.http}"}
slots: "${slots}"
asterisk:
  - {server: ast1, ami: "${VICI_AT.ami}", username: signalbox, secret: "\${AMI_SECRET}", version: "${version}"}
vicidial:
  database: "${database}"
  do_not_call: true
  pass_unknown_dids: true
  fail_open: true
  fastagi: "${VICI_AT.callLog}"
  dial_prefix: "9"
`,
  );
  writeFileSync(join(directory, "trunks.yaml"), TRUNKS);
  for (const [name, yaml] of Object.entries(TENANTS))
    writeFileSync(join(directory, `tenants/${name}.yaml`), `tenant: ${name}\n${yaml}`);
}

/**
 * What VICIdial's installation brings: `default` with its `h` and the conferences of agents, and the way of calls from
 * its carriers. 8368 is where an answered automatic call waits for an agent.
 */
export function viciDialplan(
  carriers: readonly { readonly globals: string; readonly dialplan: string }[],
): string {
  return `[globals]
${carriers.map(({ globals }) => globals).join("\n")}

[vicidial-auto-external]
${carriers.map(({ dialplan }) => dialplan).join("\n")}

[default]
include => vicidial-auto-external
exten => h,1,AGI(agi://${VICI_AT.callLog}/ended,\${HANGUPCAUSE},\${DIALSTATUS},\${HANGUPCAUSE(\${HANGUPCAUSE_KEYS()},tech)})
exten => 8368,1,Answer()
 same => n,Wait(30)
 same => n,Hangup(16)
; Where VICIdial's script for answered calls looks for an agent, by the call code that it finds there.
exten => 8369,1,Log(NOTICE,ARRIVAL default:8369 caller=\${CALLERID(name)} connected=\${CONNECTEDLINE(name)})
 same => n,Wait(30)
 same => n,Hangup(16)
exten => _86000XX,1,ConfBridge(\${EXTEN})
; VICIdial records a conference through a Local channel that only listens, named by the file.
exten => _586000XX,1,ConfBridge(\${EXTEN:1})
exten => 8309,1,Answer()
 same => n,MixMonitor(vicidial/\${FILTER(A-Za-z0-9_-,\${CALLERID(name)})}.wav)
 same => n,Wait(30)
 same => n,Hangup(16)
exten => _99909*.,1,Log(NOTICE,ARRIVAL default:\${EXTEN} tenant=\${SB_TENANT} exit=\${AGIEXITONHANGUP})
 same => n,Answer()
 same => n,Wait(3)
 same => n,Hangup(16)

[trunkinbound]
exten => _X.,1,Log(NOTICE,ARRIVAL trunkinbound:\${EXTEN} tenant=\${SB_TENANT} exit=\${AGIEXITONHANGUP})
 same => n,Answer()
 same => n,Wait(3)
 same => n,Hangup(16)
`;
}
