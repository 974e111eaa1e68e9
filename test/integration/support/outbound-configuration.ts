// Who may call out in these tests, over whom, and where everything listens.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AsteriskVersion } from "../../../load/lab/find-asterisk.ts";

export const OUT_AT = {
  sip: "127.0.0.1:15060",
  ami: "127.0.0.1:15038",
  fastagi: "127.0.0.1:15073",
  http: "127.0.0.1:15085",
  redisPort: 15_079,
  rtpStart: 15_200,
  rtpEnd: 15_999,
} as const;

/** Trunk → the carrier's address; all listen on one port. */
export const CARRIER_PORT = 15_062;
export const CARRIERS = {
  apex_sip: "127.0.0.2",
  pool_a: "127.0.0.3",
  pool_b: "127.0.0.4",
  globex_sip: "127.0.0.5",
  mute_sip: "127.0.0.6",
  dead_sip: "127.0.0.7",
  watched_sip: "127.0.0.8",
  left_sip: "127.0.0.11",
  hush_sip: "127.0.0.12",
  shy_sip: "127.0.0.13",
  open_sip: "127.0.0.14",
  house_pbx: "127.0.0.15",
} as const;
export type CarrierName = keyof typeof CARRIERS;

/** Phones, known by their address: account code and context. */
export const PHONES = {
  apex: { ip: "127.0.0.20", accountcode: "apex", context: "signalbox-outbound" },
  apexAlias: { ip: "127.0.0.21", accountcode: "A-100", context: "signalbox-outbound" },
  globex: { ip: "127.0.0.22", accountcode: "globex", context: "signalbox-outbound" },
  nobody: { ip: "127.0.0.23", accountcode: "4711", context: "signalbox-outbound" },
  contextOfApex: { ip: "127.0.0.24", accountcode: "", context: "signalbox-outbound-apex" },
  crossed: { ip: "127.0.0.30", accountcode: "apex", context: "signalbox-outbound-globex" },
  office: { ip: "127.0.0.25", accountcode: "apex", context: "office" },
  strict: { ip: "127.0.0.26", accountcode: "strict", context: "signalbox-outbound" },
  choosy: { ip: "127.0.0.31", accountcode: "choosy", context: "signalbox-outbound" },
  tiny: { ip: "127.0.0.27", accountcode: "tiny", context: "signalbox-outbound" },
  mute: { ip: "127.0.0.28", accountcode: "mute", context: "signalbox-outbound" },
  thrifty: { ip: "127.0.0.33", accountcode: "thrifty", context: "signalbox-outbound" },
  left: { ip: "127.0.0.34", accountcode: "left", context: "signalbox-outbound" },
  watched: { ip: "127.0.0.32", accountcode: "watched", context: "signalbox-outbound" },
  hush: { ip: "127.0.0.35", accountcode: "hush", context: "signalbox-outbound" },
  withheld: { ip: "127.0.0.36", accountcode: "apex", context: "withheld" },
  manners: { ip: "127.0.0.37", accountcode: "manners", context: "withheld" },
  house: { ip: "127.0.0.38", accountcode: "house", context: "signalbox-outbound" },
  /** Has a display for the other side. */
  shown: { ip: "127.0.0.40", accountcode: "apex", context: "signalbox-outbound" },
  visitor: { ip: "127.0.0.39", accountcode: "", context: "withheld-in" },
  dead: { ip: "127.0.0.29", accountcode: "dead", context: "signalbox-outbound" },
} as const;
export type PhoneName = keyof typeof PHONES;

const at = (name: CarrierName): string => `address: "${CARRIERS[name]}:${CARRIER_PORT}"`;

const TRUNKS = `trunks:
  apex_sip: {${at("apex_sip")}, tenant: apex, channels: 1}
  pool_a: {${at("pool_a")}, shared: true, channels: 50}
  pool_b: {${at("pool_b")}, shared: true, channels: 50, send_as: international, prefix: "9"}
  globex_sip: {${at("globex_sip")}, tenant: globex, channels: 1, send_as: international, strip: 1, prefix: "00"}
  mute_sip: {${at("mute_sip")}, tenant: mute, channels: 5, silent_seconds: 0}
  dead_sip: {${at("dead_sip")}, tenant: dead, channels: 5, send_as: national, silent_seconds: 0}
  left_sip: {${at("left_sip")}, tenant: left, channels: 5, silent_seconds: 0}
  hush_sip: {${at("hush_sip")}, tenant: hush, channels: 5, silent_seconds: 3}
  shy_sip: {${at("shy_sip")}, tenant: manners, channels: 1, privacy: always}
  open_sip: {${at("open_sip")}, tenant: manners, channels: 5, privacy: never, asserted_identity: false}
  house_pbx: {${at("house_pbx")}, tenant: house, channels: 1, internal: true}
  watched_sip: {${at("watched_sip")}, tenant: watched, channels: 5, qualify_seconds: 1}
overflow: [pool_a, pool_b]
`;

export const NIGHT_DESK = "+12125550199";

const TENANTS: Readonly<Record<string, string>> = {
  apex: `timezone: America/New_York
accountcodes: [apex, A-100]
limits: {longest_call_minutes: 7}
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["+12125550100", "+12125550101"]
emergency: {caller_id: "+12125550101", trunks: [apex_sip, pool_a]}
outbound_prefixes: ["71"]
destinations: {allow: ["+1"], deny: ["+1900", "+1268"]}
do_not_call: {file: dnc/apex.txt}
ingroups: [APEX_MAIN, APEX_LATE]
dids:
  "+12125550100": {route: night}
  "+12125550102": {route: nightAndBack}
routes:
  night: {forward: "${NIGHT_DESK}", ring_seconds: 6, no_answer: {voicemail: "100", greeting: none}}
  nightAndBack: {forward: "${NIGHT_DESK}", ring_seconds: 2, no_answer: {ingroup: APEX_LATE}}
`,
  globex: `timezone: America/New_York
limits: {longest_call_minutes: 3}
trunks: {strategy: dedicated, dedicated: [globex_sip]}
caller_ids: ["+13035550100", "+12125550180"]
caller_id: {choice: area_code}
outbound_prefixes: ["72"]
`,
  strict: `timezone: America/New_York
trunks: {strategy: shared}
caller_ids: ["+13035550120"]
destinations: {allow: ["+1", "+44", "+81", "+91"]}
calling_window: {from: "08:00", to: "21:00", zone: callee}
`,
  choosy: `timezone: America/New_York
trunks: {strategy: shared}
caller_ids: ["+13035550160"]
caller_id: {on_foreign: refuse}
`,
  tiny: `timezone: America/New_York
limits: {channels: 1}
trunks: {strategy: shared}
caller_ids: ["+13035550130"]
emergency: {caller_id: "+13035550130", trunks: [pool_a]}
outbound_prefixes: ["74"]
`,
  mute: `timezone: America/New_York
trunks: {strategy: hybrid, dedicated: [mute_sip]}
caller_ids: ["+13035550140"]
`,
  dead: `timezone: America/New_York
trunks: {strategy: hybrid, dedicated: [dead_sip]}
caller_ids: ["+13035550150"]
`,
  left: `timezone: America/New_York
trunks: {strategy: hybrid, dedicated: [left_sip]}
caller_ids: ["+13035550190"]
`,
  hush: `timezone: America/New_York
trunks: {strategy: hybrid, dedicated: [hush_sip]}
caller_ids: ["+13035550195"]
emergency: {caller_id: "+13035550195"}
dids:
  "+13035550195": {route: night}
routes:
  night: {forward: "${NIGHT_DESK}", ring_seconds: 6}
`,
  manners: `timezone: America/New_York
trunks: {strategy: dedicated, dedicated: [shy_sip, open_sip]}
caller_ids: ["+13035550196"]
dids:
  "+13035550196": {route: night}
routes:
  night: {forward: "${NIGHT_DESK}", ring_seconds: 6}
`,
  house: `timezone: America/New_York
trunks: {strategy: hybrid, dedicated: [house_pbx]}
caller_ids: ["+13035550197"]
`,
  thrifty: `timezone: America/New_York
trunks: {strategy: shared}
caller_ids: ["+13035550180"]
spending: {calls_per_day: 2, minutes_per_day: 1, per_prefix: {"+1646": {calls_per_day: 1}}}
`,
  watched: `timezone: America/New_York
trunks: {strategy: hybrid, dedicated: [watched_sip]}
caller_ids: ["+13035550170"]
`,
};

export function writeOutboundConfiguration(directory: string, version: AsteriskVersion, slots: string): void {
  mkdirSync(join(directory, "tenants"), { recursive: true });
  mkdirSync(join(directory, "dnc"), { recursive: true });
  writeFileSync(
    join(directory, "signalbox.yaml"),
    `node: out1
fastagi: {listen: "${OUT_AT.fastagi}"}
http: {listen: "${OUT_AT.http}"}
slots: "${slots}"
do_not_call: {file: dnc/system.txt}
asterisk:
  - {server: ast1, ami: "${OUT_AT.ami}", username: signalbox, secret: "\${AMI_SECRET}", version: "${version}"}
`,
  );
  writeFileSync(join(directory, "dnc/apex.txt"), "+12125550170\n");
  writeFileSync(join(directory, "dnc/system.txt"), "# for everyone\n+12125550171\n");
  writeFileSync(join(directory, "trunks.yaml"), TRUNKS);
  for (const [name, yaml] of Object.entries(TENANTS))
    writeFileSync(join(directory, `tenants/${name}.yaml`), `tenant: ${name}\n${yaml}`);
}

/** The context of an operator who has extensions of his own beside the way out. */
export const OPERATOR_CONTEXTS = `[office]
include => signalbox-outbound
exten => 100,1,Answer()
 same => n,Wait(5)
exten => _2XX,1,Answer()
 same => n,Wait(5)

; A phone that withholds its number, and an inbound call of somebody who does.
[withheld]
exten => _[+0-9].,1,Set(CALLERID(pres)=prohib)
 same => n,Goto(signalbox-outbound,\${EXTEN},1)

[withheld-in]
exten => _X!,1,Set(CALLERID(pres)=prohib)
 same => n,Goto(signalbox-inbound,\${EXTEN},1)

; A dialler's calls: Local channels, with its own call code as the caller ID's name.
[machine]
exten => _X!,1,Set(CHANNEL(accountcode)=apex)
 same => n,Set(CALLERID(name)=V1121230001000000123)
 same => n,Goto(signalbox-outbound,\${EXTEN},1)

[manual]
exten => _X!,1,Set(CHANNEL(accountcode)=apex)
 same => n,Set(CALLERID(name)=M1121230001000000123)
 same => n,Goto(signalbox-outbound,\${EXTEN},1)
`;

export function phoneEndpoints(): string {
  return Object.entries(PHONES)
    .map(([name, { ip, accountcode, context }]) => {
      const code = accountcode === "" ? "" : `accountcode=${accountcode}\n`;
      return (
        `[phone-${name}]\ntype=endpoint\ncontext=${context}\n${code}disallow=all\nallow=ulaw,alaw\n` +
        `direct_media=no\nrtp_symmetric=yes\n${name === "shown" ? "send_pai=yes\n" : ""}[phone-${name}]\ntype=identify\nendpoint=phone-${name}\nmatch=${ip}\n`
      );
    })
    .join("\n");
}
