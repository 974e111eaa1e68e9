// Callers who go before they have reached anybody, and one who reached a mailbox alone: what is kept of their calls and of
// recordings that never had a sound.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import {
  callee,
  caller,
  expectOk,
  impatientCaller,
  type Scenario,
  startSipp,
} from "../../load/sipp-runner.ts";
import { type Listed, REC_AT, type RecordingWorld, startRecordingWorld } from "./support/recording-world.ts";

const QUEUED = "+12125550101";
const MAILED = "+12125550104";
const GREETED = "+12125550105";
const SENT = "+12125550106";

type Shown = {
  readonly call: string;
  readonly outcome: string;
  readonly hung_up_by: string | null;
  readonly answered_at: string | null;
};

describe.each(["22", "16"] as const)("calls that reach nobody, Asterisk %s", (version) => {
  let world: RecordingWorld;

  beforeAll(async () => {
    world = await startRecordingWorld(version);
  });
  afterAll(async () => {
    await world?.stop();
  });

  async function during(place: { ip: string; port: number }, scenario: Scenario, use: () => Promise<void>) {
    const agent = startSipp({ scenario, localIp: place.ip, localPort: place.port });
    await agent.ready;
    await use().finally(() => agent.stop());
  }

  /** The one call of `place`, and what became of its recording once that was looked at. */
  async function recorded(place: () => Promise<void>): Promise<{ shown: Shown; row: Listed }> {
    const [row, ...others] = await world.rowsOf(1, place);
    if (row === undefined || others.length > 0) throw new Error("not one recording");
    return { shown: await shownOf(row.call), row };
  }

  async function shownOf(call: string): Promise<Shown> {
    const { code, out } = await world.command("calls", "show", call, "--json");
    expect(code).toBe(0);
    return JSON.parse(out) as Shown;
  }

  test("who hangs up while he waits in a queue has abandoned, though the queue had answered", async () => {
    const { shown, row } = await recorded(() =>
      during(REC_AT.phone, callee({ ringMs: 20_000 }), async () => {
        expectOk(await world.call(QUEUED, caller({ holdMs: 2500 })));
      }),
    );
    expect(shown).toMatchObject({ outcome: "abandoned", hung_up_by: "caller" });
    expect(shown.answered_at).not.toBeNull();
    expect(row).toMatchObject({ state: "empty" });
  });

  test("who waits in a queue until the longest call is over has not hung up", async () => {
    const { asterisk } = world.world;
    const waiting = async () =>
      /^(PJSIP\/apex_sip-[0-9a-f]+)!.*!Queue!/m.exec(await asterisk.cli("core show channels concise"))?.[1];
    const { shown } = await recorded(() =>
      during(REC_AT.phone, callee({ ringMs: 20_000 }), async () => {
        const call = world.call(QUEUED, caller({ holdMs: 15_000 }));
        const channel = await waitFor("a caller in the queue", waiting, 10_000);
        await asterisk.cli(`dialplan set chanvar ${channel} TIMEOUT(absolute) 1`);
        await call;
      }),
    );
    expect(shown).toMatchObject({ outcome: "abandoned", hung_up_by: "signalbox" });
  });

  test("whom an agent of the queue takes is answered", async () => {
    const { shown, row } = await recorded(() =>
      during(REC_AT.phone, callee({ ringMs: 500 }), async () => {
        expectOk(await world.call(QUEUED, caller({ holdMs: 4000 })));
      }),
    );
    expect(shown).toMatchObject({ outcome: "answered", hung_up_by: "caller" });
    expect(row).toMatchObject({ state: "kept" });
  });

  test("who hangs up in a greeting that leads on has abandoned", async () => {
    const before = await newest();
    expectOk(await world.call(GREETED, caller({ holdMs: 1500 })));
    expect(await nextAfter(before)).toMatchObject({ outcome: "abandoned", hung_up_by: "caller" });
  });

  test("who gives up while he is forwarded has abandoned too", async () => {
    const { shown, row } = await recorded(() =>
      during(REC_AT.carrier, callee({ ringMs: 20_000 }), async () => {
        expectOk(await world.call(SENT, impatientCaller(1500), { localIp: REC_AT.carrier.ip }));
      }),
    );
    expect(shown).toMatchObject({ outcome: "abandoned", hung_up_by: "caller", answered_at: null });
    expect(row).toMatchObject({ state: "empty" });
  });

  test("whom a mailbox takes is answered, and there is no recording to be missed or counted", async () => {
    const { shown, row } = await recorded(() =>
      during(REC_AT.phone, callee({ ringMs: 20_000 }), async () => {
        expectOk(await world.call(MAILED, caller({ holdMs: 4000 })));
      }),
    );
    expect(shown).toMatchObject({ outcome: "answered", hung_up_by: "caller" });
    expect(row).toMatchObject({ state: "empty" });
  });

  async function newest(): Promise<string> {
    const { code, out } = await world.command("calls", "--json", "--limit", "1");
    return code === 0 ? ((JSON.parse(out) as Shown[])[0]?.call ?? "") : "";
  }

  async function nextAfter(before: string): Promise<Shown> {
    const next = await waitFor(
      "the record",
      async () => {
        const call = await newest();
        return call === before ? undefined : call;
      },
      15_000,
      300,
    );
    return shownOf(next);
  }
});
