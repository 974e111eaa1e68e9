// Calls whose two sides are kept apart: what each file holds, that they keep step, and that a pause silences them all.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { expectAnswer, invite } from "../../load/sipp/caller-steps.ts";
import { hold, hum } from "../../load/sipp/steps.ts";
import { callee, expectOk, type Scenario, startSipp } from "../../load/sipp-runner.ts";
import { secondsThatAreLoud, sha256 } from "./support/recorded-sound.ts";
import { type Listed, REC_AT, type RecordingWorld, startRecordingWorld } from "./support/recording-world.ts";

const DUO = "+12065550100";

const humming = (ms: number, afterMs: number): Scenario => ({
  name: "humming",
  role: "caller",
  steps: [invite(), expectAnswer(), hum(ms), hold(afterMs)],
});

describe.each(["22", "16"] as const)("both sides of a call apart on Asterisk %s", (version) => {
  let world: RecordingWorld;

  beforeAll(async () => {
    world = await startRecordingWorld(version);
  });
  afterAll(async () => {
    await world?.stop();
  });

  async function filesOf(place: () => Promise<unknown>): Promise<Record<Listed["part"], Listed>> {
    const rows = await world.rowsOf(3, place);
    expect(rows.map(({ part }) => part).sort()).toEqual(["heard", "mixed", "said"]);
    const by = (part: Listed["part"]): Listed => {
      const row = rows.find((each) => each.part === part);
      if (row === undefined) throw new Error(`no ${part}`);
      return row;
    };
    const files = { mixed: by("mixed"), said: by("said"), heard: by("heard") };
    for (const row of rows) {
      expect(row).toMatchObject({ tenant: "duo", call: files.mixed.call, state: "kept" });
      expect(sha256(row.path)).toBe(row.sha256);
      expect(Math.abs((row.seconds ?? 0) - (files.mixed.seconds ?? 0)), row.part).toBeLessThan(0.5);
    }
    const { out } = await world.command("calls", "--json", "--limit", "1");
    expect(JSON.parse(out)[0]).toMatchObject({ call: files.mixed.call, recording: files.mixed.path });
    return files;
  }

  test("what a caller says is in the one and not in the other", async () => {
    const { mixed, said, heard } = await filesOf(async () =>
      expectOk(await world.call(DUO, humming(3000, 2000), { localIp: REC_AT.pool.ip })),
    );
    expect(Math.abs(secondsThatAreLoud(said.path) - 3)).toBeLessThan(0.7);
    expect(secondsThatAreLoud(heard.path)).toBeLessThan(0.3);
    expect(Math.abs((mixed.seconds ?? 0) - 5)).toBeLessThan(1);
    expect(said.path).toBe(mixed.path.replace(".wav", "-said.wav"));
  });

  test("a call out is kept from the called party's side", async () => {
    const agent = startSipp({
      scenario: callee({ ringMs: 500 }),
      localIp: REC_AT.pool.ip,
      localPort: REC_AT.pool.port,
    });
    await agent.ready;
    const { said, heard } = await filesOf(async () =>
      expectOk(await world.call("14155550199", humming(3000, 1000), { localIp: REC_AT.otherPhone.ip })),
    ).finally(() => agent.stop());
    expect(secondsThatAreLoud(said.path)).toBeLessThan(0.3);
    expect(Math.abs(secondsThatAreLoud(heard.path) - 3)).toBeLessThan(0.7);
  });

  test("a pause silences every file, and the three are held and counted as one call", async () => {
    const { mixed, said } = await filesOf(async () => {
      const run = world.call(DUO, humming(7000, 1), { localIp: REC_AT.pool.ip });
      const call = await waitFor(
        "the call",
        async () => (JSON.parse((await world.command("slots", "--json")).out) as { call: string }[])[0]?.call,
        10_000,
        100,
      );
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(await world.command("recordings", "pause", call)).toMatchObject({ code: 0 });
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect(await world.command("recordings", "resume", call)).toMatchObject({ code: 0 });
      expectOk(await run);
    });
    const [gap] = mixed.gaps;
    const paused = (Date.parse(gap?.to ?? "") - Date.parse(gap?.from ?? "")) / 1000;
    for (const { path, seconds } of [mixed, said])
      expect(Math.abs((seconds ?? 0) - secondsThatAreLoud(path) - paused)).toBeLessThan(1);
    const holding = await world.command("recordings", "hold", mixed.call, "--why", "case 12");
    expect(holding).toMatchObject({ code: 0, out: `${mixed.call} is held\n` });
    const report = await world.command("report", "usage", "--tenant", "duo", "--format", "json");
    const { recordings } = JSON.parse(report.out) as { recordings: { count: number; bytes: number } };
    const rows = (await world.rows()).filter(({ tenant }) => tenant === "duo");
    expect(recordings.count).toBe(rows.length / 3);
    expect(recordings.bytes).toBe(rows.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0));
    expect(await world.command("recordings", "verify")).toMatchObject({ code: 0, out: "" });
  });
});
