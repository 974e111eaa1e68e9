import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import type { Connection } from "mysql2/promise";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type RunningMariadb, startMariadb } from "../../load/lab/mariadb.ts";
import { waitFor } from "../../load/lab/ports.ts";
import type { RecordReader, RecordStore } from "../../src/calls/record-port.ts";
import { recordOf, stampRecord } from "../../src/core/record/derive.ts";
import { asOverheard } from "../../src/core/record/overheard.ts";
import { shiftFacts } from "../../src/core/record/shift.ts";
import { openMysql } from "../../src/records/mysql/database.ts";
import { openRecords } from "../../src/records/open.ts";
import { createRecordStore } from "../../src/records/store.ts";
import { at, tenantId } from "../builders.ts";
import { callFacts, noon, outboundCall, stampedCall, stampedOf, unownedCall } from "../record-builders.ts";

let folder = "";
let mariadb: RunningMariadb;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb-records-"));
  mariadb = await startMariadb({ folder: join(folder, "mariadb"), port: 30_000 });
});

afterAll(async () => {
  await mariadb?.stop();
  await rm(folder, { recursive: true, force: true });
});

const log = pino({ level: "silent" });
const month = { tenant: "apex", from: "2026-11-01", to: "2026-12-01" };
let databases = 0;

async function freshPlace(kind: "sqlite" | "mysql"): Promise<{ records: string; variables: string }> {
  const variables = await mkdtemp(join(folder, "node-"));
  if (kind === "sqlite") return { records: "sqlite:signalbox.db", variables };
  const name = `records_${++databases}`;
  const { createConnection } = await import("mysql2/promise");
  const connection = await createConnection(mariadb.url);
  await connection.query(`create database ${name} character set latin1`);
  await connection.end();
  return { records: mariadb.url.replace(/\/signalbox$/, `/${name}`), variables };
}

describe.each(["sqlite", "mysql"] as const)("call records in %s", (kind) => {
  const opened: { close(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });

  async function node(place?: { records: string; variables: string }) {
    const where = place ?? (await freshPlace(kind));
    const store = createRecordStore({ ...where, log });
    opened.push(store);
    return { store, where, reader: () => reading(where) };
  }

  async function reading(where: { records: string; variables: string }): Promise<RecordReader> {
    const reader = await openRecords(where.records, where.variables);
    opened.push(reader);
    return reader;
  }

  async function stored(store: RecordStore): Promise<void> {
    await store.flush();
    await waitFor("an empty outbox", () => store.pending().outbox === 0 || undefined, 20_000);
  }

  test("a call is stored once however often it is handed over", async () => {
    const { store, reader } = await node();
    for (let time = 0; time < 3; time++) {
      store.put(stampedCall());
      await stored(store);
    }
    const records = await reader();
    expect(await records.calls({})).toEqual([
      {
        call: "ast1-1764000000.1",
        tenant: "apex",
        direction: "inbound",
        server: "ast1",
        did: "+12125550100",
        from: "+13125550123",
        to: "+12125550100",
        trunk: "pool_a",
        startedAt: noon,
        answeredAt: noon + 2000,
        endedAt: noon + 62_000,
        billableSeconds: 60,
        outcome: "answered",
        reason: null,
        recording: null,
      },
    ]);
    const usage = await records.usage(month);
    expect(usage.calls.map((row) => row.calls)).toEqual([1]);
    expect(usage.legs).toMatchObject([{ legs: 1, answered: 1, seconds: 60, billed66: 60, billed6060: 60 }]);
    expect(await records.peak("apex", noon - 1000, noon + 100_000)).toEqual({ channels: 1, at: noon });
  });

  test("a whole record comes back as it went in, with letters of every script", async () => {
    const { store, reader } = await node();
    const call = stampedCall({ step: { caller: "Zoë 電話 📞" } });
    store.put(call);
    await stored(store);
    const { stamp, ...record } = call;
    expect(await (await reader()).call(stamp.call)).toEqual({ record, recording: null });
  });

  test("two halves of a call from two nodes make one record, and its counts follow", async () => {
    const { store, reader } = await node();
    const whole = callFacts();
    store.put(stampedOf({ ...whole, legs: [], boot: "" }), { part: true });
    await stored(store);
    const records = await reader();
    expect(await records.calls({})).toEqual([]);
    expect((await records.usage(month)).calls).toEqual([]);
    const legs = whole.legs.map((leg) => ({ ...leg, tenant: tenantId("apex") }));
    store.put(stampedOf({ ...whole, steps: [], legs }));
    await stored(store);
    expect(await records.calls({})).toMatchObject([{ did: "+12125550100", billableSeconds: 60 }]);
    const usage = await records.usage(month);
    expect(usage.legs).toMatchObject([{ did: "+12125550100", seconds: 60 }]);
    expect(usage.calls).toMatchObject([{ calls: 1, outcome: "answered" }]);
  });

  test("one name after two boots of a switch is two calls", async () => {
    const { store, reader } = await node();
    store.put(stampedCall({ boot: "2026-11-23 08:00:00" }));
    store.put(stampedCall({ boot: "2026-11-23 09:00:00", startedAt: noon + 3_600_000 }));
    await stored(store);
    expect(await (await reader()).calls({})).toHaveLength(2);
  });

  test("calls of nobody stand apart and in nobody's counts", async () => {
    const { store, reader } = await node();
    store.putUnowned(unownedCall());
    await stored(store);
    const records = await reader();
    expect(await records.calls({})).toEqual([]);
    expect(await records.calls({ unowned: true })).toMatchObject([{ tenant: null, reason: "unknown_did" }]);
    expect((await records.usage(month)).calls).toEqual([]);
  });

  test("a tenant sees its own calls, newest first, within its times", async () => {
    const { store, reader } = await node();
    const zenith = { tenant: tenantId("zenith"), did: "+14155550100" };
    store.put(stampedCall({ number: 1 }));
    store.put(stampedCall({ number: 2, startedAt: noon + 1000 }));
    store.put(stampedCall({ number: 3, startedAt: noon + 2000, step: zenith }));
    store.put(outboundCall({ number: 4, startedAt: noon + 3000 }));
    await stored(store);
    const records = await reader();
    const ids = async (query: Parameters<RecordReader["calls"]>[0]) =>
      (await records.calls(query)).map(({ call }) => call.replace("ast1-1764000000.", ""));
    expect(await ids({})).toEqual(["4", "3", "2", "1"]);
    expect(await ids({ tenant: "apex" })).toEqual(["4", "2", "1"]);
    expect(await ids({ tenant: "apex", since: noon + 1000, until: noon + 3000 })).toEqual(["2"]);
    expect(await ids({ did: "+14155550100" })).toEqual(["3"]);
    expect(await ids({ limit: 1 })).toEqual(["4"]);
    expect(await ids({ tenant: "zenith", did: "+12125550100" })).toEqual([]);
    expect([...(await records.lastCalls())]).toEqual(
      expect.arrayContaining([
        ["+12125550100", noon + 1000],
        ["+14155550100", noon + 2000],
      ]),
    );
  });

  test("each number was called last when its last call began, whoever's it was", async () => {
    const { store, reader } = await node();
    const records = async () => (await reader()).lastCalls();
    store.putUnowned(unownedCall({ number: 999 }));
    await stored(store);
    expect(await records()).toEqual(new Map());
    const clients = ["zenith", "apex", "greensolar", "callers"].map(tenantId);
    const all = new Map<string, number>();
    for (let number = 1; number <= 120; number++) {
      // In no order. A number of every third was another client's before; the last client only calls out.
      const tenant = clients[number % 7 === 0 ? 3 : number % 3] ?? tenantId("apex");
      const startedAt = noon + ((number * 7919) % 120) * 1000;
      const did = `+1212555010${(number % 3) + (number % 5) * 3 + (number % 11 === 0 ? 1 : 0)}`;
      if (tenant === "callers") {
        store.put(outboundCall({ number, startedAt, step: { tenant } }));
        continue;
      }
      store.put(stampedCall({ number, startedAt, step: { tenant, did } }));
      all.set(did, Math.max(all.get(did) ?? 0, startedAt));
    }
    await stored(store);
    expect(await records()).toEqual(all);
  });

  test("pages have every call once, also those that began at one instant", async () => {
    const { store, reader } = await node();
    for (let number = 1; number <= 2500; number++)
      store.put(stampedCall({ number, startedAt: noon + Math.floor(number / 700) }));
    for (let number = 1; number <= 3; number++) store.putUnowned(unownedCall({ number: 9000 + number }));
    await stored(store);
    const records = await reader();
    const paged = async (query: Parameters<RecordReader["pages"]>[0]) => {
      const pages: string[][] = [];
      for await (const page of records.pages(query)) pages.push(page.map(({ call }) => call));
      return pages;
    };
    const pages = await paged({ tenant: "apex" });
    expect(pages.map(({ length }) => length)).toEqual([1000, 1000, 500]);
    expect(pages.flat()).toEqual((await records.calls({ limit: 9999 })).map(({ call }) => call));
    expect(new Set(pages.flat()).size).toBe(2500);
    expect((await paged({ limit: 1200 })).map(({ length }) => length)).toEqual([1000, 200]);
    expect((await paged({ unowned: true })).flat()).toHaveLength(3);
    expect(await paged({ tenant: "zenith" })).toEqual([]);
  });

  test("the peak is exact: a leg that ends as another begins was never beside it", async () => {
    const { store, reader } = await node();
    const talk = { ringMs: 0, talkMs: 60_000 };
    store.put(stampedCall({ number: 1, startedAt: noon, ...talk }));
    store.put(stampedCall({ number: 2, startedAt: noon + 60_000, ...talk }));
    store.put(stampedCall({ number: 3, startedAt: noon + 90_000, ...talk }));
    store.put(stampedCall({ number: 4, startedAt: noon + 300_000, ...talk }));
    await stored(store);
    const records = await reader();
    const hour = 3_600_000;
    expect(await records.peak("apex", noon - hour, noon + hour)).toEqual({ channels: 2, at: noon + 90_000 });
    expect(await records.peak("apex", noon + 120_000, noon + hour)).toEqual({
      channels: 1,
      at: noon + 120_000,
    });
    expect(await records.peak("apex", noon + hour, noon + 2 * hour)).toEqual({ channels: 0, at: null });
  });

  test("a call belongs to the month that its tenant's clock showed when it began", async () => {
    const { store, reader } = await node();
    store.put(stampedCall({ number: 1, startedAt: at("2026-10-31T23:59:59-04:00") }));
    store.put(stampedCall({ number: 2, startedAt: at("2026-11-01T00:00:00-04:00") }));
    store.put(stampedCall({ number: 3, startedAt: at("2026-11-30T23:59:59-05:00") }));
    store.put(stampedCall({ number: 4, startedAt: at("2026-12-01T00:00:00-05:00") }));
    await stored(store);
    const { calls, legs } = await (await reader()).usage(month);
    expect(calls.map((row) => [row.day, row.calls]).sort()).toEqual([
      ["2026-11-01", 1],
      ["2026-11-30", 1],
    ]);
    expect(legs.reduce((sum, row) => sum + row.legs, 0)).toBe(2);
  });

  test("open calls outlive the process and leave when they end", async () => {
    const { store, where } = await node();
    const facts = callFacts();
    store.keepOpen({ ...facts, steps: [] });
    store.keepOpen(facts);
    store.keepOpen(callFacts({ number: 2 }));
    await store.flush();
    await store.close();
    const { store: next } = await node(where);
    expect((await next.openCalls()).map(({ call }) => call).sort()).toEqual([
      "ast1-1764000000.1",
      "ast1-1764000000.2",
    ]);
    next.put(stampedCall());
    await stored(next);
    expect(await next.openCalls()).toEqual([callFacts({ number: 2 })]);
  });

  test("a part of an open call leaves it open", async () => {
    const { store } = await node();
    for (const number of [1, 2]) {
      store.keepOpen(callFacts({ number }));
      if (number === 1) await store.flush();
      store.put(stampedCall({ number }), { part: true });
    }
    await stored(store);
    expect((await store.openCalls()).map(({ call }) => call).sort()).toEqual([
      "ast1-1764000000.1",
      "ast1-1764000000.2",
    ]);
    for (const number of [1, 2]) store.put(stampedCall({ number }));
    await stored(store);
    expect(await store.openCalls()).toEqual([]);
  });

  test("what a node overheard on a clock of its own changes no time and no count of a call that was heard", async () => {
    const heard = callFacts();
    const overheard = (aheadMs: number, number: number) => {
      const facts = shiftFacts(callFacts({ number, startedAt: noon }), aheadMs);
      return asOverheard({ ...facts, steps: callFacts({ number }).steps, boot: "" });
    };
    const { store, reader } = await node();
    for (const [index, aheadMs] of [-3_600_000, -2000, 300, 3_600_000].entries()) {
      const number = index + 1;
      const late = overheard(aheadMs, number);
      const { steps: _, ...listened } = callFacts({ number });
      const legs = listened.legs.map((leg) => ({ ...leg, tenant: tenantId("apex") }));
      const own = stampedOf({ ...listened, steps: [], legs });
      // The listener's is the first of every second call and the last of the others.
      for (const each of number % 2 === 0 ? [own, stampedOf(late)] : [stampedOf(late), own]) {
        store.put(each);
        await stored(store);
      }
    }
    const records = await reader();
    const { startedAt, answeredAt, endedAt } = recordOf(heard);
    const calls = await records.calls({});
    expect(calls).toHaveLength(4);
    for (const call of calls)
      expect(call).toMatchObject({ startedAt, answeredAt, endedAt, billableSeconds: 60 });
    const usage = await records.usage(month);
    expect(usage.legs.map(({ legs, seconds }) => [legs, seconds])).toEqual([[4, 240]]);
    expect(usage.calls.map((row) => row.calls)).toEqual([4]);
    expect(await records.peak("apex", noon - 7_200_000, noon + 7_200_000)).toEqual({ channels: 4, at: noon });
  });

  test("two nodes that start at once both find the tables, and their counts add up", async () => {
    const place = await freshPlace(kind);
    // Two nodes share a records database, never a local file.
    const other = kind === "mysql" ? { ...place, variables: await mkdtemp(join(folder, "node-")) } : place;
    const [one, two] = await Promise.all([node(place), node(other)]);
    for (let number = 1; number <= 300; number++) {
      const { store } = number % 2 === 0 ? one : two;
      store.put(stampedCall({ number, startedAt: noon + number }));
      // Half of them are told by both.
      if (number % 4 === 0) two.store.put(stampedCall({ number, startedAt: noon + number }));
    }
    await Promise.all([stored(one.store), stored(two.store)]);
    const records = await one.reader();
    expect(await records.calls({ limit: 1000 })).toHaveLength(300);
    const { calls, legs } = await records.usage(month);
    expect(calls.reduce((sum, row) => sum + row.calls, 0)).toBe(300);
    expect(legs.reduce((sum, row) => sum + row.seconds, 0)).toBe(300 * 60);
    expect((await records.peak("apex", noon, noon + 100_000)).channels).toBe(300);
    const span = { tenant: "apex", from: noon - 60_000, to: noon + 120_000 };
    const { all, pool } = await records.held({ ...span, cap: 300, reserved: 290 });
    // From the 300th beginning to the first end, and from the 291st to the tenth end before the last.
    expect(all).toMatchObject({ atBoundMs: 62_000 + 1 - 300, peak: { channels: 300, at: noon + 300 } });
    expect(pool).toMatchObject({ beganBeyond: 10, peakBeyond: { channels: 10, at: noon + 300 } });
    expect(pool.beyondMs).toBe(10 * (62_000 - 290));
  });

  test("legs out are counted by campaign, however long its name", async () => {
    const { store, reader } = await node();
    store.put(outboundCall({ number: 1, step: { campaign: "SALES" } }));
    store.put(outboundCall({ number: 2, step: { campaign: "x".repeat(100) } }));
    store.put(outboundCall({ number: 3 }));
    store.put(stampedCall({ number: 4 }));
    await stored(store);
    const { campaigns } = await (await reader()).usage(month);
    expect(campaigns.map(({ campaign, legs, seconds }) => [campaign, legs, seconds]).sort()).toEqual([
      ["", 1, 60],
      ["SALES", 1, 60],
      ["x".repeat(40), 1, 60],
    ]);
  });

  test("time at the cap is by the cap that the calls knew of, and the pool counts apart", async () => {
    const { store, reader } = await node();
    const limits = { cap: 2, reserved: 1 };
    const own = { trunk: { name: "apex_sip", shared: false } };
    store.put(stampedCall({ number: 1, step: { limits } }));
    store.put(stampedCall({ number: 2, startedAt: noon + 10_000, step: { limits } }));
    store.put(stampedCall({ number: 3, startedAt: noon + 20_000, step: { limits }, leg: own }));
    await stored(store);
    const records = await reader();
    const span = { tenant: "apex", from: noon - 3_600_000, to: noon + 3_600_000 };
    const before = await records.held({ ...span, cap: null, reserved: 0 });
    expect(before.all).toMatchObject({ atBoundMs: 62_000, peak: { channels: 3, at: noon + 20_000 } });
    expect(before.pool).toMatchObject({ beganBeyond: 1, beyondMs: 52_000, peakBeyond: { channels: 1 } });
    // Told again as a leg of a trunk of its own, the second leaves the pool and stays a channel.
    const moved = callFacts({ number: 2, startedAt: noon + 10_000, step: { limits }, leg: own });
    store.put(stampedOf(moved));
    await stored(store);
    const after = await (await reader()).held({ ...span, cap: null, reserved: 0 });
    expect(after.all).toEqual(before.all);
    expect(after.pool).toMatchObject({ beganBeyond: 0, beyondMs: 0, peak: { channels: 1, at: noon } });
  });

  test("a reader can change nothing", async () => {
    const { store, where } = await node();
    store.put(stampedCall());
    await stored(store);
    const records = await reading(where);
    expect(Object.keys(records).sort()).toEqual(
      "call calls close held lastCalls pages peak recorded usage".split(" "),
    );
    await expect(openRecords("sqlite:absent.db", where.variables)).rejects.toMatchObject({
      code: "records_absent",
    });
  });
});

test("a MySQL that is open for reading is written on none of its connections", async () => {
  const { records: url } = await freshPlace("mysql");
  const { db } = openMysql({ url, connections: 2, forReading: true });
  const writing = [1, 2].map(() => sql`create table written as select sleep(0.2)`.execute(db));
  const told = (await Promise.allSettled(writing)).map(
    (each) => each.status === "rejected" && each.reason.code,
  );
  expect(told).toEqual([
    "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION",
    "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION",
  ]);
  await db.destroy();
});

describe("a records database of its own mind", () => {
  const opened: { close(): Promise<void> }[] = [];
  let admin: Connection;

  beforeAll(async () => {
    const { createConnection } = await import("mysql2/promise");
    admin = await createConnection(mariadb.url);
  });

  afterAll(async () => {
    await admin?.end();
  });

  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });

  function node(where: { records: string; variables: string }): RecordStore {
    const store = createRecordStore({ ...where, log });
    opened.push(store);
    return store;
  }

  const waiting = (store: RecordStore, calls: number) =>
    waitFor(`${calls} in the outbox`, () => store.pending().outbox === calls || undefined, 20_000);

  async function reading(where: { records: string; variables: string }): Promise<RecordReader> {
    const reader = await openRecords(where.records, where.variables);
    opened.push(reader);
    return reader;
  }

  const databaseOf = ({ records }: { readonly records: string }) => records.replace(/.*\//, "");

  test("that gives its user no rights is no ready one before there is a call, and has its tables once it does", async () => {
    const where = await freshPlace("mysql");
    const name = databaseOf(where);
    await admin.query(`create user 'bare'@'%' identified by 'secret'`);
    const records = where.records.replace(/\/\/.*@/, "//bare:secret@");
    const store = node({ ...where, records });
    const ready = (is: boolean) =>
      waitFor(`ready ${is}`, () => store.health().ready === is || undefined, 20_000);
    await ready(false);
    expect(store.health().why).toContain("denied");
    await expect(openRecords(records, where.variables)).rejects.toMatchObject({
      code: "records_unreadable",
      message: expect.stringContaining("what the database grants to that user"),
    });
    await admin.query(`grant all on ${name}.* to 'bare'@'%'`);
    await ready(true);
    expect(await (await reading(where)).calls({})).toEqual([]);
    store.put(stampedCall({ number: 1 }));
    await store.flush();
    await waiting(store, 0);
  }, 40_000);

  test("that may only be read by now is no ready one before there is a call", async () => {
    const where = await freshPlace("mysql");
    await admin.query(`create user 'plain'@'%' identified by 'secret'`);
    await admin.query(`grant all on ${databaseOf(where)}.* to 'plain'@'%'`);
    const store = node({ ...where, records: where.records.replace(/\/\/.*@/, "//plain:secret@") });
    store.put(stampedCall({ number: 1 }));
    await store.flush();
    await waiting(store, 0);
    await admin.query("set global read_only = 1");
    try {
      await waitFor("its refusal", () => !store.health().ready || undefined, 40_000);
      expect(store.health().why).toContain("read-only");
    } finally {
      await admin.query("set global read_only = 0");
    }
    await waitFor("ready again", () => store.health().ready || undefined, 40_000);
  }, 100_000);

  test("that takes no backslash for an escape is written as any other", async () => {
    const where = await freshPlace("mysql");
    const [rows] = await admin.query("select @@global.sql_mode as mode");
    const [{ mode } = { mode: "" }] = rows as { mode: string }[];
    await admin.query("set global sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'");
    try {
      const store = node(where);
      const caller = `\\'), ('x', "y"); -- \\`;
      const call = stampedCall({ step: { caller } });
      store.put(call);
      await store.flush();
      await waiting(store, 0);
      const { stamp, ...record } = call;
      const records = await reading(where);
      expect(await records.call(stamp.call)).toEqual({ record, recording: null });
      expect(await records.calls({})).toMatchObject([{ from: caller }]);
    } finally {
      await admin.query("set global sql_mode = ?", [mode]);
    }
  });

  test("that was put up anew in its place is given tables, and what has come since", async () => {
    const where = await freshPlace("mysql");
    const store = node(where);
    store.put(stampedCall({ number: 1 }));
    await store.flush();
    await waiting(store, 0);
    await admin.query(`drop database ${databaseOf(where)}`);
    store.put(stampedCall({ number: 2 }));
    await store.flush();
    await waitFor("its absence", () => !store.health().ready || undefined, 20_000);
    await admin.query(`create database ${databaseOf(where)}`);
    await waiting(store, 0);
    expect(await (await reading(where)).calls({})).toHaveLength(1);
    expect(store.health().ready).toBe(true);
  });

  test("that takes little at a time is given little at a time", async () => {
    const where = await freshPlace("mysql");
    const [rows] = await admin.query("select @@global.max_allowed_packet as most");
    const [{ most } = { most: 0 }] = rows as { most: number }[];
    await admin.query("set global max_allowed_packet = 65536");
    try {
      const store = node(where);
      for (let number = 1; number <= 200; number++)
        store.put(stampedCall({ number, startedAt: noon + number }));
      await store.flush();
      await waiting(store, 0);
      expect(await (await reading(where)).calls({ limit: 1000 })).toHaveLength(200);
    } finally {
      await admin.query("set global max_allowed_packet = ?", [most]);
    }
  });

  test("that does not take one call takes the others, and that one once it does", async () => {
    const where = await freshPlace("mysql");
    const store = node(where);
    const call = `ast1-${"1".repeat(150)}`;
    for (let number = 1; number <= 300; number++) {
      store.put(stampedCall(number === 150 ? { number, call } : { number, startedAt: noon + number }));
    }
    await store.flush();
    await waiting(store, 1);
    expect(store.health().ready).toBe(true);
    expect(await (await reading(where)).calls({ limit: 1000 })).toHaveLength(299);
    for (const table of ["calls", "occupations"])
      await admin.query(`alter table ${databaseOf(where)}.${table} modify call_id varchar(200) not null`);
    await store.close();
    const next = node(where);
    const records = await reading(where);
    await waitFor("the call", async () => ((await records.call(call)) === null ? undefined : true), 20_000);
    await waiting(next, 0);
    expect(await records.calls({ limit: 1000 })).toHaveLength(300);
  });

  test.each([
    ["without the boot", ""],
    ["with the same boot", callFacts().boot],
  ])("halves that two nodes store at one instant are one call: one half %s", async (_, boot) => {
    const where = await freshPlace("mysql");
    const one = node(where);
    const two = node({ ...where, variables: await mkdtemp(join(folder, "node-")) });
    one.put(stampedCall({ number: 2 }));
    await one.flush();
    await waiting(one, 0);
    const whole = callFacts();
    const inThe = databaseOf(where);
    // Whoever would write this call waits here: both have looked for it by then, and found nothing.
    await admin.query("set session transaction isolation level repeatable read");
    await admin.beginTransaction();
    await admin.query(`select * from ${inThe}.calls where call_id = ? for update`, [whole.call]);
    const legs = whole.legs.map((leg) => ({ ...leg, tenant: tenantId("apex") }));
    for (const [store, facts, part] of [
      [one, { ...whole, legs: [], boot }, true],
      [two, { ...whole, steps: [], legs }, false],
    ] as const) {
      const record = stampRecord(recordOf(facts));
      if (record === null) throw new Error("the call is nobody's");
      store.put(record, { part });
    }
    const blocked = async () => {
      const [rows] = await admin.query(
        "select count(*) as count from information_schema.innodb_trx where trx_state = 'LOCK WAIT'",
      );
      return (rows as { count: number }[])[0]?.count === 2 || undefined;
    };
    // The server renews what this table says only once nobody has asked for a tenth of a second.
    await waitFor("both nodes at the lock", blocked, 10_000, 300);
    await admin.commit();
    await Promise.all([waiting(one, 0), waiting(two, 0)]);
    const records = await reading(where);
    const listed = await records.calls({});
    expect(listed.filter(({ call }) => call === whole.call)).toMatchObject([
      { did: "+12125550100", billableSeconds: 60, outcome: "answered" },
    ]);
    const { calls, legs: used } = await records.usage(month);
    expect(calls.reduce((sum, row) => sum + row.calls, 0)).toBe(2);
    expect(used.reduce((sum, row) => sum + row.seconds, 0)).toBe(120);
    const [rows] = await admin.query(`select call_id from ${inThe}.calls where call_id = ?`, [whole.call]);
    expect(rows).toHaveLength(1);
  });
});
