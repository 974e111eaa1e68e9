// A world whose calls are recorded: a client that records everything, one that plays a notice first, one that records a
// share; a phone that can pause its calls, and carriers. What is recorded is read with the commands an operator uses.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AsteriskVersion } from "../../../load/lab/find-asterisk.ts";
import { waitFor } from "../../../load/lab/ports.ts";
import { startWorld, type World } from "../../../load/lab/world.ts";
import { runSipp, type Scenario, type SippOptions, type SippResult } from "../../../load/sipp-runner.ts";
import { runCommandLine } from "../../../src/commands/program.ts";
import { writePrompts } from "./prompts.ts";

export const REC_AT = {
  sip: "127.0.0.1:17060",
  ami: "127.0.0.1:17038",
  fastagi: "127.0.0.1:17073",
  http: "127.0.0.1:17085",
  carrier: { ip: "127.0.0.2", port: 17_062 },
  pool: { ip: "127.0.0.3", port: 17_062 },
  phone: { ip: "127.0.0.9", port: 17_064 },
  otherPhone: { ip: "127.0.0.10", port: 17_064 },
  rtpStart: 17_100,
  rtpEnd: 17_899,
} as const;

const MEMBERS = "[apex-claims]\nstrategy=ringall\ntimeout=20\nmember => PJSIP/100\n";
const FEATURES =
  'sbpause => *1,peer,Gosub,"sb-record-pause,s,1"\nsbresume => *2,peer,Gosub,"sb-record-resume,s,1"\n';
const PHONE = `[100]
type=endpoint
context=signalbox-outbound
accountcode=apex
disallow=all
allow=ulaw
aors=100
direct_media=no
rtp_symmetric=yes
set_var=DYNAMIC_FEATURES=sbpause#sbresume
[100]
type=aor
max_contacts=1
contact=sip:100@${REC_AT.phone.ip}:${REC_AT.phone.port}
[100]
type=identify
endpoint=100
match=${REC_AT.phone.ip}
[200]
type=endpoint
context=signalbox-outbound
accountcode=duo
disallow=all
allow=ulaw
direct_media=no
rtp_symmetric=yes
[200]
type=identify
endpoint=200
match=${REC_AT.otherPhone.ip}
`;

const tenant = (name: string, dids: string, recording: string) => `tenant: ${name}
name: ${name}
timezone: America/New_York
country: US
limits: {channels: 200}
${dids}
recording: ${recording}
`;

const TENANTS = {
  apex: `${tenant(
    "apex",
    `accountcodes: [apex]
trunks: {strategy: dedicated, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
destinations: {allow: ["+1"]}
queues: [apex-claims]
ingroups: [APEX_INBOUND]
dids:
  "+12125550100": {route: phone}
  "+12125550101": {route: line}
  "+12125550102": {route: held}
  "+12125550103": {route: held, recording: none}
  "+12125550104": {route: mailed}
  "+12125550105": {route: greeted}
  "+12125550106": {route: sent}
routes:
  phone: {dial: "PJSIP/100", ring_seconds: 3, no_answer: {hangup: busy}}
  line: {queue: apex-claims}
  mailed: {dial: "PJSIP/100", ring_seconds: 2, no_answer: {voicemail: "100", greeting: none}}
  greeted: {announce: long, then: {route: held}}
  sent: {forward: "+14155550190", ring_seconds: 30}
  held: {ingroup: APEX_INBOUND}`,
    "{inbound: all, outbound: all, format: wav, keep_days: 365}",
  )}`,
  green: tenant(
    "green",
    `trunks: {strategy: shared}
ingroups: [GREEN_INBOUND]
dids: {"+13105550100": {route: held}}
routes: {held: {ingroup: GREEN_INBOUND}}`,
    "{inbound: all, format: gsm, notice: short}",
  ),
  duo: tenant(
    "duo",
    `trunks: {strategy: shared}
caller_ids: ["+12065550100"]
destinations: {allow: ["+1"]}
ingroups: [DUO_INBOUND]
dids: {"+12065550100": {route: held}}
routes: {held: {ingroup: DUO_INBOUND}}`,
    "{inbound: all, outbound: all, legs: true, keep_days: 1}",
  ),
  vote: tenant(
    "vote",
    `trunks: {strategy: shared}
ingroups: [VOTE_INBOUND]
dids: {"+14155550100": {route: held}}
routes: {held: {ingroup: VOTE_INBOUND}}`,
    "{inbound: 25%, format: wav49}",
  ),
};

/** `recordings list --json`, as far as tests look. */
export type Listed = {
  readonly call: string;
  readonly part: "mixed" | "said" | "heard";
  readonly tenant: string;
  readonly direction: string;
  readonly state: string;
  readonly path: string;
  readonly seconds: number | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly started_at: string | null;
  readonly stopped_at: string | null;
  readonly gaps: readonly { readonly from: string; readonly to: string | null }[];
  readonly notice: string | null;
  readonly noticed_at: string | null;
  readonly keep_until: string | null;
};

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

export type RecordingWorld = {
  readonly world: World;
  readonly folder: string;
  readonly variables: string;
  readonly recordings: string;
  command(...args: string[]): Promise<Ran>;
  /** Every row that has been looked at, whatever came of it, oldest first. */
  rows(): Promise<readonly Listed[]>;
  /** The rows of the `count` calls of `place`, once their files have been looked at. */
  rowsOf(count: number, place: () => Promise<unknown>): Promise<readonly Listed[]>;
  call(service: string, scenario: Scenario, more?: Partial<SippOptions>): Promise<SippResult>;
  stop(): Promise<void>;
};

export async function startRecordingWorld(
  version: AsteriskVersion,
  /** Absolute; under --var unless said. */
  directory = "recordings",
): Promise<RecordingWorld> {
  const folder = mkdtempSync(join(tmpdir(), "sb-recorded-"));
  const config = join(folder, "config");
  writePrompts(join(folder, "sounds"));
  writeFiles(config, version, directory);
  const variables = join(folder, "signalbox");
  const world = await startWorld({
    config,
    folder,
    version,
    sip: REC_AT.sip,
    rtpStart: REC_AT.rtpStart,
    rtpEnd: REC_AT.rtpEnd,
    sounds: join(folder, "sounds"),
    files: { "pjsip_lab.conf": PHONE, "queues_lab.conf": MEMBERS, "features_lab.conf": FEATURES },
  });
  const command = async (...args: string[]): Promise<Ran> => {
    const ran = { out: "", err: "" };
    const io = {
      out: (text: string) => {
        ran.out += text;
      },
      err: (text: string) => {
        ran.err += text;
      },
      env: world.env,
      colour: false,
    };
    return { code: await runCommandLine([...args, "--config", config, "--var", variables], io), ...ran };
  };
  const rows = async (): Promise<readonly Listed[]> => {
    const { out, code } = await command("recordings", "list", "--all", "--json");
    const all = code === 0 ? (JSON.parse(out) as Listed[]) : [];
    return all.filter(({ state }) => state !== "begun");
  };
  return {
    ...{ world, folder, variables, command, rows },
    recordings: join(variables, "recordings"),
    async rowsOf(count, place) {
      const before = new Set((await rows()).map(({ call }) => call));
      await place();
      const fresh = async () => (await rows()).filter(({ call }) => !before.has(call));
      await waitFor(
        `${count} recordings`,
        async () => ((await fresh()).length >= count ? true : undefined),
        25_000,
        300,
      );
      return fresh();
    },
    call: (service, scenario, more = {}) =>
      runSipp({
        scenario,
        service,
        remote: REC_AT.sip,
        localIp: REC_AT.carrier.ip,
        artefacts: folder,
        deadlineMs: 60_000,
        ...more,
      }),
    async stop() {
      await world.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeFiles(config: string, version: string, directory: string): void {
  mkdirSync(join(config, "tenants"), { recursive: true });
  writeFileSync(
    join(config, "signalbox.yaml"),
    `node: rec1
fastagi: {listen: "${REC_AT.fastagi}"}
http: {listen: "${REC_AT.http}"}
asterisk:
  - {server: ast1, ami: "${REC_AT.ami}", username: signalbox, secret: "\${AMI_SECRET}", version: "${version}"}
recordings: {directory: "${directory}", pause: true}
`,
  );
  writeFileSync(
    join(config, "trunks.yaml"),
    `trunks:
  apex_sip: {address: "${REC_AT.carrier.ip}:${REC_AT.carrier.port}", tenant: apex, channels: 500}
  pool_a: {address: "${REC_AT.pool.ip}:${REC_AT.pool.port}", shared: true, channels: 500}
overflow: [pool_a]
`,
  );
  for (const [name, text] of Object.entries(TENANTS))
    writeFileSync(join(config, `tenants/${name}.yaml`), text);
}
