import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AsteriskVersion } from "../../load/lab/find-asterisk.ts";
import { waitFor } from "../../load/lab/ports.ts";
import { startWorld, type World } from "../../load/lab/world.ts";
import { expectOk, refusedCaller, runSipp } from "../../load/sipp-runner.ts";
import { answerRegistrations, type Login, type Registrar } from "./support/registrar.ts";

const CARRIER = { ip: "127.0.0.2", port: 24_162 };
const PORTS = { sip: "127.0.0.1:24160", rtpStart: 24_200, rtpEnd: 24_300 };

type Kind = readonly [version: AsteriskVersion, technology: "pjsip" | "sip", login: Login];

/** Signs that mean something in a configuration file or in a URI; chan_sip's own are refused by `check`. */
const KINDS: readonly Kind[] = [
  ["22", "pjsip", { username: "apex;1@carrier", password: '>p;--"w:1' }],
  ["16", "pjsip", { username: "apex;1@carrier", password: '>p;--"w:1' }],
  ["16", "sip", { username: "apex;1", password: ">p;--w" }],
];

let folder = "";
let world: World | undefined;
let registrar: Registrar | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sb-register-"));
});

afterEach(async () => {
  await world?.stop();
  await registrar?.close();
  rmSync(folder, { recursive: true, force: true });
});

function writeFiles([version, technology, { username, password }]: Kind): string {
  const config = join(folder, "config");
  mkdirSync(join(config, "tenants"), { recursive: true });
  const auth = JSON.stringify({ username, password });
  const trunk = `address: "${CARRIER.ip}:${CARRIER.port}", tenant: apex, channels: 5, register: true, auth: ${auth}`;
  const files = {
    "signalbox.yaml": `asterisk:
  - {server: ast1, ami: "127.0.0.1:24138", username: signalbox, secret: "\${AMI_SECRET}", version: "${version}", technology: ${technology}}
`,
    "trunks.yaml": `trunks:\n  apex_sip: {${trunk}}\n`,
    "tenants/apex.yaml": `tenant: apex
timezone: America/New_York
trunks: {strategy: dedicated, dedicated: [apex_sip]}
dids: {"+12125550100": {route: main}}
routes: {main: {hangup: normal}}
fallback: {hangup: busy}
`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(config, name), text);
  return config;
}

it.each(KINDS)(
  "asterisk_%s_with_%s_registers_with_a_carrier_as_rendered",
  async (version, technology, login) => {
    registrar = await answerRegistrations(CARRIER.ip, CARRIER.port, login);
    const config = writeFiles([version, technology, login]);
    world = await startWorld({ config, folder: join(folder, "var"), version, ...PORTS, signalbox: false });
    const { contacts, refused } = registrar;
    await waitFor("the registration", () => contacts.length > 0 || refused.length > 0 || undefined, 15_000);
    expect({ contacts, refused }).toMatchObject({
      contacts: [expect.stringMatching(/^<?sip:s@/)],
      refused: [],
    });
    // What was registered is called, and To says which number was dialled.
    const call = (called: string, code: number) =>
      runSipp({
        scenario: refusedCaller(code, { to: "s", called }),
        remote: PORTS.sip,
        localIp: CARRIER.ip,
        artefacts: folder,
      });
    for (const called of ["+12125550100", "2125550100;npdi"]) expectOk(await call(called, 486));
    for (const called of ["s", "apex", "12125550100,1"]) expectOk(await call(called, 484));
  },
);
