import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import type { Worker } from "node:worker_threads";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningMariadb, startMariadb } from "../../load/lab/mariadb.ts";
import { waitFor } from "../../load/lab/ports.ts";
import { startChild } from "../../load/lab/processes.ts";
import type { RecordStore } from "../../src/calls/record-port.ts";
import { openRecords } from "../../src/records/open.ts";
import { createRecordStore, type RecordBounds } from "../../src/records/store.ts";
import { noon, stampedCall } from "../record-builders.ts";

const log = pino({ level: "silent" });
let folder = "";
let variables = "";
let stores: RecordStore[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb-outage-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  variables = await mkdtemp(join(folder, "node-"));
});

afterEach(async () => {
  for (const store of stores) await store.close(500);
  stores = [];
});

function open(records: string, bounds: Partial<RecordBounds> = {}): RecordStore {
  const store = createRecordStore({ records, variables, log, bounds });
  stores.push(store);
  return store;
}

const callNumber = (number: number) => stampedCall({ number, startedAt: noon + number * 1000 });

async function storedNumbers(records: string): Promise<number[]> {
  const reader = await openRecords(records, variables);
  const calls = await reader.calls({ limit: 100_000 });
  const usage = await reader.usage({ tenant: "apex", from: "2026-01-01", to: "2027-01-01" });
  await reader.close();
  expect(usage.calls.reduce((sum, row) => sum + row.calls, 0)).toBe(calls.length);
  return calls.map(({ call }) => Number(call.replace("ast1-1764000000.", ""))).sort((a, b) => a - b);
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** The longest that this thread stood still while `work` ran, milliseconds. */
async function longestStandstill(work: () => Promise<void>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  await work();
  delays.disable();
  return delays.max / 1e6;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe("the local file", () => {
  test("locked by another process delays no call, and all are stored when the lock is gone", async () => {
    const store = open("sqlite:signalbox.db", { busyMs: 300 });
    store.put(callNumber(1));
    await store.flush();
    const other = new DatabaseSync(join(variables, "signalbox.db"));
    other.exec("begin exclusive");
    const standstill = await longestStandstill(async () => {
      for (let number = 2; number <= 200; number++) {
        store.put(callNumber(number));
        await sleep(5);
      }
    });
    expect(standstill).toBeLessThan(150);
    expect(store.health()).toMatchObject({ ready: false, code: "records_locked" });
    // Up to one batch is with the writing thread; the rest waits here.
    expect(store.pending()).toMatchObject({ lost: 0 });
    other.exec("rollback");
    other.close();
    await store.flush();
    expect(store.health().ready).toBe(true);
    expect(await storedNumbers("sqlite:signalbox.db")).toEqual(upTo(200));
  });

  test("that cannot be opened keeps calls in memory, up to the bound and no further", async () => {
    const store = open("sqlite:/proc/no/such/place.db", { queue: 10, busyMs: 100 });
    for (let number = 1; number <= 15; number++) store.put(callNumber(number));
    await waitFor("a failed write", () => !store.health().ready || undefined, 5000);
    for (let number = 16; number <= 40; number++) store.put(callNumber(number));
    expect(store.health().code).toBe("records_cannot_open");
    expect(store.pending().lost).toBeGreaterThan(0);
    expect(store.pending().queued).toBeLessThanOrEqual(25);
  });

  test("whose thread dies is written by a new one", async () => {
    const started: Worker[] = [];
    process.on("worker", (worker: Worker) => started.push(worker));
    const store = open("sqlite:signalbox.db");
    store.put(callNumber(1));
    await store.flush();
    await started.at(-1)?.terminate();
    store.put(callNumber(2));
    await store.flush();
    expect(await storedNumbers("sqlite:signalbox.db")).toEqual([1, 2]);
  });
});

describe("the records database", () => {
  let mariadb: RunningMariadb;
  let number = 0;
  const start = async () => {
    mariadb = await startMariadb({ folder: join(folder, "mariadb"), port: 30_010, database: "outage" });
  };

  beforeAll(start);
  afterAll(async () => {
    await mariadb?.stop();
  });

  /** A database of its own for each test. */
  async function fresh(): Promise<string> {
    const { createConnection } = await import("mysql2/promise");
    const connection = await createConnection(mariadb.url);
    const name = `outage_${++number}`;
    await connection.query(`create database ${name}`);
    await connection.end();
    return mariadb.url.replace(/[^/]+$/, name);
  }

  const drained = (store: RecordStore) =>
    waitFor("an empty outbox", () => store.pending().outbox === 0 || undefined, 60_000);

  test("down for a while: the outbox grows, then drains by itself, every call once", async () => {
    const records = await fresh();
    const store = open(records);
    store.put(callNumber(1));
    await store.flush();
    await drained(store);
    mariadb.kill("SIGKILL");
    await mariadb.exited;
    const standstill = await longestStandstill(async () => {
      for (let each = 2; each <= 100; each++) {
        store.put(callNumber(each));
        await sleep(5);
      }
      await store.flush();
    });
    expect(standstill).toBeLessThan(150);
    expect(store.pending()).toMatchObject({ queued: 0, outbox: 99, lost: 0 });
    await start();
    await drained(store);
    expect(store.health().ready).toBe(true);
    expect(await storedNumbers(records)).toEqual(upTo(100));
  });

  test("hung: it is given up and asked again, and no call is stored twice", async () => {
    const records = await fresh();
    const store = open(records, { batchMs: 1000 });
    store.put(callNumber(1));
    await store.flush();
    await drained(store);
    mariadb.kill("SIGSTOP");
    for (let each = 2; each <= 50; each++) store.put(callNumber(each));
    await store.flush();
    await waitFor("the hang to be noticed", () => !store.health().ready || undefined, 10_000);
    mariadb.kill("SIGCONT");
    await drained(store);
    expect(await storedNumbers(records)).toEqual(upTo(50));
  });

  test("full outbox: what no longer fits waits in memory, and nothing that was accepted is lost", async () => {
    const records = await fresh();
    mariadb.kill("SIGKILL");
    await mariadb.exited;
    const store = open(records, { outbox: 20, queue: 1000 });
    for (let each = 1; each <= 20; each++) store.put(callNumber(each));
    await store.flush();
    for (let each = 21; each <= 60; each++) store.put(callNumber(each));
    await waitFor("a full outbox", () => !store.health().ready || undefined, 5000);
    await sleep(500);
    expect(store.pending()).toMatchObject({ outbox: 20, lost: 0 });
    await start();
    await store.flush();
    await drained(store);
    expect(await storedNumbers(records)).toEqual(upTo(60));
  });

  test("down while the node is killed twice in the middle of its calls: every call exactly once", async () => {
    const records = await fresh();
    const told: number[] = [];
    for (let life = 0; life < 3; life++) {
      const first = life * 1000 + 1;
      const child = await startChild({
        name: "the writer",
        command: process.execPath,
        args: [
          join(import.meta.dirname, "records-writer.ts"),
          records,
          variables,
          String(first),
          "1000",
          "5",
        ],
        onLine: (line: string) => {
          if (/^[0-9]+$/.test(line)) told.push(Number(line));
        },
      });
      await child.waitForLine(new RegExp(`^${first + 40}$`), 20_000);
      if (life === 0) {
        mariadb.kill("SIGKILL");
        await mariadb.exited;
      }
      await child.waitForLine(new RegExp(`^${first + 120}$`), 20_000);
      child.kill("SIGKILL");
      await child.exited;
      if (life === 1) await start();
    }
    const store = open(records);
    // By then the outbox that the killed ones left has been counted.
    await store.openCalls();
    await drained(store);
    const stored = await storedNumbers(records);
    expect(new Set(stored).size).toBe(stored.length);
    expect(stored).toEqual(expect.arrayContaining([...new Set(told)]));
    // Beyond what was told, there may be those on their way out of the process when it died.
    expect(stored.length - new Set(told).size).toBeLessThan(100);
  });
});
