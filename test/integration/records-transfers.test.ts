// A call that a phone hands on to somebody outside: the caller was let in once, and dials again from within his call. What
// is kept of it must tell both legs once each, on the number and the call they belong to, and record each into one file.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { callee, caller, type Scenario, type SippRun, startSipp } from "../../load/sipp-runner.ts";
import { type Listed, REC_AT, type RecordingWorld, startRecordingWorld } from "./support/recording-world.ts";
import {
  type Dialog,
  dialogOf,
  joiningCallee,
  joiningCaller,
  transferringCallee,
  transferringCaller,
  withAgents,
} from "./support/slot-calls.ts";

const FIRST = "14155550190";
const SECOND = "14155550191";
const DIALLED = "+12125550100";
const HELD = "+12125550102";
const TALK_MS = 1500;

type Shown = {
  readonly call: string;
  readonly direction: string;
  readonly did: string | null;
  readonly dialled: string;
  readonly sent: string | null;
  readonly outcome: string;
  readonly billable_seconds: number;
  readonly attempts: readonly { readonly number: string | null }[];
  readonly legs: readonly { readonly direction: string; readonly billable_seconds: number }[];
};

describe.each(["22", "16"] as const)("calls that are handed on, Asterisk %s", (version) => {
  let world: RecordingWorld;
  /** Calls that a test has looked at, and those of a try that broke off. */
  const accounted = new Set<string>();
  let hasBrokenOff = false;

  beforeAll(async () => {
    world = await startRecordingWorld(version);
  });
  afterAll(async () => {
    await world?.stop();
  });

  async function json<T>(...args: string[]): Promise<T> {
    const { code, out, err } = await world.command(...args, "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return JSON.parse(out) as T;
  }

  async function known(): Promise<ReadonlySet<string>> {
    // Before the first call there is no file to read.
    const { code, out } = await world.command("calls", "--json");
    const calls = code === 0 ? (JSON.parse(out) as { call: string }[]) : [];
    return new Set(calls.map(({ call }) => call));
  }

  /** Whether so many legs of the trunk are up, and no other channel is left. */
  async function onlyLegs(many: number): Promise<boolean> {
    const channels = await world.world.asterisk.cli("core show channels concise");
    const up = channels.split("\n").filter((line) => line.startsWith("PJSIP/"));
    return up.length === many && up.every((line) => /^PJSIP\/apex_sip-/.test(line) && /!Up!/.test(line));
  }

  /** The records and the recordings of what `place` begins; its legs, two unless said, go on for two seconds and are then ended. */
  async function handedOn(
    records: number,
    agents: readonly { ip: string; port: number; scenario: Scenario }[],
    place: (start: typeof startSipp) => Promise<void>,
    legs = 2,
  ): Promise<{ shown: readonly Shown[]; rows: readonly Listed[] }> {
    const before = await known();
    if (hasBrokenOff) for (const call of before) accounted.add(call);
    hasBrokenOff = true;
    const { asterisk } = world.world;
    const rows = await withAgents(agents, () =>
      world.rowsOf(records, async () => {
        const begun: SippRun[] = [];
        try {
          await place((options) => {
            const run = startSipp(options);
            begun.push(run);
            return run;
          });
          await waitFor("the legs alone", async () => (await onlyLegs(legs)) || undefined, 15_000);
          await new Promise((done) => setTimeout(done, 2000));
        } finally {
          await asterisk.cli("channel request hangup all");
          await Promise.all(begun.map((run) => run.stop(500)));
        }
      }),
    );
    const fresh = async () => [...(await known())].filter((call) => !before.has(call));
    await waitFor("the records", async () => ((await fresh()).length >= records ? true : undefined), 15_000);
    const shown: Shown[] = [];
    for (const call of (await fresh()).sort()) shown.push(await json<Shown>("calls", "show", call));
    for (const { call } of shown) accounted.add(call);
    hasBrokenOff = false;
    return { shown, rows: rows.toSorted((a, b) => (a.call < b.call ? -1 : 1)) };
  }

  test("a call in that the phone sends on keeps its number and gets a leg out", async () => {
    const { shown, rows } = await handedOn(
      1,
      [
        { ...REC_AT.phone, scenario: transferringCallee(SECOND, TALK_MS) },
        { ...REC_AT.carrier, scenario: callee({}) },
      ],
      async (start) => {
        start({
          scenario: caller({ waitForByeMs: 30_000 }),
          service: DIALLED,
          remote: REC_AT.sip,
          localIp: REC_AT.carrier.ip,
        });
      },
    );
    expect(shown).toHaveLength(1);
    const [call] = shown;
    expect(call).toMatchObject({ direction: "inbound", did: DIALLED, dialled: DIALLED, outcome: "answered" });
    expect(call?.sent).toBe(`+${SECOND}`);
    expect(call?.attempts.map(({ number }) => number)).toEqual([`+${SECOND}`]);
    expect(call?.legs.map(({ direction }) => direction)).toEqual(["inbound", "outbound"]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ call: call?.call, direction: "inbound", state: "kept" });
    // Two that write to one file would make it twice as long.
    expect(Math.abs((rows[0]?.seconds ?? 0) - (call?.billable_seconds ?? 0))).toBeLessThan(1.5);
  });

  test("a call out that the phone sends on is two calls, with a leg and a recording each", async () => {
    const { shown, rows } = await handedOn(
      2,
      [{ ...REC_AT.carrier, scenario: callee({}) }],
      async (start) => {
        start({
          scenario: transferringCaller(SECOND, TALK_MS),
          service: FIRST,
          remote: REC_AT.sip,
          localIp: REC_AT.phone.ip,
        });
      },
    );
    expect(shown.map(({ dialled, outcome }) => ({ dialled, outcome }))).toEqual([
      { dialled: FIRST, outcome: "answered" },
      { dialled: SECOND, outcome: "answered" },
    ]);
    expect(shown.map(({ legs }) => legs.map(({ direction }) => direction))).toEqual([
      ["outbound"],
      ["outbound"],
    ]);
    expect(rows.map(({ call, state }) => ({ call, state }))).toEqual(
      shown.map(({ call }) => ({ call, state: "kept" })),
    );
    for (const [nth, row] of rows.entries())
      expect(Math.abs((row.seconds ?? 0) - (shown[nth]?.billable_seconds ?? 0))).toBeLessThan(1.5);
    expect(await world.command("recordings", "verify")).toMatchObject({ code: 0, out: "" });
  });

  test("whom a phone has called and leaves to a number of the house is one call more, without a leg", async () => {
    const { asterisk } = world.world;
    const { shown, rows } = await handedOn(
      2,
      [{ ...REC_AT.carrier, scenario: callee({}) }],
      async (start) => {
        start({
          scenario: caller({ waitForByeMs: 30_000 }),
          service: FIRST,
          remote: REC_AT.sip,
          localIp: REC_AT.phone.ip,
        });
        const channel = await waitFor(
          "the leg",
          async () =>
            /^PJSIP\/apex_sip-[0-9a-f]+(?=!.*!Up!)/m.exec(
              await asterisk.cli("core show channels concise"),
            )?.[0],
          10_000,
        );
        await new Promise((done) => setTimeout(done, TALK_MS));
        await asterisk.cli(`channel redirect ${channel} signalbox-inbound,${HELD.slice(1)},1`);
      },
      1,
    );
    const of = (direction: string) => shown.find((each) => each.direction === direction);
    const [out, held] = [of("outbound"), of("inbound")];
    expect(out).toMatchObject({ dialled: FIRST, outcome: "answered", legs: [{ direction: "outbound" }] });
    expect(held).toMatchObject({ did: HELD, outcome: "answered", legs: [], billable_seconds: 0 });
    // Each call's own part of what was said is in its own file.
    const recorded = (call = "") => rows.find((row) => row.call === call);
    expect(recorded(out?.call)).toMatchObject({ direction: "outbound", state: "kept" });
    expect(recorded(held?.call)).toMatchObject({ direction: "inbound", state: "kept" });
    expect(Math.abs((recorded(out?.call)?.seconds ?? 0) - TALK_MS / 1000)).toBeLessThan(1);
    expect(Math.abs((recorded(held?.call)?.seconds ?? 0) - 2)).toBeLessThan(1.5);
  });

  /** The phone has somebody on its other line. */
  function consulted(start: typeof startSipp): Promise<Dialog> {
    const run = start({
      scenario: caller({ waitForByeMs: 30_000 }),
      service: SECOND,
      remote: REC_AT.sip,
      localIp: REC_AT.phone.ip,
      traceMessages: true,
    });
    return waitFor("the other line", () => dialogOf(run) ?? undefined, 10_000);
  }

  function expectTwo(shown: readonly Shown[], rows: readonly Listed[]): void {
    expect(rows.map(({ call, state }) => ({ call, state }))).toEqual(
      shown.map(({ call }) => ({ call, state: "kept" })),
    );
    // Both were joined for two seconds after the phone had left.
    for (const [nth, { billable_seconds, legs, outcome }] of shown.entries()) {
      expect({ outcome, legs: legs.length }).toEqual({ outcome: "answered", legs: 1 });
      expect(billable_seconds).toBeGreaterThanOrEqual(3);
      expect(Math.abs((rows[nth]?.seconds ?? 0) - billable_seconds)).toBeLessThan(1.5);
    }
  }

  test("two calls out that the phone joins stay two, each up to the end of its leg", async () => {
    const { shown, rows } = await handedOn(
      2,
      [{ ...REC_AT.carrier, scenario: callee({}) }],
      async (start) => {
        const dialog = await consulted(start);
        start({
          scenario: joiningCaller(SECOND, dialog, TALK_MS),
          service: FIRST,
          remote: REC_AT.sip,
          localIp: REC_AT.phone.ip,
        });
      },
    );
    expect(shown.map(({ direction, dialled }) => ({ direction, dialled }))).toEqual([
      { direction: "outbound", dialled: SECOND },
      { direction: "outbound", dialled: FIRST },
    ]);
    expectTwo(shown, rows);
  });

  test("a call in that the phone joins with one it has placed stays beside it", async () => {
    const { shown, rows } = await handedOn(
      2,
      [{ ...REC_AT.carrier, scenario: callee({}) }],
      async (start) => {
        const dialog = await consulted(start);
        const phone = start({
          scenario: joiningCallee(SECOND, dialog, TALK_MS),
          localIp: REC_AT.phone.ip,
          localPort: REC_AT.phone.port,
        });
        await phone.ready;
        start({
          scenario: caller({ waitForByeMs: 30_000 }),
          service: DIALLED,
          remote: REC_AT.sip,
          localIp: REC_AT.carrier.ip,
        });
      },
    );
    expect(shown.map(({ direction, did, dialled }) => ({ direction, did, dialled }))).toEqual([
      { direction: "outbound", did: null, dialled: SECOND },
      { direction: "inbound", did: DIALLED, dialled: DIALLED },
    ]);
    expectTwo(shown, rows);
  });

  test("and nothing else stands there as a call once the switch has been looked at again", async () => {
    await new Promise((done) => setTimeout(done, 12_000));
    expect([...(await known())].filter((call) => !accounted.has(call))).toEqual([]);
    expect(accounted.size).toBeGreaterThanOrEqual(9);
  });
});
