import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { runCommand } from "../../load/lab/processes.ts";
import { projectRoot, startWorld, type World } from "../../load/lab/world.ts";
import {
  callee,
  caller,
  expectOk,
  headerOf,
  refusedCaller,
  runSipp,
  type Scenario,
  startSipp,
} from "../../load/sipp-runner.ts";

const SIP = "127.0.0.1:24060";
const HTTP = "127.0.0.1:24085";

const FILES = {
  "signalbox.yaml": `fastagi: {listen: "127.0.0.1:24073", allow: ["127.0.0.0/8"]}
http: {listen: "${HTTP}"}
asterisk:
  - {server: ast1, ami: "127.0.0.1:24038", username: signalbox, secret: "\${AMI_SECRET}", version: "16", technology: sip, addresses: ["127.0.0.1"]}
country: US
`,
  "trunks.yaml": `trunks:
  apex_sip: {address: "127.0.0.2:24062", tenant: apex, channels: 60}
  pool_a: {address: "127.0.0.3:24062", shared: true, channels: 10}
overflow: [pool_a]
`,
  "tenants/apex.yaml": `tenant: apex
name: Apex
timezone: America/New_York
country: US
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
destinations: {allow: ["+1"]}
blocked_callers: {numbers: ["+13035550199"], then: {hangup: "21"}}
dids:
  "+12125550100": {route: main}
  "+12125550101": {route: bye}
  "+12125550102": {route: out}
routes:
  main: {goto: {context: desk, extension: s, priority: 1}}
  bye: {hangup: busy}
  out: {forward: "+13055550123"}
`,
};

const DESK = "[desk]\nexten => s,1,Answer()\n same => n,Wait(20)\n";

let folder = "";
let world: World;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-chan-sip-"));
  mkdirSync(join(folder, "config/tenants"), { recursive: true });
  for (const [file, text] of Object.entries(FILES)) writeFileSync(join(folder, "config", file), text);
  world = await startWorld({
    ...{
      config: join(folder, "config"),
      folder: join(folder, "var"),
      version: "16",
      sip: SIP,
      dialplan: DESK,
    },
    ...{ rtpStart: 24_100, rtpEnd: 24_500 },
  });
});

afterAll(async () => {
  await world?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function call(scenario: Scenario, service: string, localIp = "127.0.0.2") {
  return runSipp({ scenario, remote: SIP, localIp, service, calls: 1, deadlineMs: 20_000 });
}

/** `apex apex_sip inbound` for every leg that is counted. */
async function counted(): Promise<string[]> {
  const text = await (await fetch(`http://${HTTP}/metrics`)).text();
  const legs = text.matchAll(/^signalbox_channels\{tenant="(.*)",trunk="(.*)",direction="(.*)"\} 1$/gm);
  return [...legs].map(([, ...marks]) => marks.join(" ")).sort();
}

const untilCounted = (legs: readonly string[]) =>
  waitFor(
    `the legs ${legs.join(", ")}`,
    async () => ((await counted()).join() === legs.join() ? true : undefined),
    15_000,
  );

describe("chan_sip on Asterisk 16, with the files that are rendered for it", () => {
  test("an inbound leg is stamped, counted and freed", async () => {
    const up = call(caller({ holdMs: 3000 }), "12125550100");
    await untilCounted(["apex apex_sip inbound"]);
    expect(await world.asterisk.cli("core show channels concise")).toMatch(
      /^SIP\/apex_sip-.*!desk!s!.*!apex!/m,
    );
    expectOk(await up);
    await untilCounted([]);
  });

  test("hangup causes and numbers of nobody have their SIP codes", async () => {
    expectOk(await call(refusedCaller(486), "+12125550101"));
    expectOk(await call(refusedCaller(404), "+19995550101", "127.0.0.3"));
  });

  test.each([
    ["13035550199", "+12125550101", {}],
    ["13035550199;cpc=ordinary", "+12125550101", {}],
    ["13035550199", "+12125550101;x=%0Ajunk", {}],
    ["13035550199", "+12125550101", { Diversion: "<sip:1%0Ajunk@127.0.0.1>;reason=unconditional" }],
  ])(
    "a caller on the block list who writes %s, dials %s and says %j is known",
    async (from, did, headers) => {
      expectOk(await call(refusedCaller(403, { from, headers }), did));
    },
  );

  test("a forward goes out over the client's own trunk with a slot and a caller ID of its own", async () => {
    const carrier = startSipp({ scenario: callee({ ringMs: 100 }), localIp: "127.0.0.2", localPort: 24_062 });
    await carrier.ready;
    const headers = { Diversion: "<sip:+13035550120@127.0.0.1>;reason=unconditional" };
    const up = call(caller({ headers, holdMs: 3000 }), "+12125550102");
    await untilCounted(["apex apex_sip inbound", "apex apex_sip outbound"]);
    expectOk(await up);
    const invite = (await carrier.stop()).messages.find(({ method }) => method === "INVITE");
    if (invite === undefined) throw new Error("the carrier saw no INVITE");
    expect(invite.startLine).toContain("sip:+13055550123@");
    expect(headerOf(invite, "From")).toContain("+12125550102");
    expect(headerOf(invite, "Diversion")).toBeUndefined();
    await untilCounted([]);
  });

  test("the doctor finds a trunk that there is not, and a peer that comes in and is no trunk", async () => {
    const trunks = async () => {
      const args = ["doctor", "--json", "--config", join(folder, "config"), "--var", join(folder, "var")];
      const { stdout } = await runCommand(join(projectRoot, "bin/signalbox"), args, { env: world.env });
      const findings = JSON.parse(stdout) as { check: string; state: string; says: string; mend: string }[];
      return findings.filter(({ check }) => check === "trunks");
    };
    expect(await trunks()).toMatchObject([{ state: "well" }]);
    const file = join(world.asterisk.folder, "etc/asterisk/sip_signalbox.conf");
    const before = readFileSync(file, "utf8");
    const peer = (name: string, context: string) =>
      `\n[${name}]\ntype=peer\nhost=127.0.0.77\nport=5060\ncontext=${context}\n`;
    const stray = peer("forgotten", "signalbox-inbound") + peer("desk_phone", "desk");
    writeFileSync(file, before.replaceAll("pool_a", "pool_x") + stray);
    await world.asterisk.cli("sip reload");
    await waitFor("the reload", async () => (await trunks()).length > 1 || undefined, 10_000);
    const ill = await trunks();
    writeFileSync(file, before);
    await world.asterisk.cli("sip reload");
    expect(ill.map(({ says }) => says).toSorted()).toEqual([
      "calls of peer forgotten enter signalbox-inbound, but it is no trunk",
      "calls of peer pool_x enter signalbox-inbound, but it is no trunk",
      "the switch has no peer pool_a",
    ]);
    expect(ill.every(({ state, mend }) => state === "ill" && mend !== "")).toBe(true);
  });
});
