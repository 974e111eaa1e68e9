import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordOf, stampRecord } from "../../../src/core/record/derive.ts";
import type { CallFacts, CallOutcome } from "../../../src/core/record/record.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { callFacts, legNote, noon, stepNote } from "../../record-builders.ts";

let variables = "";
beforeEach(() => {
  variables = mkdtempSync(join(tmpdir(), "sb-rows-"));
});
afterEach(() => rmSync(variables, { recursive: true, force: true }));

const file = "apex/2026/11/23/ast1-1764000000.1.wav";
const recording = { file, format: "wav", notice: null, keepDays: 30 } as const;

/** Of a call whose switch died, the answer that stands in its recording's row. */
async function answeredOf(talkMs: number): Promise<unknown> {
  const known = callFacts({ talkMs, step: { recording }, leg: { endedAt: null, seenAt: noon + 9000 } });
  return answeredIn({ ...known, lostAt: noon + 60_000 }, "unknown_end");
}

async function answeredIn(facts: CallFacts, outcome: CallOutcome): Promise<unknown> {
  const record = stampRecord(recordOf(facts));
  if (record === null) throw new Error("the call is nobody's");
  expect(record.outcome).toBe(outcome);
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

test("one that a mailbox took, since the phone did not answer, has none", async () => {
  const dial = { dial: "PJSIP/100", trunk: null, number: null, callerId: null };
  const rang = stepNote({ does: "dial", dial, recording, target: { dial: "PJSIP/100" } });
  const took = stepNote({
    ...{ turn: "2/0", at: noon + 20_000, does: "voicemail", target: { voicemail: "100" } },
    back: { type: "dialled", status: "NOANSWER", cause: 19 },
  });
  const phone = { uniqueid: "1764000000.2", channel: "PJSIP/100-00000002", trunk: null } as const;
  const legs = [
    legNote({ answeredAt: noon + 20_000 }),
    legNote({ ...phone, dialledBy: "1764000000.1", dialAt: noon, answeredAt: null }),
  ];
  expect(await answeredIn({ ...callFacts(), steps: [rang, took], legs }, "answered")).toBe(0);
});
