import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { shiftFacts } from "../../../src/core/record/shift.ts";
import { clockMark } from "../../../src/platform/clock-steps.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { callFacts } from "../../record-builders.ts";

const HOUR_MS = 3_600_000;
let variables = "";

beforeEach(async () => {
  variables = await mkdtemp(join(tmpdir(), "sb-set-clock-"));
});

afterEach(() => rm(variables, { recursive: true, force: true }));

const open = () =>
  createRecordStore({ records: "sqlite:signalbox.db", variables, log: pino({ level: "silent" }) });

/** A call is on when the process ends; `mark` is how its clock stood. */
async function leftOpen(mark: string): Promise<void> {
  const store = open();
  store.keepOpen(callFacts());
  await store.flush();
  await store.close();
  const file = new DatabaseSync(join(variables, "signalbox.db"));
  file.prepare("update open_calls set clock = ?").run(mark);
  file.close();
}

async function found() {
  const store = open();
  try {
    return await store.openCalls();
  } finally {
    await store.close();
  }
}

test.each([
  ["behind", HOUR_MS],
  ["ahead", -HOUR_MS],
])("a_call_of_a_process_whose_clock_was_an_hour_%s_is_read_on_the_clock_of_now", async (_, byMs) => {
  await leftOpen(clockMark(() => Date.now() - byMs));
  const [call] = await found();
  const moved = (call?.steps[0]?.at ?? 0) - (callFacts().steps[0]?.at ?? 0);
  expect(Math.abs(moved - byMs)).toBeLessThan(1000);
  expect(call).toEqual(shiftFacts(callFacts(), moved));
});

test.each([
  ["as_it_was", clockMark()],
  ["of_an_earlier_boot", "11111111-2222-3333-4444-555555555555 1763000000000"],
  ["of_a_version_that_kept_none", ""],
])("a_clock_%s_moves_nothing", async (_, mark) => {
  await leftOpen(mark);
  expect(await found()).toEqual([callFacts()]);
});
