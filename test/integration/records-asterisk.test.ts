// Calls through a real Asterisk, their records beside the switch's own CDR.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { startWorld, type World } from "../../load/lab/world.ts";
import {
  callee,
  caller,
  expectOk,
  refusedCaller,
  runSipp,
  type Scenario,
  startSipp,
} from "../../load/sipp-runner.ts";
import { createAgiServer } from "../../src/agi/server.ts";
import { createStepHandler } from "../../src/agi/step-handler.ts";
import { readEvent } from "../../src/ami/events.ts";
import { createSwitchEyes } from "../../src/ami/switch-eyes.ts";
import { createSwitches } from "../../src/ami/switches.ts";
import { createDecide } from "../../src/calls/decide.ts";
import { type NodeRecords, startRecords } from "../../src/commands/node-records.ts";
import type { CallRecord } from "../../src/core/record/record.ts";
import { calmConditions } from "../../src/core/snapshot/conditions.ts";

const SIP = "127.0.0.1:30060";
const CARRIER = { ip: "127.0.0.2", port: 30_062 };
const POOL = { ip: "127.0.0.3", port: 30_067 };
const log = pino({ level: "silent" });

const FILES = {
  "signalbox.yaml": `node: tel1
fastagi: {listen: "127.0.0.1:30073", allow: ["127.0.0.0/8"]}
http: {listen: "127.0.0.1:30085"}
asterisk:
  - {server: ast1, ami: "127.0.0.1:30038", username: signalbox, secret: "\${AMI_SECRET}", version: "VERSION", technology: pjsip, addresses: ["127.0.0.1"]}
slots: memory
records: sqlite:signalbox.db
recordings: {directory: recordings}
country: US
emergency_numbers: ["911"]
when_slots_unreachable: {inbound: allow, outbound: refuse}
`,
  "trunks.yaml": `trunks:
  apex_sip: {address: "${CARRIER.ip}:${CARRIER.port}", tenant: apex, channels: 60}
  pool_a: {address: "${POOL.ip}:${POOL.port}", shared: true, channels: 100}
overflow: [pool_a]
`,
  "tenants/apex.yaml": `tenant: apex
name: Apex
timezone: America/New_York
country: US
accountcodes: [apex]
limits: {channels: 50}
trunks: {strategy: shared, dedicated: []}
caller_ids: ["+12125550100"]
destinations: {allow: ["+1"]}
ingroups: [APEX_INBOUND]
dids:
  "+12125550100": {route: held}
  "+12125550101": {route: out}
routes:
  held: {ingroup: APEX_INBOUND}
  out: {forward: "+14155550199"}
`,
};

type CdrRow = { readonly uniqueid: string; readonly billsec: number; readonly duration: number };

describe.each(["22", "16"] as const)("records of calls through Asterisk %s", (version) => {
  let folder = "";
  let world: World;
  let records: NodeRecords;
  let stop: () => Promise<void> = async () => {};
  const ended: CallRecord[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sb-cdr-"));
    const config = join(folder, "config");
    await mkdir(join(config, "tenants"), { recursive: true });
    for (const [name, text] of Object.entries(FILES)) {
      await writeFile(join(config, name), text.replace("VERSION", version));
    }
    world = await startWorld({
      config,
      folder,
      version,
      sip: SIP,
      rtpStart: 30_200,
      rtpEnd: 30_298,
      signalbox: false,
    });
    stop = await startNode();
  });

  afterAll(async () => {
    await stop();
    await world?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What `serve` puts together, as far as records need it. */
  async function startNode(): Promise<() => Promise<void>> {
    const snapshot = () => world.snapshot;
    records = startRecords({ snapshot, variables: folder, log, onEnd: (record) => ended.push(record) });
    const { watcher } = records;
    const switches = createSwitches({
      log,
      onMessage: (server, message) => {
        const news = readEvent(message, () => {});
        if (news !== null) watcher.heard(server, news, Date.now());
      },
      onState: (server, up) => {
        if (!up) watcher.lost(server, Date.now());
      },
    });
    const decide = createDecide({
      moment: { snapshot, conditions: () => calmConditions, now: Date.now },
      commands: { perform: (command) => answerTo(command.type) },
      watchers: [watcher],
      log,
    });
    const { fastagi, switches: configured } = world.snapshot.system;
    const handler = createStepHandler({
      switches: () => configured,
      decide,
      recordings: () => join(folder, "recordings"),
      sawRevision: () => {},
    });
    const agi = createAgiServer({ listen: fastagi.listen, allow: fastagi.allow, log, handler });
    await agi.start();
    switches.follow(configured);
    await waitFor("the manager session", () => switches.status().every(({ up }) => up) || undefined, 10_000);
    const eyes = createSwitchEyes((server) => switches.connection(server));
    watcher.booted("ast1", await eyes.boot("ast1"), Date.now());
    return async () => {
      await agi.drain(1000);
      await switches.stop();
      await records.stop();
    };
  }

  const call = (service: string, scenario: Scenario, calls = 1) =>
    runSipp({
      scenario,
      remote: world.asterisk.sip,
      localIp: CARRIER.ip,
      service,
      calls,
      deadlineMs: 60_000,
    });

  /** The next `count` records after the calls of `place`. */
  async function recordsOf(count: number, place: () => Promise<void>): Promise<readonly CallRecord[]> {
    const before = ended.length;
    await place();
    await waitFor(`${count} records`, () => ended.length >= before + count || undefined, 15_000);
    return ended.slice(before);
  }

  async function cdrOf(uniqueid: string): Promise<CdrRow> {
    return waitFor(
      `the CDR of ${uniqueid}`,
      async () => (await readCdr(join(world.asterisk.folder, "log/cdr-csv/Master.csv"))).get(uniqueid),
      15_000,
    );
  }

  test("every call once, its seconds those of the CDR", async () => {
    const found = await recordsOf(5, async () => {
      expectOk(await call("+12125550100", caller({ holdMs: 2300 }), 5));
    });
    expect(new Set(found.map(({ call: id }) => id)).size).toBe(5);
    for (const record of found) {
      expect(record).toMatchObject({
        tenant: "apex",
        direction: "inbound",
        did: "+12125550100",
        trunk: "apex_sip",
        ingroup: "APEX_INBOUND",
        outcome: "answered",
      });
      expect([null, 16]).toContain(record.cause);
      expect(record.boot).not.toBe("");
      const cdr = await cdrOf(record.legs[0]?.uniqueid ?? "");
      expect(Math.abs(record.billableSeconds - cdr.billsec)).toBeLessThanOrEqual(1);
    }
  });

  test("a forward has a leg in and a leg out, each with its seconds", async () => {
    const agent = startSipp({ scenario: callee({ ringMs: 1000 }), localIp: POOL.ip, localPort: POOL.port });
    await agent.ready;
    const [record] = await recordsOf(1, async () => {
      expectOk(await call("+12125550101", caller({ holdMs: 2200 })));
    }).finally(() => agent.stop());
    expect(record).toMatchObject({
      outcome: "answered",
      hungUpBy: "caller",
      to: { dialled: "+12125550101", sent: "+14155550199" },
      attempts: [{ trunk: "pool_a", number: "+14155550199" }],
      legs: [
        { direction: "inbound", trunk: "apex_sip", shared: false },
        { direction: "outbound", trunk: "pool_a", shared: true, ringSeconds: 1 },
      ],
    });
    const [entry, out] = record?.legs ?? [];
    const cdr = await cdrOf(entry?.uniqueid ?? "");
    expect(Math.abs((entry?.billableSeconds ?? 0) - cdr.billsec)).toBeLessThanOrEqual(1);
    expect(out?.billableSeconds).toBeGreaterThanOrEqual(2);
    expect(out?.billableSeconds).toBeLessThanOrEqual(entry?.billableSeconds ?? 0);
  });

  test("a number of nobody is refused, recorded apart and uses nobody's channel", async () => {
    const [record] = await recordsOf(1, async () => {
      expectOk(await call("+19995550100", refusedCaller(404)));
    });
    expect(record).toMatchObject({ tenant: null, outcome: "refused", refusal: { reason: "unknown_did" } });
    expect(record?.legs).toMatchObject([{ refused: true, billableSeconds: 0 }]);
  });

  test("nothing is left open", async () => {
    await records.store.flush();
    expect(records.watcher.size).toBe(0);
    expect(await records.store.openCalls()).toEqual([]);
  });
});

function answerTo(asked: string) {
  switch (asked) {
    case "acquire":
      return { granted: true, wouldRefuse: null } as const;
    case "do_not_call":
      return { listed: null };
    case "spend":
      return { within: true } as const;
    default:
      return null;
  }
}

/** Asterisk's Master.csv by uniqueid; all cells but numbers are quoted. */
async function readCdr(file: string): Promise<ReadonlyMap<string, CdrRow>> {
  const text = await readFile(file, "utf8").catch(() => "");
  const rows = new Map<string, CdrRow>();
  for (const line of text.split("\n")) {
    const cells = [...line.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)].map((match) => match[1] ?? match[2] ?? "");
    const [uniqueid = "", billsec, duration] = [cells.at(-2), cells[13], cells[12]];
    if (uniqueid !== "")
      rows.set(uniqueid, { uniqueid, billsec: Number(billsec), duration: Number(duration) });
  }
  return rows;
}
