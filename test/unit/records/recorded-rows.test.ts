import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordOf, stampRecord } from "../../../src/core/record/derive.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { callFacts, noon } from "../../record-builders.ts";

let variables = "";
beforeEach(() => {
  variables = mkdtempSync(join(tmpdir(), "sb-rows-"));
});
afterEach(() => rmSync(variables, { recursive: true, force: true }));

/** Of a call whose switch died, the answer that stands in its recording's row. */
async function answeredOf(talkMs: number): Promise<unknown> {
  const file = "apex/2026/11/23/ast1-1764000000.1.wav";
  const recording = { file, format: "wav", notice: null, keepDays: 30 } as const;
  const known = callFacts({ talkMs, step: { recording }, leg: { endedAt: null, seenAt: noon + 9000 } });
  const record = stampRecord(recordOf({ ...known, lostAt: noon + 60_000 }));
  if (record === null) throw new Error("the call is nobody's");
  expect(record.outcome).toBe("unknown_end");
  const log = pino({ level: "silent" });
  const store = createRecordStore({ records: "sqlite:signalbox.db", variables, log });
  store.put(record);
  await store.flush();
  await store.close();
  const db = new DatabaseSync(join(variables, "signalbox.db"), { readOnly: true });
  const row = db.prepare("select answered from recordings").get();
  db.close();
  return Object.values(row ?? {})[0];
}

test("a call that was answered when its switch died has a file to be missed", async () => {
  expect(await answeredOf(60_000)).toBe(1);
});

test("one that nobody had answered has none", async () => {
  expect(await answeredOf(0)).toBe(0);
});
