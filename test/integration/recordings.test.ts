// Recordings of real calls: which are made, what is in them, and what the rows say of the files.
import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { expectAnswer, invite } from "../../load/sipp/caller-steps.ts";
import { hold, hum, press } from "../../load/sipp/steps.ts";
import { callee, caller, expectOk, type Scenario, startSipp } from "../../load/sipp-runner.ts";
import { secondsThatAreLoud, sha256 } from "./support/recorded-sound.ts";
import { type Listed, REC_AT, type RecordingWorld, startRecordingWorld } from "./support/recording-world.ts";

const DIALLED = "+12125550100";
const QUEUED = "+12125550101";
const HELD = "+12125550102";
const UNRECORDED = "+12125550103";
const NOTICED = "+13105550100";
const SHARED = "+14155550100";

describe.each(["22", "16"] as const)("recordings of Asterisk %s", (version) => {
  let world: RecordingWorld;

  beforeAll(async () => {
    world = await startRecordingWorld(version);
  });
  afterAll(async () => {
    await world?.stop();
  });

  async function during(
    place: { ip: string; port: number },
    scenario: Scenario,
    use: () => Promise<unknown>,
  ) {
    const agent = startSipp({ scenario, localIp: place.ip, localPort: place.port });
    await agent.ready;
    await use().finally(() => agent.stop());
  }

  const only = async (place: () => Promise<unknown>): Promise<Listed> => {
    const [row, ...more] = await world.rowsOf(1, place);
    expect(more).toEqual([]);
    if (row === undefined) throw new Error("no row");
    return row;
  };

  test("what is said once the phone answers, in a file that only its group may read", async () => {
    const row = await only(() =>
      during(REC_AT.phone, callee({ ringMs: 1500 }), async () =>
        expectOk(await world.call(DIALLED, caller({ holdMs: 3000 }))),
      ),
    );
    expect(row).toMatchObject({
      tenant: "apex",
      direction: "inbound",
      state: "kept",
      notice: null,
      gaps: [],
    });
    expect(row.seconds).toBeGreaterThan(2);
    expect(row.seconds).toBeLessThan(4);
    expect(row.path.startsWith(join(world.recordings, "apex/2"))).toBe(true);
    expect(sha256(row.path)).toBe(row.sha256);
    expect(statSync(row.path).size).toBe(row.bytes);
    expect(statSync(row.path).mode & 0o777).toBe(0o640);
    for (let folder = join(row.path, ".."); folder !== world.recordings; folder = join(folder, ".."))
      expect(statSync(folder).mode & 0o777, folder).toBe(0o750);
    const { out } = await world.command("calls", "--json");
    expect(JSON.parse(out)[0]).toMatchObject({ call: row.call, recording: row.path });
    expect(Date.parse(row.keep_until ?? "")).toBeGreaterThan(Date.now() + 364 * 86_400_000);
  });

  test("a queue's agent, from the moment he answers", async () => {
    const row = await only(() =>
      during(REC_AT.phone, callee({ ringMs: 1500 }), async () =>
        expectOk(await world.call(QUEUED, caller({ holdMs: 4500 }))),
      ),
    );
    expect(row.state).toBe("kept");
    expect(row.seconds).toBeGreaterThan(2);
    expect(row.seconds).toBeLessThan(3.9);
  });

  test("a call handed to an in-group", async () => {
    const row = await only(async () => expectOk(await world.call(HELD, caller({ holdMs: 3000 }))));
    expect(row.state).toBe("kept");
    expect(Math.abs((row.seconds ?? 0) - 3)).toBeLessThan(1);
  });

  test("a call out, from the carrier's answer on and nothing before", async () => {
    const row = await only(() =>
      during(REC_AT.carrier, callee({ earlyMedia: true, ringMs: 2000 }), async () =>
        expectOk(await world.call("14155550199", caller({ holdMs: 3000 }), { localIp: REC_AT.phone.ip })),
      ),
    );
    expect(row).toMatchObject({ tenant: "apex", direction: "outbound", state: "kept" });
    expect(Math.abs((row.seconds ?? 0) - 3)).toBeLessThan(1);
  });

  test("the notice comes before, is proved, and is not in the file", async () => {
    const row = await only(async () =>
      expectOk(await world.call(NOTICED, caller({ holdMs: 3000 }), { localIp: REC_AT.pool.ip })),
    );
    expect(row).toMatchObject({ tenant: "green", state: "kept", notice: "signalbox/shared/short" });
    expect(row.path).toMatch(/\.gsm$/);
    expect(Math.abs((row.seconds ?? 0) - 2.5)).toBeLessThan(0.6);
    const noticed = Date.parse(row.noticed_at ?? "");
    expect(Math.abs(noticed - Date.parse(row.started_at ?? ""))).toBeLessThan(2000);
  });

  test("nothing of a number that is not to be recorded", async () => {
    const before = (await world.rows()).length;
    expectOk(await world.call(UNRECORDED, caller({ holdMs: 1000 })));
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(await world.rows()).toHaveLength(before);
  });

  test("a call that nobody answers is known to have no recording", async () => {
    const row = await only(async () => {
      await during(REC_AT.phone, callee({ ringMs: 20_000 }), () =>
        world.call(DIALLED, caller({ holdMs: 500 })),
      );
    });
    expect(row.state).toBe("empty");
    expect((await world.command("recordings", "verify")).out).toBe("");
  });

  test("a share of the calls", async () => {
    const before = (await world.rows()).length;
    expectOk(
      await world.call(SHARED, caller({ holdMs: 1500 }), { calls: 40, rate: 20, localIp: REC_AT.pool.ip }),
    );
    await new Promise((resolve) => setTimeout(resolve, 7000));
    const rows = (await world.rows()).slice(before);
    expect(rows.length).toBeGreaterThan(2);
    expect(rows.length).toBeLessThan(20);
    for (const row of rows) {
      expect(row).toMatchObject({ tenant: "vote", state: "kept" });
      expect(row.path).toMatch(/\.WAV$/);
      expect(Math.abs((row.seconds ?? 0) - 1.5)).toBeLessThan(0.7);
    }
  });

  test("paused over the control socket, it holds silence and the row says from when to when", async () => {
    const row = await only(async () => {
      const run = world.call(HELD, humming(9000));
      const call = await callThatIsOn();
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(await world.command("recordings", "pause", call)).toMatchObject({ code: 0 });
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect(await world.command("recordings", "resume", call)).toMatchObject({ code: 0 });
      expectOk(await run);
    });
    expect(row.gaps).toHaveLength(1);
    const [gap] = row.gaps;
    const length = Date.parse(gap?.to ?? "") - Date.parse(gap?.from ?? "");
    expect(Math.abs(length - 2500)).toBeLessThan(1000);
    const loud = secondsThatAreLoud(row.path);
    expect(Math.abs((row.seconds ?? 0) - loud - length / 1000)).toBeLessThan(1);
  });

  test("a pause that cannot be had says so", async () => {
    const { code, err } = await world.command("recordings", "pause", "ast1-1795304782.2");
    expect(code).toBe(1);
    expect(err).toContain("no call ast1-1795304782.2 is on here that is recorded");
  });

  test("paused by the agent's feature code, nothing of the gap is in the file", async () => {
    const scenario: Scenario = {
      name: "agent",
      role: "caller",
      steps: [
        invite(),
        expectAnswer(),
        hum(2000),
        press("*1", { onMs: 150, offMs: 150 }),
        hum(3000),
        press("*2", { onMs: 150, offMs: 150 }),
        hold(2500),
      ],
    };
    const row = await only(() =>
      during(REC_AT.carrier, callee(), async () =>
        expectOk(await world.call("14155550199", scenario, { localIp: REC_AT.phone.ip })),
      ),
    );
    expect(row.gaps).toHaveLength(1);
    const [gap] = row.gaps;
    const length = (Date.parse(gap?.to ?? "") - Date.parse(gap?.from ?? "")) / 1000;
    expect(Math.abs(length - 3.5)).toBeLessThanOrEqual(1.5);
    expect(row.seconds).toBeLessThan(6.4);
    expect(row.seconds).toBeGreaterThan(3.5);
  });

  test("a hundred at once: each file its client's, its length and its checksum right", async () => {
    const rows = await world.rowsOf(100, async () => {
      const many = { calls: 50, rate: 25, limit: 50, traceMessages: false };
      const scenario = caller({ holdMs: 8000 });
      const [apex, green] = await Promise.all([
        world.call(HELD, scenario, many),
        world.call(NOTICED, scenario, { ...many, localIp: REC_AT.pool.ip }),
      ]);
      expectOk(apex);
      expectOk(green);
    });
    expect(rows).toHaveLength(100);
    const { out } = await world.command("calls", "--json", "--limit", "200");
    const calls = new Map(
      (JSON.parse(out) as { call: string; recording: string; answered_at: string; ended_at: string }[]).map(
        (call) => [call.call, call],
      ),
    );
    for (const row of rows) {
      const call = calls.get(row.call);
      expect(row.state).toBe("kept");
      expect(call).toMatchObject({ tenant: row.tenant, recording: row.path });
      expect(row.path).toContain(`/recordings/${row.tenant}/`);
      // By the switch's own times: a hundred callers on a busy machine do not all hang up on the second.
      const talked = (Date.parse(call?.ended_at ?? "") - Date.parse(call?.answered_at ?? "")) / 1000;
      const heard = (row.seconds ?? 0) + (row.tenant === "green" ? 0.5 : 0);
      expect(Math.abs(heard - talked), `${row.call} of ${row.tenant}`).toBeLessThan(1);
      expect(sha256(row.path)).toBe(row.sha256);
    }
    expect(rows.filter(({ tenant }) => tenant === "apex")).toHaveLength(50);
    expect(await world.command("recordings", "verify")).toMatchObject({ code: 0, out: "" });
  });

  test("an export holds one client's files and a manifest that sha256sum reads", async () => {
    const { execFileSync } = await import("node:child_process");
    const to = join(world.folder, "export");
    expect(await world.command("recordings", "export", "--tenant", "apex", "--to", to)).toMatchObject({
      code: 0,
    });
    const manifest = readFileSync(join(to, "SHA256SUMS"), "utf8").trim().split("\n");
    const apex = (await world.rows()).filter(({ tenant, state }) => tenant === "apex" && state === "kept");
    expect(manifest).toHaveLength(apex.length);
    expect(manifest.every((line) => /^[0-9a-f]{64} {2}apex\//.test(line))).toBe(true);
    execFileSync("sha256sum", ["--status", "-c", "SHA256SUMS"], { cwd: to });
  });

  test("verify names what was planted, and nothing else", async () => {
    const kept = (await world.rows()).filter(({ state }) => state === "kept").map(({ path }) => path);
    const [changed = "", gone = ""] = kept;
    const stranger = join(world.recordings, "apex/stranger.wav");
    writeFileSync(stranger, "RIFF");
    const original = readFileSync(changed);
    appendFileSync(changed, "x");
    renameSync(gone, `${world.folder}/aside`);
    const { code, out } = await world.command("recordings", "verify");
    expect(code).toBe(1);
    const lines = out.trim().split("\n").sort();
    expect(lines.map((line) => line.split(": ").slice(0, 2).join(": "))).toEqual([
      `changed: ${changed}`,
      `file without a row: ${stranger}`,
      `row without a file: ${gone}`,
    ]);
    writeFileSync(changed, original);
    renameSync(`${world.folder}/aside`, gone);
    rmSync(stranger);
    expect((await world.command("recordings", "verify")).code).toBe(0);
  });

  test("a purge takes what is left of calls that nobody answered", async () => {
    const { out } = await world.command("recordings", "purge");
    expect(out.trim().split("\n").length).toBeGreaterThanOrEqual(1);
    const purged = await world.command("recordings", "purge", "--delete");
    expect(purged).toMatchObject({ code: 0 });
    const empties = (await world.rows()).filter(({ state }) => state === "void");
    expect(empties.length).toBeGreaterThanOrEqual(1);
    for (const { path } of empties) expect(existsSync(path)).toBe(false);
    expect((await world.command("recordings", "verify")).code).toBe(0);
  });

  function humming(ms: number): Scenario {
    return { name: "humming", role: "caller", steps: [invite(), expectAnswer(), hum(ms), hold(1)] };
  }

  /** The call that a running node has, once it has been decided. */
  async function callThatIsOn(): Promise<string> {
    return waitFor(
      "the call",
      async () => {
        const { out } = await world.command("slots", "--json");
        return (JSON.parse(out) as { call: string }[])[0]?.call;
      },
      10_000,
      100,
    );
  }

  // Last, since its row is looked at a minute later.
  test("who goes during the notice has reached nobody", async () => {
    const newest = async (): Promise<{ call: string; outcome: string; answered_at: string | null }> =>
      JSON.parse((await world.command("calls", "--json", "--limit", "1")).out)[0];
    const before = (await newest()).call;
    expectOk(await world.call(NOTICED, caller({ holdMs: 100 }), { localIp: REC_AT.pool.ip }));
    const fresh = async () => ((await newest()).call === before ? undefined : newest());
    const call = await waitFor("the record", fresh, 10_000, 200);
    expect(call).toMatchObject({ outcome: "abandoned", answered_at: expect.any(String) });
  });
});
