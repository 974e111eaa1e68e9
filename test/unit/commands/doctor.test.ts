import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lookAtDisk, lookAtFastagi, lookAtOwnClock, roomOf } from "../../../src/commands/doctor/machine.ts";
import { lookAtClock } from "../../../src/commands/doctor/switch.ts";
import type { Snapshot, Switch } from "../../../src/core/snapshot/snapshot.ts";
import { snapshotWith } from "../../builders.ts";
import { up } from "../../wire/ami-rig.ts";

const SWITCH: Switch = {
  ...{ server: "ast1", ami: "127.0.0.1:5038", username: "signalbox", secret: "x", version: "22" },
  ...{ technology: "pjsip", addresses: [], cdr: null },
};

function listening(listen: string, allow: readonly string[]): Snapshot {
  const base = snapshotWith();
  return { ...base, system: { ...base.system, fastagi: { ...base.system.fastagi, listen, allow } } };
}

const statesOf = (listen: string, allow: readonly string[]) =>
  lookAtFastagi(listening(listen, allow)).map(({ state }) => state);

test("fastagi_on_the_loopback_is_well_whoever_is_allowed", () => {
  expect(statesOf("127.0.0.1:4573", ["0.0.0.0/0"])).toEqual(["well"]);
  expect(statesOf("[::1]:4573", [])).toEqual(["well"]);
});

test.each(["0.0.0.0/0", "10.0.0.0/8", "::/0", "::ffff:0:0/96", "128.0.0.0/1"])(
  "fastagi_open_to_%s_is_ill",
  (range) => {
    expect(statesOf("0.0.0.0:4573", [range])).toContain("ill");
  },
);

test("fastagi_open_to_single_switches_is_well", () => {
  expect(statesOf("10.0.0.1:4573", ["10.0.0.5", "10.0.1.0/24"])).toEqual(["well"]);
});

test.each([
  [["0.0.0.0/0"], "ill"],
  [[], "ill"],
  [["10.0.0.5"], "well"],
])("a_switch_at_%j_is_%s", (addresses, state) => {
  const base = listening("10.0.0.1:4573", ["10.0.0.0/16"]);
  const switches = [{ ...SWITCH, addresses }];
  const found = lookAtFastagi({ ...base, system: { ...base.system, switches } });
  expect(found.map((each) => each.state)).toEqual([state]);
});

test.each([
  ["yes", "well"],
  ["no", "ill"],
  ["", "unknown"],
])("a_clock_of_which_the_kernel_says_%s_is_%s", async (says, state) => {
  const folder = mkdtempSync(join(tmpdir(), "sb-clock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const command = join(folder, "timedatectl");
  writeFileSync(command, `#!/bin/sh\necho ${says}\n`, { mode: 0o755 });
  const finding = await lookAtOwnClock(command);
  expect(finding).toMatchObject({ check: "clock", server: null, state });
});

test("a_machine_that_cannot_say_who_keeps_its_clock_is_not_ill", async () => {
  expect(await lookAtOwnClock("/nowhere/timedatectl")).toMatchObject({ state: "unknown" });
});

test.each([
  [0, "well"],
  [1.9, "well"],
  [-2.5, "ill"],
  [3600, "ill"],
  [Number.NaN, "unknown"],
])("the_switchs_clock_%s_s_off_is_%s", async (seconds, state) => {
  const { connection, peer } = await up({
    onPing: (session, { ActionID }) => {
      const time = `Timestamp: ${Date.now() / 1000 + seconds}`;
      session.send("Response: Success", `ActionID: ${ActionID}`, "Ping: Pong", time);
    },
  });
  const target = { ...SWITCH, ami: peer.address };
  const finding = await lookAtClock({ ami: connection, target });
  expect(finding.state).toBe(state);
  if (state === "ill") expect(finding.mend).toContain("NTP");
});

test("a_folder_that_is_elsewhere_is_unknown_and_a_disk_without_room_is_ill", () => {
  const { system, ...rest } = snapshotWith();
  const snapshot = { ...rest, system: { ...system, recordingsDirectory: "/nowhere/recordings" } };
  // What the kernel shows of its devices has no room at all.
  const [full, elsewhere] = lookAtDisk(snapshot, "/proc");
  expect(full).toMatchObject({ state: "ill", server: null });
  expect(full?.mend).toContain("make room");
  expect(elsewhere?.state).toBe("unknown");
});

test.each([
  ["well", 5e5, 1e6],
  ["ill", 1000, 1e6],
  ["well", 0, 0],
])("a_disk_is_%s_with_room_for_%d_of_%d_files", (state, ffree, files) => {
  const room = { bavail: 1e6, blocks: 2e6, bsize: 4096 };
  expect(roomOf("/var", { ...room, ffree, files }).state).toBe(state);
});
