// The rows of recordings over both databases, and the thread that completes them.
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type RunningMariadb, startMariadb } from "../../load/lab/mariadb.ts";
import { waitFor } from "../../load/lab/ports.ts";
import { silentWav } from "../../load/lab/wav.ts";
import type { RecordStore } from "../../src/calls/record-port.ts";
import { recordOf, stampRecord } from "../../src/core/record/derive.ts";
import type { StepRecording } from "../../src/core/record/record.ts";
import { openRecords } from "../../src/records/open.ts";
import { openRecordings } from "../../src/records/recordings/book.ts";
import { startRecordingKeeper } from "../../src/records/recordings/keeper.ts";
import { createRecordStore } from "../../src/records/store.ts";
import { tenantId } from "../builders.ts";
import { outboundCall, stampedCall, stampedOf, stepNote, type WrittenCall } from "../record-builders.ts";

let folder = "";
let mariadb: RunningMariadb;
let databases = 0;
const log = pino({ level: "silent" });
const DAY_MS = 86_400_000;
/** When calls of these tests began: an hour ago, since the thread looks at what is over. */
const began = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb-recordings-"));
  mariadb = await startMariadb({ folder: join(folder, "mariadb"), port: 17_306 });
});
afterAll(async () => {
  await mariadb?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(["sqlite", "mysql"] as const)("recordings in %s", (kind) => {
  const opened: { close(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  async function place(): Promise<{ records: string; variables: string }> {
    const variables = await mkdtemp(join(folder, "node-"));
    if (kind === "sqlite") return { records: "sqlite:signalbox.db", variables };
    const name = `recordings_${++databases}`;
    const { createConnection } = await import("mysql2/promise");
    const connection = await createConnection(mariadb.url);
    await connection.query(`create database ${name} character set latin1`);
    await connection.end();
    return { records: mariadb.url.replace(/\/signalbox$/, `/${name}`), variables };
  }

  async function node() {
    const where = await place();
    const directory = join(where.variables, "recordings");
    const store = createRecordStore({ ...where, log });
    opened.push(store);
    const book = async (write = false) => {
      const found = await openRecordings(where.records, where.variables, { write });
      opened.push(found);
      return found;
    };
    const keeper = () => {
      const started = startRecordingKeeper({ ...where, directory, log, missingMs: 0 });
      started.beside(["ast1"]);
      opened.push(started);
      return started;
    };
    const sound = (file: string, ms: number) => {
      const path = join(directory, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, silentWav(ms));
      utimesSync(path, (began + 62_000) / 1000, (began + 62_000) / 1000);
      return path;
    };
    return { where, directory, store, book, keeper, sound };
  }

  async function stored(store: RecordStore): Promise<void> {
    await store.flush();
    await waitFor("an empty outbox", () => store.pending().outbox === 0 || undefined, 20_000);
  }

  const recorded = (number = 1, more: Partial<StepRecording> = {}, call: WrittenCall = {}) =>
    stampedCall({
      number,
      startedAt: began,
      ...call,
      step: {
        recording: {
          file: `apex/2026/11/23/ast1-1764000000.${number}.wav`,
          format: "wav",
          notice: null,
          keepDays: 30,
          ...more,
        },
        ...call.step,
      },
    });

  test("a call that is not to be recorded has no row", async () => {
    const { store, book } = await node();
    store.put(stampedCall());
    await stored(store);
    expect(await (await book()).list({})).toEqual([]);
  });

  test("a row is begun with its call, once however often that is told, and completed by its file", async () => {
    const { where, store, book, keeper, sound } = await node();
    for (let time = 0; time < 3; time++) store.put(recorded());
    await stored(store);
    const rows = await book();
    expect(await rows.list({})).toMatchObject([
      {
        call: "ast1-1764000000.1",
        tenant: "apex",
        state: "begun",
        lengthMs: null,
        keepUntil: began + 62_000 + 30 * DAY_MS,
      },
    ]);
    sound("apex/2026/11/23/ast1-1764000000.1.wav", 59_000);
    keeper();
    await waitFor(
      "the row",
      async () => (await rows.list({ states: ["kept"] })).length === 1 || undefined,
      8000,
    );
    const [row] = await rows.list({});
    expect(row).toMatchObject({
      lengthMs: 59_000,
      bytes: 59 * 16_000 + 44,
      startedAt: began + 3000,
      stoppedAt: began + 62_000,
      deleted: null,
      hold: null,
    });
    expect(row?.sha256).toMatch(/^[0-9a-f]{64}$/);
    store.put(recorded());
    await stored(store);
    expect(await rows.list({})).toEqual([row]);
    const calls = await openRecords(where.records, where.variables);
    opened.push(calls);
    expect(await calls.calls({})).toMatchObject([{ recording: "apex/2026/11/23/ast1-1764000000.1.wav" }]);
  });

  test("pages hold every row once, also of calls that began at one instant", async () => {
    const { store, book } = await node();
    for (let number = 1; number <= 2300; number++) store.put(recorded(number, {}, { startedAt: began }));
    store.put(recorded(5000, {}, { startedAt: began - 1000 }));
    await stored(store);
    const rows = await book();
    const pages: string[][] = [];
    for await (const page of rows.pages({ tenant: "apex" })) pages.push(page.map(({ call }) => call));
    expect(pages.map(({ length }) => length)).toEqual([1000, 1000, 301]);
    expect(pages[0]?.[0]).toBe("ast1-1764000000.5000");
    expect(new Set(pages.flat()).size).toBe(2301);
    expect(await rows.newest()).toBe(began);
    const some: number[] = [];
    for await (const page of rows.pages({ limit: 1200 })) some.push(page.length);
    expect(some).toEqual([1000, 200]);
  });

  test("of two who delete one recording, the one who failed does not bring its row back", async () => {
    const { store, book, keeper, sound } = await node();
    const file = "apex/2026/11/23/ast1-1764000000.1.wav";
    store.put(recorded());
    await stored(store);
    sound(file, 5000);
    keeper();
    const [one, two] = [await book(true), await book(true)];
    const kept = async () => (await one.list({ states: ["kept"] })).length === 1 || undefined;
    await waitFor("the row", kept, 8000);
    const due = began + 62_000 + 30 * DAY_MS;
    expect([await one.claim(file, due), await two.claim(file, due)]).toEqual([true, true]);
    await one.settle(file, { deletedAt: due, by: "root" });
    await two.settle(file, { stays: "kept" });
    expect((await one.list({}))[0]).toMatchObject({ state: "deleted", deleted: { by: "root" } });
  });

  test("marks that come late are in the row", async () => {
    const { store, book } = await node();
    const call = recorded();
    store.put(call);
    await stored(store);
    const marks = [
      { at: began + 2000, what: "noticed" },
      { at: began + 9000, what: "paused" },
      { at: began + 12_000, what: "resumed" },
    ] as const;
    const marked = stampRecord(recordOf({ ...call.facts, marks }));
    if (marked === null) throw new Error("the call is nobody's");
    store.put(marked);
    await stored(store);
    expect(await (await book()).list({})).toMatchObject([
      { noticedAt: began + 2000, gaps: [{ from: began + 9000, to: began + 12_000 }] },
    ]);
  });

  test("a file below another client's folder is no recording of the call", async () => {
    const { store, book } = await node();
    store.put(recorded(1, { file: "green/2026/11/23/ast1-1764000000.1.wav" }));
    await stored(store);
    expect(await (await book()).list({})).toEqual([]);
  });

  test("nobody answered: empty; somebody did: missing without a file, kept with one that is silent", async () => {
    const { store, book, keeper, sound } = await node();
    store.put(recorded(1, {}, { talkMs: 0, step: { does: "dial", target: null } }));
    store.put(recorded(2));
    store.put(recorded(3));
    await stored(store);
    sound("apex/2026/11/23/ast1-1764000000.3.wav", 0);
    const seen = keeper();
    const rows = await book();
    await allLookedAt(rows);
    expect((await rows.list({})).map(({ state }) => state)).toEqual(["empty", "missing", "kept"]);
    await waitFor("the count", () => seen.seen().missing === 1 || undefined, 2000);
  });

  test("a call by legs of which nothing was written misses one recording, not three", async () => {
    const { store, book, keeper } = await node();
    store.put(recorded(1, { legs: true }));
    await stored(store);
    const seen = keeper();
    const rows = await book();
    const states = async () => (await rows.list({})).map(({ state }) => state);
    await waitFor("the rows", async () => !(await states()).includes("begun") || undefined, 8000);
    expect(await states()).toEqual(["missing", "missing", "missing"]);
    await waitFor("the count", () => seen.seen().missing > 0 || undefined, 2000);
    expect(seen.seen().missing).toBe(1);
  });

  test("nobody talked to whoever left a queue, went during the notice or came to a mailbox: empty, and nothing is missed", async () => {
    const { store, book, keeper, sound } = await node();
    store.put(recorded(1, {}, { step: { does: "queue", queue: "claims", target: { queue: "claims" } } }));
    const marks = [{ at: began + 3000, what: "unnoticed" }] as const;
    store.put(stampedOf({ ...recorded(2, { notice: "signalbox/shared/notice" }).facts, marks }));
    const recording = {
      file: "apex/2026/11/23/ast1-1764000000.3.wav",
      format: "wav",
      notice: "x",
      keepDays: 30,
    } as const;
    const out = outboundCall({ number: 3, startedAt: began, step: { recording } });
    store.put(stampedOf({ ...out.facts, marks }));
    const { facts } = recorded(4, {}, { step: { does: "dial", target: null } });
    const back = { type: "dialled", status: "NOANSWER", cause: null } as const;
    const mailbox = stepNote({ ...facts.steps[0], at: began + 20_000, turn: "2/0", back, does: "voicemail" });
    store.put(stampedOf({ ...facts, steps: [...facts.steps, mailbox] }));
    await stored(store);
    sound("apex/2026/11/23/ast1-1764000000.4.wav", 0);
    const seen = keeper();
    const rows = await book();
    await allLookedAt(rows);
    expect((await rows.list({})).map(({ state }) => state)).toEqual(Array(4).fill("empty"));
    expect(seen.seen().missing).toBe(0);
  });

  test("a list is of one client, a time, a state", async () => {
    const { store, book } = await node();
    store.put(recorded(1));
    store.put(recorded(2, {}, { startedAt: began + 60_000 }));
    const green = { file: "greensolar/2026/11/23/ast1-1764000000.3.wav" };
    store.put(outboundCall({ ...writtenBy(recorded(3, green)), number: 3 }));
    await stored(store);
    const rows = await book();
    expect(await rows.list({ tenant: "apex" })).toHaveLength(2);
    expect(await rows.list({ tenant: "nobody" })).toEqual([]);
    expect(await rows.list({ since: began + 1 })).toHaveLength(1);
    expect(await rows.list({ until: began + 1 })).toHaveLength(2);
    expect(await rows.list({ calls: [] })).toEqual([]);
    expect(await rows.list({ states: ["kept"] })).toEqual([]);
  });

  test("a hold outlasts its time; what is claimed cannot be held; what is deleted stays as a row", async () => {
    const { store, book, keeper, sound } = await node();
    store.put(recorded());
    await stored(store);
    const file = "apex/2026/11/23/ast1-1764000000.1.wav";
    sound(file, 5000);
    keeper();
    const rows = await book(true);
    await waitFor(
      "the row",
      async () => (await rows.list({ states: ["kept"] })).length === 1 || undefined,
      8000,
    );
    const due = began + 62_000 + 30 * DAY_MS;
    expect(await rows.list({ dueAt: due - 1 })).toEqual([]);
    expect(await rows.claim(file, due - 1)).toBe(false);
    expect(await rows.hold(file, { at: began, by: "jane", why: "case 12" })).toBe(true);
    expect(await rows.list({ dueAt: due })).toEqual([]);
    expect(await rows.claim(file, due)).toBe(false);
    expect((await rows.list({}))[0]?.hold).toEqual({ at: began, by: "jane", why: "case 12" });
    expect(await rows.release(file)).toBe(true);
    expect(await rows.release(file)).toBe(false);
    expect(await rows.list({ dueAt: due })).toHaveLength(1);
    expect(await rows.claim(file, due)).toBe(true);
    expect(await rows.hold(file, { at: began, by: "jane", why: "too late" })).toBe(false);
    await rows.settle(file, { deletedAt: due + 5, by: "root" });
    expect(await rows.list({})).toMatchObject([
      { state: "deleted", deleted: { at: due + 5, by: "root" }, lengthMs: 5000 },
    ]);
    store.put(recorded());
    await stored(store);
    expect((await rows.list({}))[0]?.state).toBe("deleted");
  });

  test("files of calls that are on are known as such", async () => {
    const { store, book } = await node();
    store.put(stampedCall({ number: 9 }));
    await stored(store);
    store.keepOpen(recorded(4).facts);
    await store.flush();
    expect([...(await (await book()).underWay())]).toEqual(["apex/2026/11/23/ast1-1764000000.4.wav"]);
  });

  test("a file of another machine's switch is left to the node beside it", async () => {
    const { store, book, keeper, directory } = await node();
    rmSync(directory, { recursive: true, force: true });
    store.put(recorded());
    await stored(store);
    keeper().beside(["ast2"]);
    const rows = await book();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect((await rows.list({}))[0]?.state).toBe("begun");
  });
});

/** The same steps for an outbound call. */
/** 8 s for what the thread does at once. */
async function allLookedAt(rows: Awaited<ReturnType<typeof openRecordings>>): Promise<void> {
  const looked = async () => (await rows.list({ states: ["begun"] })).length === 0 || undefined;
  await waitFor("the rows", looked, 8000);
}

function writtenBy(call: ReturnType<typeof stampedCall>): WrittenCall {
  const { recording } = call.facts.steps[0] ?? {};
  return {
    startedAt: began,
    step: { tenant: tenantId("greensolar"), ...(recording === undefined ? {} : { recording }) },
  };
}
