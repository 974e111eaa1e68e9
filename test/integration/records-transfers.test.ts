// A call that a phone hands on to somebody outside: the caller was let in once, and dials again from within his call. What
// is kept of it must tell both legs once each, on the number and the call they belong to, and record each into one file.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { callee, caller, type Scenario, startSipp } from "../../load/sipp-runner.ts";
import { type Listed, REC_AT, type RecordingWorld, startRecordingWorld } from "./support/recording-world.ts";
import { transferringCallee, transferringCaller } from "./support/slot-calls.ts";

const FIRST = "14155550190";
const SECOND = "14155550191";
const DIALLED = "+12125550100";
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

  /** The records and the recordings of what `place` begins; both legs talk for two seconds and are then ended. */
  async function handedOn(
    records: number,
    agents: readonly { ip: string; port: number; scenario: Scenario }[],
    place: () => { stop(graceMs?: number): Promise<unknown> },
  ): Promise<{ shown: readonly Shown[]; rows: readonly Listed[] }> {
    const before = await known();
    const running = agents.map(({ ip, port, scenario }) =>
      startSipp({ scenario, localIp: ip, localPort: port }),
    );
    await Promise.all(running.map(({ ready }) => ready));
    const { asterisk } = world.world;
    const rows = await world.rowsOf(records, async () => {
      const begun = place();
      await waitFor(
        "the two legs alone",
        async () => {
          const channels = await asterisk.cli("core show channels concise");
          const up = channels.split("\n").filter((line) => line.startsWith("PJSIP/"));
          return (
            (up.length === 2 && up.every((line) => /^PJSIP\/apex_sip-/.test(line) && /!Up!/.test(line))) ||
            undefined
          );
        },
        15_000,
      );
      await new Promise((done) => setTimeout(done, 2000));
      await asterisk.cli("channel request hangup all");
      await Promise.all([begun, ...running].map((agent) => agent.stop(500)));
    });
    const fresh = async () => [...(await known())].filter((call) => !before.has(call));
    await waitFor("the records", async () => ((await fresh()).length >= records ? true : undefined), 15_000);
    const shown: Shown[] = [];
    for (const call of (await fresh()).sort()) shown.push(await json<Shown>("calls", "show", call));
    return { shown, rows: rows.toSorted((a, b) => (a.call < b.call ? -1 : 1)) };
  }

  test("a call in that the phone sends on keeps its number and gets a leg out", async () => {
    const { shown, rows } = await handedOn(
      1,
      [
        { ...REC_AT.phone, scenario: transferringCallee(SECOND, TALK_MS) },
        { ...REC_AT.carrier, scenario: callee({}) },
      ],
      () =>
        startSipp({
          scenario: caller({ waitForByeMs: 30_000 }),
          service: DIALLED,
          remote: REC_AT.sip,
          localIp: REC_AT.carrier.ip,
        }),
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
    const { shown, rows } = await handedOn(2, [{ ...REC_AT.carrier, scenario: callee({}) }], () =>
      startSipp({
        scenario: transferringCaller(SECOND, TALK_MS),
        service: FIRST,
        remote: REC_AT.sip,
        localIp: REC_AT.phone.ip,
      }),
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

  test("and nothing else stands there as a call once the switch has been looked at again", async () => {
    const { size } = await known();
    await new Promise((done) => setTimeout(done, 12_000));
    expect((await known()).size).toBe(size);
    expect(size).toBe(3);
  });
});
