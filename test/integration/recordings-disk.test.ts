// A disk that is full of recordings: calls go on, and it is said. The disk is a small one in memory, which root may mount.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { caller, expectOk } from "../../load/sipp-runner.ts";
import { REC_AT, type RecordingWorld, startRecordingWorld } from "./support/recording-world.ts";

const HELD = "+12125550102";
/** Four seconds of a recording. */
const DISK = "size=64k";

let disk = "";
let world: RecordingWorld;

beforeAll(async () => {
  disk = mkdtempSync(join(tmpdir(), "sb-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", DISK, "tmpfs", disk]);
  world = await startRecordingWorld("22", disk);
});

afterAll(async () => {
  await world?.stop();
  execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});

async function fullGauge(): Promise<string | undefined> {
  const text = await (await fetch(`http://${REC_AT.http}/metrics`)).text();
  return /^signalbox_recordings_disk_full (\d)$/m.exec(text)?.[1];
}

test("a full disk is an alarm and holds no call up", async () => {
  expect(await fullGauge()).toBe("0");
  expectOk(await world.call(HELD, caller({ holdMs: 8000 }), { calls: 3 }));
  const alarm = await world.world.signalbox?.event("recordings.disk_full", 10_000);
  expect(alarm).toMatchObject({ level: "error", code: "recordings_disk_full" });
  expect(await fullGauge()).toBe("1");
  const began = performance.now();
  const late = expectOk(await world.call(HELD, caller({ holdMs: 500 }), { calls: 5 }));
  expect(performance.now() - began).toBeLessThan(5000);
  expect(late.rtt?.p50 ?? 0).toBeLessThan(500);
  const { out } = await world.command("calls", "--json");
  for (const call of JSON.parse(out) as { outcome: string }[]) expect(call.outcome).toBe("answered");
});

test("with room again, the alarm is over and recordings are whole", async () => {
  for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
  await world.world.signalbox?.event("recordings.disk_free", 10_000);
  expect(await fullGauge()).toBe("0");
  const [row] = await world.rowsOf(1, async () => expectOk(await world.call(HELD, caller({ holdMs: 2000 }))));
  expect(row?.state).toBe("kept");
  expect(Math.abs((row?.seconds ?? 0) - 2)).toBeLessThan(1);
});
