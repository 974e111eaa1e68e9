import { expect, test } from "vitest";
import { lookAtFastagi } from "../../../src/commands/doctor/machine.ts";
import type { Snapshot } from "../../../src/core/snapshot/snapshot.ts";
import { snapshotWith } from "../../builders.ts";

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

test.each(["0.0.0.0/0", "10.0.0.0/8", "::/0"])("fastagi_open_to_%s_is_ill", (range) => {
  expect(statesOf("0.0.0.0:4573", [range])).toContain("ill");
});

test("fastagi_open_to_single_switches_is_well", () => {
  expect(statesOf("10.0.0.1:4573", ["10.0.0.5", "10.0.1.0/24"])).toEqual(["well"]);
});
