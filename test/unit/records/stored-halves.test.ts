import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordOf, stampRecord } from "../../../src/core/record/derive.ts";
import type { CallFacts } from "../../../src/core/record/record.ts";
import { openRecords } from "../../../src/records/open.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { tenantId } from "../../builders.ts";
import { callFacts } from "../../record-builders.ts";

let variables = "";
const records = "sqlite:signalbox.db";
beforeEach(() => {
  variables = mkdtempSync(join(tmpdir(), "sb-halves-"));
});
afterEach(() => rmSync(variables, { recursive: true, force: true }));

async function put(facts: CallFacts, how: { part?: boolean } = {}): Promise<void> {
  const store = createRecordStore({ records, variables, log: pino({ level: "silent" }) });
  const record = stampRecord(recordOf(facts));
  if (record === null) throw new Error("the call is nobody's");
  store.put(record, how);
  await store.flush();
  await store.close();
}

test("two halves that were stored beside one another are one call when it is told again", async () => {
  const whole = callFacts();
  const decided = { ...whole, legs: [], boot: "" };
  const heard = {
    ...whole,
    steps: [],
    legs: whole.legs.map((leg) => ({ ...leg, tenant: tenantId("apex") })),
  };
  await put(heard);
  // As two nodes leave it that store a half each at one instant.
  const db = new DatabaseSync(join(variables, "signalbox.db"));
  db.exec("create temp table half as select * from calls; update half set boot = '', is_over = 0");
  db.prepare("update half set facts = ?").run(JSON.stringify(decided));
  db.exec("insert into calls select * from half");
  db.close();
  await put(heard);
  const reader = await openRecords(records, variables);
  const listed = await reader.calls({});
  const { calls, legs } = await reader.usage({ tenant: "apex", from: "2026-11-01", to: "2026-12-01" });
  await reader.close();
  expect(listed).toMatchObject([{ did: "+12125550100", billableSeconds: 60 }]);
  expect(calls).toMatchObject([{ calls: 1, did: "+12125550100" }]);
  expect(legs).toMatchObject([{ legs: 1, seconds: 60 }]);
});
