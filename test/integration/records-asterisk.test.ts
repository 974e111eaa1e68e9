// Calls through a real Asterisk, each held against two other accounts of it: Asterisk's own CDR, field by field, and what
// SIPp saw at both ends, by Call-ID. A number of its own for every caller says which record is which call's.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { toneWav } from "../../load/lab/wav.ts";
import { startWorld, type World } from "../../load/lab/world.ts";
import {
  callee,
  caller,
  expectOk,
  impatientCaller,
  refusedCaller,
  refusingCallee,
  runSipp,
  type Scenario,
  type SippResult,
  startSipp,
} from "../../load/sipp-runner.ts";
import { runCommandLine } from "../../src/commands/program.ts";
import { type CdrRow, readMasterCsv } from "./support/master-csv.ts";
import { callsOf, type SippCall } from "./support/sipp-calls.ts";

const SIP = "127.0.0.1:30060";
const CARRIER = { ip: "127.0.0.2", port: 30_062 };
const POOL = { ip: "127.0.0.3", port: 30_067 };
const PHONE = "127.0.0.9";
const HELD = "+12125550100";
const GONE = "+12125550102";
const ANNOUNCEMENT_MS = 2000;

const FILES = {
  "signalbox.yaml": `node: tel1
fastagi: {listen: "127.0.0.1:30073"}
http: {listen: "127.0.0.1:30085"}
asterisk:
  - {server: ast1, ami: "127.0.0.1:30038", username: signalbox, secret: "\${AMI_SECRET}", version: "VERSION"}
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
  "${HELD}": {route: held}
  "${GONE}": {on_hold_until: "2031-02-28", hold_announce: gone}
  "+12125550110": {route: out0}
  "+12125550111": {route: out1}
routes:
  held: {ingroup: APEX_INBOUND}
  out0: {forward: "+14155550190"}
  out1: {forward: "+14155550191"}
`,
};

const PHONES = `[100]
type=endpoint
context=signalbox-outbound
accountcode=apex
disallow=all
allow=ulaw
direct_media=no
rtp_symmetric=yes
[100]
type=identify
endpoint=100
match=${PHONE}
`;

/** `calls show --json`, as far as tests look. */
type Shown = {
  readonly call: string;
  readonly tenant: string | null;
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly dialled: string;
  readonly sent: string | null;
  readonly started_at: string;
  readonly answered_at: string | null;
  readonly ended_at: string;
  readonly billable_seconds: number;
  readonly outcome: string;
  readonly cause: number | null;
  readonly hung_up_by: string | null;
  readonly boot: string;
  readonly attempts: readonly { readonly caller_id: string | null }[];
  readonly legs: readonly {
    readonly channel: string;
    readonly direction: string;
    readonly started_at: string;
    readonly billable_seconds: number;
  }[];
  readonly trace: readonly unknown[];
};

/** A call as the one who placed it saw it, as who took it did where it went out, and what was recorded of it. */
type Told = { readonly placed: SippCall; readonly taken: SippCall | null; readonly record: Shown };

describe.each(["22", "16"] as const)("records of calls through Asterisk %s", (version) => {
  let folder = "";
  let world: World;
  let callers = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sb-cdr-"));
    const config = join(folder, "config");
    await mkdir(join(config, "tenants"), { recursive: true });
    for (const [name, text] of Object.entries(FILES))
      await writeFile(join(config, name), text.replace("VERSION", version));
    await mkdir(join(folder, "sounds/shared"), { recursive: true });
    await writeFile(join(folder, "sounds/shared/gone.wav"), toneWav(ANNOUNCEMENT_MS));
    world = await startWorld({
      ...{ config, folder, version, sip: SIP, rtpStart: 30_200, rtpEnd: 30_298 },
      sounds: join(folder, "sounds"),
      files: { "pjsip_lab.conf": PHONES },
    });
  });

  afterAll(async () => {
    await world?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function command(...args: string[]): Promise<unknown> {
    let [out, err] = ["", ""];
    const io = {
      out: (text: string) => {
        out += text;
      },
      err: (text: string) => {
        err += text;
      },
      env: world.env,
      colour: false,
    };
    const place = ["--config", join(folder, "config"), "--var", join(folder, "signalbox")];
    expect(await runCommandLine([...args, "--json", ...place], io), err).toBe(0);
    return JSON.parse(out);
  }

  type Listed = { readonly call: string; readonly from: string; readonly tenant: string | null };
  const listed = async (...options: string[]) => (await command("calls", ...options)) as Listed[];

  /** Places calls to `service`, each from a number of its own, and finds the record of each. */
  async function told(
    service: string,
    scenario: (from: string) => Scenario,
    more: {
      readonly calls?: number;
      readonly carrier?: Scenario;
      readonly from?: string;
      readonly unowned?: true;
    } = {},
  ): Promise<readonly Told[]> {
    const { calls = 1, from: localIp = CARRIER.ip } = more;
    const rows = Array.from({ length: calls }, () => [`+1312555${String(++callers).padStart(4, "0")}`]);
    const agent =
      more.carrier && startSipp({ scenario: more.carrier, localIp: POOL.ip, localPort: POOL.port });
    await agent?.ready;
    let took: SippResult | undefined;
    const placed = await runSipp({
      ...{ scenario: scenario("[field0]"), remote: SIP, localIp, service, calls, rows },
      deadlineMs: 60_000,
    }).finally(async () => {
      took = await agent?.stop();
    });
    const seen = callsOf(expectOk(placed).messages);
    expect(seen.map(({ from }) => from).sort()).toEqual(rows.flat().sort());
    const options = more.unowned ? ["--unowned"] : [];
    const mine = async () => {
      const all = await listed(...options).catch(() => []);
      return all.filter(({ from }) => rows.some(([own]) => own === from));
    };
    await waitFor(
      `${calls} records`,
      async () => ((await mine()).length >= calls ? true : undefined),
      15_000,
    );
    const found = await mine();
    // Every call once.
    expect(found.map(({ from }) => from).sort()).toEqual(rows.flat().sort());
    const out = callsOf(took?.messages ?? []);
    return Promise.all(
      seen.map(async (each) => {
        const id = found.find(({ from }) => from === each.from)?.call ?? "";
        const record = (await command("calls", "show", id)) as Shown;
        const taken = out.find(({ to }) => to === record.sent) ?? null;
        return { placed: each, taken, record };
      }),
    );
  }

  /** What Asterisk wrote of a channel, once it has: a channel that dials has a row for what it dialled and one after. */
  async function cdrOf(uniqueid: string): Promise<readonly CdrRow[]> {
    const file = join(world.asterisk.folder, "log/cdr-csv/Master.csv");
    const own = async () => (await readMasterCsv(file)).filter((row) => row.uniqueid === uniqueid);
    await waitFor(
      `the CDR of ${uniqueid}`,
      async () => ((await own()).length > 0 ? true : undefined),
      15_000,
    );
    return own();
  }

  const near = (a: number | null, b: number | null, ms: number, what: string): void => {
    expect(a === null, what).toBe(b === null);
    expect(Math.abs((a ?? 0) - (b ?? 0)), what).toBeLessThanOrEqual(ms);
  };

  const timesOf = ({ started_at, answered_at, ended_at }: Shown) => ({
    startedAt: Date.parse(started_at),
    answeredAt: answered_at === null ? null : Date.parse(answered_at),
    endedAt: Date.parse(ended_at),
  });

  const SECOND = 1000;
  /** As Asterisk writes a time down. */
  const whole = (at: number): number => Math.floor(at / SECOND) * SECOND;

  const DISPOSITION: Readonly<Record<string, string>> = {
    answered: "ANSWERED",
    ended: "ANSWERED",
    busy: "BUSY",
    no_answer: "NO ANSWER",
    failed: "FAILED",
  };

  async function agreesWithCdr({ record }: Told): Promise<void> {
    const rows = await cdrOf(record.call.replace("ast1-", ""));
    const dialling = rows.find(({ dstchannel }) => dstchannel !== "") ?? rows[0];
    expect(new Set(rows.map(({ accountcode }) => accountcode))).toEqual(new Set(["apex"]));
    // Asterisk's is the number that was shown to whoever was dialled last.
    expect(dialling?.src).toBe(record.attempts.at(-1)?.caller_id ?? record.from);
    const { startedAt, answeredAt, endedAt } = timesOf(record);
    const [start, end] = [Math.min(...rows.map((row) => row.start)), Math.max(...rows.map((row) => row.end))];
    near(start, whole(startedAt), SECOND, "start");
    near(end, whole(endedAt), SECOND, "end");
    near(end - start, whole(endedAt) - whole(startedAt), SECOND, "duration");
    const answer = rows.find((row) => row.answer !== null)?.answer ?? null;
    near(answer, answeredAt === null ? null : whole(answeredAt), SECOND, "answer");
    const billsec = rows.reduce((sum, row) => sum + row.billsec, 0);
    expect(Math.abs(billsec - record.billable_seconds)).toBeLessThanOrEqual(1);
    if (record.outcome in DISPOSITION) expect(dialling?.disposition).toBe(DISPOSITION[record.outcome]);
    const channels = record.legs.map(({ channel }) => channel);
    const trunks = rows
      .flatMap((row) => [row.channel, row.dstchannel])
      .filter((channel) => channel !== "" && !channel.startsWith("PJSIP/100-"));
    expect([...new Set(trunks)].sort()).toEqual(channels.sort());
  }

  /** `own`: the leg that the call is billed by, as its far end saw it. */
  function agreesWithSipp({ placed, taken, record }: Told, hungUpBy: string | null): void {
    const own = record.direction === "inbound" ? placed : taken;
    expect(record.from).toBe(placed.from);
    expect(record.dialled).toBe(placed.to);
    const { startedAt, answeredAt, endedAt } = timesOf(record);
    near(startedAt, placed.invitedAt, SECOND, "start");
    near(endedAt, placed.endedAt, SECOND, "end");
    near(answeredAt, own?.answeredAt ?? null, SECOND, "answer");
    const talkMs = own === null || own.answeredAt === null ? 0 : own.endedAt - own.answeredAt;
    near(record.billable_seconds * 1000, talkMs, SECOND, "seconds");
    expect(record.hung_up_by).toBe(hungUpBy);
    if (taken === null) return;
    const leg = record.legs.find(({ direction }) => direction === "outbound");
    const legMs = taken.answeredAt === null ? 0 : taken.endedAt - taken.answeredAt;
    near((leg?.billable_seconds ?? 0) * 1000, legMs, SECOND, "the leg out");
    near(Date.parse(leg?.started_at ?? ""), taken.invitedAt, SECOND, "the leg out begins");
    expect(taken.from).toBe(record.attempts[0]?.caller_id ?? record.from);
  }

  test("handed over: every call once, with the numbers and times of both accounts", async () => {
    const all = await told(HELD, (from) => caller({ from, holdMs: 2300 }), { calls: 12 });
    expect(new Set(all.map(({ placed }) => placed.callId)).size).toBe(12);
    for (const each of all) {
      const { record } = each;
      expect(record).toMatchObject({ tenant: "apex", direction: "inbound", did: HELD, trunk: "apex_sip" });
      expect(record).toMatchObject({ ingroup: "APEX_INBOUND", outcome: "answered" });
      expect([null, 16]).toContain(record.cause);
      expect(record.boot).not.toBe("");
      agreesWithSipp(each, "caller");
      await agreesWithCdr(each);
    }
  });

  test.each([
    ["the caller", callee({ ringMs: 1500 }), (from: string) => caller({ from, holdMs: 2200 }), "caller"],
    [
      "the called party",
      callee({ ringMs: 1500, holdMs: 2200 }),
      (from: string) => caller({ from, waitForByeMs: 9000 }),
      "callee",
    ],
  ] as const)("forwarded, and ended by %s: a leg in and a leg out", async (_, carrier, scenario, by) => {
    const [each] = await told("+12125550110", scenario, { carrier });
    if (each === undefined) throw new Error("no call");
    expect(each.record).toMatchObject({
      outcome: "answered",
      dialled: "+12125550110",
      sent: "+14155550190",
      attempts: [{ trunk: "pool_a", number: "+14155550190", status: "ANSWER" }],
      legs: [
        { direction: "inbound", trunk: "apex_sip", shared: false },
        { direction: "outbound", trunk: "pool_a", shared: true, ring_seconds: 1 },
      ],
    });
    expect(each.placed.hungUp).toBe(by === "caller" ? "here" : "there");
    expect(each.taken?.hungUp).toBe(by === "caller" ? "there" : "here");
    agreesWithSipp(each, by);
    await agreesWithCdr(each);
  });

  test("forwarded to somebody who is busy: the caller hears the code that the record tells", async () => {
    const [each] = await told("+12125550111", (from) => refusedCaller(486, { from }), {
      carrier: refusingCallee(486),
    });
    if (each === undefined) throw new Error("no call");
    expect(each.record).toMatchObject({ outcome: "busy", cause: 17, billable_seconds: 0 });
    expect([each.placed.final, each.taken?.final]).toEqual([486, 486]);
    agreesWithSipp(each, "signalbox");
    await agreesWithCdr(each);
  });

  test("given up while it rings: nothing is billed", async () => {
    const [each] = await told("+12125550110", (from) => impatientCaller(1500, { from }), {
      carrier: callee({ ringMs: 8000 }),
    });
    if (each === undefined) throw new Error("no call");
    expect(each.record).toMatchObject({ answered_at: null, billable_seconds: 0 });
    expect(each.record.outcome).toBe("abandoned");
    expect([each.placed.final, each.taken?.final]).toEqual([487, 487]);
    agreesWithSipp(each, "caller");
  });

  test.each([
    ["the phone", callee({ ringMs: 500 }), (from: string) => caller({ from, holdMs: 1700 }), "caller"],
    [
      "the called party",
      callee({ ringMs: 500, holdMs: 1700 }),
      (from: string) => caller({ from, waitForByeMs: 9000 }),
      "callee",
    ],
  ] as const)("out, and ended by %s", async (_, carrier, scenario, by) => {
    const [each] = await told("14155550200", scenario, { carrier, from: PHONE });
    if (each === undefined) throw new Error("no call");
    expect(each.record).toMatchObject({
      tenant: "apex",
      direction: "outbound",
      outcome: "answered",
      to: "+14155550200",
      sent: "+14155550200",
      trunk: "pool_a",
    });
    agreesWithSipp(each, by);
    await agreesWithCdr(each);
  });

  test("out to somebody who is busy", async () => {
    const [each] = await told("14155550201", (from) => refusedCaller(486, { from }), {
      carrier: refusingCallee(486, { ringMs: 300 }),
      from: PHONE,
    });
    if (each === undefined) throw new Error("no call");
    expect(each.record).toMatchObject({ outcome: "busy", cause: 17, billable_seconds: 0 });
    expect([each.placed.final, each.taken?.final]).toEqual([486, 486]);
    agreesWithSipp(each, "signalbox");
    await agreesWithCdr(each);
  });

  test("a number on hold: its callers hear the announcement to its end, and are let go", async () => {
    const [each] = await told(GONE, (from) => caller({ from, waitForByeMs: 9000 }));
    if (each === undefined) throw new Error("no call");
    const { placed, record } = each;
    expect(placed.hungUp).toBe("there");
    expect(placed.endedAt - (placed.answeredAt ?? 0)).toBeGreaterThan(ANNOUNCEMENT_MS - 200);
    expect(record).toMatchObject({ tenant: "apex", did: GONE, outcome: "ended", trunk: "apex_sip" });
    expect(record.trace).toContainEqual(
      expect.objectContaining({ rule: "on_hold", says: `${GONE} is on hold until 2031-02-28` }),
    );
    agreesWithSipp(each, "signalbox");
    await agreesWithCdr(each);
  });

  test("a number of nobody is refused, recorded apart and uses nobody's channel", async () => {
    const [each] = await told("+19995550100", (from) => refusedCaller(404, { from }), { unowned: true });
    expect(each?.record).toMatchObject({
      tenant: null,
      outcome: "refused",
      refusal: { reason: "unknown_did", scope: "number" },
      hung_up_by: "signalbox",
      answered_at: null,
      legs: [{ refused: true, billable_seconds: 0 }],
    });
    expect((await listed()).filter(({ tenant }) => tenant !== "apex")).toEqual([]);
  });

  test("nothing is left open", async () => {
    const file = new DatabaseSync(join(folder, "signalbox/signalbox.db"), { readOnly: true });
    expect(file.prepare("select count(*) as count from open_calls").get()).toEqual({ count: 0 });
    file.close();
  });
});
