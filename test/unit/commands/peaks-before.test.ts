import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { TodayBook } from "../../../src/calls/today.ts";
import { recallPeaks } from "../../../src/commands/peaks-before.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { at, snapshotWith } from "../../builders.ts";
import { stampedCall } from "../../record-builders.ts";

const variables = mkdtempSync(join(tmpdir(), "sb-peaks-"));
const log = pino({ level: "silent" });
const snapshot = snapshotWith({ tenants: { apex: { timezone: "America/New_York" } } });
const now = at("2026-11-23T15:00:10-05:00");

afterAll(() => rmSync(variables, { recursive: true }));

test("without_records_the_day_begins_now", async () => {
  const today = new TodayBook(() => snapshot);
  await recallPeaks(today, snapshot, { variables, log, now });
  expect(today.of("apex", now)).toEqual({ refused: 0, peak: 0 });
});

test("the_records_tell_the_peak_since_the_client's_midnight_and_not_before", async () => {
  const store = createRecordStore({ records: "sqlite:signalbox.db", variables, log });
  for (const number of [1, 2, 3])
    store.put(stampedCall({ number, startedAt: at("2026-11-22T23:50:00-05:00") }));
  for (const number of [4, 5]) store.put(stampedCall({ number, startedAt: at("2026-11-23T00:00:00-05:00") }));
  await store.flush();
  await store.close();
  const today = new TodayBook(() => snapshot);
  await recallPeaks(today, snapshot, { variables, log, now });
  expect(today.of("apex", now).peak).toBe(2);
});
