import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitFor } from "../../../load/lab/ports.ts";
import type { RecordStore } from "../../../src/calls/record-port.ts";
import { openRecords } from "../../../src/records/open.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { stampedCall } from "../../record-builders.ts";

let variables = "";
let store: RecordStore;
let said: string[] = [];
const file = () => join(variables, "signalbox.db");

function start(goneMs: number): void {
  const log = pino({ level: "info" }, { write: (line: string) => said.push(line) });
  store = createRecordStore({ records: "sqlite:signalbox.db", variables, log, bounds: { goneMs } });
}

const written = () => store.flush();
const refused = (code: string) =>
  waitFor(code, () => store.health().code === code || undefined, 10_000).then(() => store.health().why);

async function listed(): Promise<number> {
  const records = await openRecords("sqlite:signalbox.db", variables);
  const calls = await records.calls({});
  await records.close();
  return calls.length;
}

beforeEach(() => {
  variables = mkdtempSync(join(tmpdir(), "sb-moved-"));
  said = [];
});

afterEach(async () => {
  await store.close();
  rmSync(variables, { recursive: true, force: true });
});

test("a_file_that_was_moved_away_is_told_and_takes_the_calls_once_it_is_back", async () => {
  start(60_000);
  store.put(stampedCall({ number: 1 }));
  await written();
  renameSync(file(), join(variables, "aside.db"));
  store.put(stampedCall({ number: 2 }));
  expect(await refused("records_file_gone")).toContain(
    "signalbox.db: it was moved or deleted while this node",
  );
  expect(store.pending().queued).toBe(1);
  renameSync(join(variables, "aside.db"), file());
  await written();
  expect(await listed()).toBe(2);
  expect(said.join("")).toContain("records.writable");
});

test("one_that_stays_away_is_begun_anew_and_loses_nothing_that_came_since", async () => {
  start(200);
  store.put(stampedCall({ number: 1 }));
  await written();
  rmSync(file());
  for (const number of [2, 3]) store.put(stampedCall({ number }));
  await refused("records_file_gone");
  await written();
  store.put(stampedCall({ number: 4 }));
  await written();
  expect(await listed()).toBe(3);
});

test("one_that_is_damaged_says_what_to_do_and_needs_no_restart", async () => {
  writeFileSync(file(), "x".repeat(9000));
  start(200);
  store.put(stampedCall({ number: 1 }));
  expect(await refused("records_damaged")).toContain("move it away, with its -wal and -shm");
  renameSync(file(), join(variables, "aside.db"));
  await written();
  expect(await listed()).toBe(1);
});

test("one_that_is_damaged_while_it_is_open_needs_no_restart_either", async () => {
  start(200);
  store.put(stampedCall({ number: 1 }));
  await written();
  await store.close();
  start(200);
  await store.openCalls();
  // Over the pages, in place, as a disk does it.
  writeFileSync(file(), Buffer.alloc(300_000, 0x5a), { flag: "r+" });
  store.put(stampedCall({ number: 2 }));
  await refused("records_damaged");
  for (const name of ["signalbox.db", "signalbox.db-wal", "signalbox.db-shm"])
    rmSync(join(variables, name), { force: true });
  await written();
  expect(await listed()).toBe(1);
});
