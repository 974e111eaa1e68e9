// Signalbox is killed while calls are up, they end, others come and go by the static fallback, and it comes back: the
// records beside the switch's own call detail records and beside what the carriers saw.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { callee, caller } from "../../load/sipp-runner.ts";
import type { CallRecord } from "../../src/core/record/record.ts";
import { openRecords } from "../../src/records/open.ts";
import { transferringCaller } from "./support/slot-calls.ts";
import { Stage } from "./support/slot-stage.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

const FAR = "12125557777";
const FARTHER = "12125558888";
const APEX = `timezone: America/New_York
country: US
limits: {channels: 20}
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
emergency: {caller_id: "+12125550100", trunks: [apex_sip, pool_a]}
ingroups: [APEX_MAIN]
dids:
  "+12125550100": {route: main}
  "+12125550102": {route: out}
  "+12125550103": {route: phone}
routes:
  main: {ingroup: APEX_MAIN}
  out: {announce: short, then: {forward: "+${FAR}"}}
  phone: {dial: PJSIP/100, ring_seconds: 20, no_answer: {route: other}}
  other: {dial: PJSIP/101, ring_seconds: 20}
fallback: {ingroup: APEX_MAIN}
`;
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", tenant: apex, channels: 50}
  pool_a: {address: "${SLOTS_AT.pool}:${SLOTS_AT.carrierPort}", shared: true, channels: 50}
overflow: [pool_a]
`;
const DIALPLAN = "[globals]\nBRIDGE_FEATURES=Tt\n";

describe.each(["22", "16"] as const)("calls that end while Signalbox is away, on Asterisk %s", (version) => {
  let world: SlotWorld;
  let stage: Stage;
  let found: readonly CallRecord[] = [];

  beforeAll(async () => {
    world = await SlotWorld.start({ version, tenants: { apex: APEX }, trunks: TRUNKS, dialplan: DIALPLAN });
    stage = new Stage(world);
    await stage.carrier(SLOTS_AT.apex, callee({ ringMs: 3300 }));
    stage.outbound(FAR, transferringCaller(FARTHER, 3000));
    stage.inbound("+12125550100", SLOTS_AT.pool, caller({ holdMs: 6000 }));
    stage.inbound("+12125550102", SLOTS_AT.pool, caller({ holdMs: 9000 }));
    await stage.channelsOf("PJSIP/apex_sip-", 2, "Ringing");
    await waitFor("the journal", async () => journalled() || undefined, 10_000);
    await killNode();
    // Nobody decides these: a client's number falls back, and an emergency call never asks.
    stage.inbound("+12125550100", SLOTS_AT.apex, caller({ holdMs: 2500 }));
    stage.outbound("911", caller({ holdMs: 2300 }), SLOTS_AT.otherPhone);
    await stage.channelsOf("PJSIP/apex_sip-", 4);
    await waitFor("the end of all", async () => (await stage.channels()).length === 0 || undefined, 25_000);
    await stage.forget();
    await world.startNode("one");
    found = await recordsOnceWhole();
  });

  afterAll(async () => {
    await stage?.forget();
    await world?.stop();
  });

  async function killNode(): Promise<void> {
    world.node().child.kill("SIGKILL");
    await world.node().child.exited;
  }

  /** True once everything that the node knows of the three calls would outlive it. */
  function journalled(): boolean {
    const file = join(variables(), "signalbox.db");
    if (!existsSync(file)) return false;
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const rows = database.prepare("select facts from open_calls").all();
      const dialling = rows.filter(({ facts }) => String(facts).includes('"dialAt":1'));
      return rows.length === 3 && dialling.length === 2;
    } catch {
      return false; // the tables are being made
    } finally {
      database.close();
    }
  }

  const variables = () => join(world.folder, "one", "var");

  async function recordsOnceWhole(): Promise<readonly CallRecord[]> {
    return waitFor(
      "five records with an end",
      async () => {
        const records = await readRecords();
        const ends = records.every(({ outcome }) => outcome !== "unknown_end");
        return (records.length >= 5 && ends) || world.node().log().length > 5000 ? records : undefined;
      },
      40_000,
      500,
    );
  }

  async function readRecords(): Promise<CallRecord[]> {
    const reader = await openRecords("sqlite:signalbox.db", variables());
    const listed = await reader.calls({ limit: 1000 });
    const calls = await Promise.all(listed.map(({ call }) => reader.call(call)));
    await reader.close();
    return calls.flatMap((each) => (each === null ? [] : [each.record]));
  }

  const recordOf = (matches: (record: CallRecord) => boolean): CallRecord => {
    const [record, ...others] = found.filter(matches);
    if (record === undefined || others.length > 0)
      throw new Error(`${1 + others.length} records match: ${JSON.stringify(found)}`);
    return record;
  };

  test("each call stands there once, with its client", () => {
    expect(found).toHaveLength(5);
    expect(found.map(({ tenant }) => tenant)).toEqual(["apex", "apex", "apex", "apex", "apex"]);
    expect(new Set(found.map(({ call }) => call)).size).toBe(5);
  });

  test("a call that was up has the seconds of the switch", () => {
    const record = recordOf(({ ingroup }) => ingroup === "APEX_MAIN");
    expect(record).toMatchObject({
      outcome: "answered",
      trunk: "pool_a",
      did: "+12125550100",
      hungUpBy: null,
    });
    // Answered as the manager interface said, ended as the CDR do.
    const billed = billedOf(record.legs[0]?.uniqueid ?? "");
    expect(Math.abs(record.billableSeconds - billed)).toBeLessThanOrEqual(1);
    expect(record.billableSeconds).toBeGreaterThanOrEqual(6);
    expect(record.trace.at(-1)?.rule).toBe("cdr");
  });

  test("a forward that rang and was answered meanwhile has a leg in and a leg out", () => {
    const record = recordOf(({ did }) => did === "+12125550102");
    expect(record).toMatchObject({
      outcome: "answered",
      to: { dialled: "+12125550102", sent: `+${FAR}` },
      legs: [
        { direction: "inbound", trunk: "pool_a" },
        { direction: "outbound", trunk: "apex_sip", ringSeconds: 3 },
      ],
    });
    const [entry, out] = record.legs;
    expect(Math.abs((entry?.billableSeconds ?? 0) - billedOf(entry?.uniqueid ?? ""))).toBeLessThanOrEqual(1);
    // It was answered half a second of announcement and 3.3 s of ringing after the caller.
    const later = (out?.answeredAt ?? 0) - (entry?.answeredAt ?? 0);
    expect(later).toBeGreaterThan(3700);
    expect(later).toBeLessThan(4800);
    expect(out?.endedAt).toBeLessThanOrEqual((entry?.endedAt ?? 0) + 1000);
  });

  test("a leg that was transferred meanwhile is counted to its own end", () => {
    const record = recordOf(({ to, direction }) => direction === "outbound" && to.dialled !== "911");
    expect(record.outcome).toBe("answered");
    const [first] = record.legs;
    // It talked to the phone for three seconds, and then to nobody until the transfer was refused for want of a decision.
    expect(first?.talkSeconds).toBeGreaterThanOrEqual(5);
    expect(first?.answeredAt).not.toBeNull();
  });

  test("a call that the static fallback answered has a record", () => {
    const record = recordOf(({ did, trunk }) => did === "+12125550100" && trunk === "apex_sip");
    expect(record).toMatchObject({
      direction: "inbound",
      outcome: "answered",
      zone: "America/New_York",
      legs: [{ direction: "inbound", trunk: "apex_sip" }],
      to: { dialled: "+12125550100" },
    });
    expect([2, 3]).toContain(record.billableSeconds);
    expect(record.trace).toMatchObject([{ rule: "cdr" }]);
  });

  test("so has an emergency call", () => {
    const record = recordOf(({ to }) => to.dialled === "911");
    expect(record).toMatchObject({
      direction: "outbound",
      outcome: "answered",
      from: "+12125550100",
      legs: [{ direction: "outbound", trunk: "apex_sip" }],
    });
    expect([2, 3]).toContain(record.billableSeconds);
  });

  test("a call whose end a standing node heard late has the seconds of the switch", async () => {
    const before = new Set((await readRecords()).map(({ call }) => call));
    stage.inbound("+12125550100", SLOTS_AT.pool, caller({ holdMs: 2000 }));
    await stage.channelsOf("PJSIP/pool_a-");
    world.node().child.kill("SIGSTOP");
    await waitFor("its end", async () => (await stage.channels()).length === 0 || undefined, 10_000);
    await sleep(4000);
    world.node().child.kill("SIGCONT");
    const theOne = async () => (await readRecords()).find(({ call }) => !before.has(call));
    const heard = await waitFor("its record", theOne, 15_000, 250);
    expect(heard.billableSeconds).toBeGreaterThanOrEqual(6);
    const told = async () => ((await theOne())?.billableSeconds ?? 9) < heard.billableSeconds || undefined;
    await waitFor("the switch's own record", told, 60_000, 500);
    const record = await theOne();
    const billed = billedOf(record?.legs[0]?.uniqueid ?? "");
    expect(billed).toBeLessThanOrEqual(4);
    expect(Math.abs((record?.billableSeconds ?? 0) - billed)).toBeLessThanOrEqual(1);
  });

  /** Begun seconds, from the file that Signalbox read, by a reading of our own. */
  function billedOf(uniqueid: string): number {
    const file = join(world.switch().asterisk.folder, "log/cdr-custom/signalbox.csv");
    const rows = readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.slice(1, -1).split('","'))
      .filter((cells) => cells[1] === uniqueid && Number(cells[6]) > 0);
    const answered = Math.min(...rows.map((cells) => Number(cells[6])));
    const ended = Math.max(...rows.map((cells) => Number(cells[7])));
    return Math.ceil(ended - answered);
  }
});
