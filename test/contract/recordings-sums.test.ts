// The sums that reports take of recordings, against their rows, over both databases.
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { Kysely, sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type RunningMariadb, startMariadb } from "../../load/lab/mariadb.ts";
import { silentWav } from "../../load/lab/wav.ts";
import type { RecordingState } from "../../src/calls/recording-port.ts";
import type { CallFacts, StepRecording } from "../../src/core/record/record.ts";
import { partFile } from "../../src/core/recording/recording-file.ts";
import { migrate, recordMigrations } from "../../src/records/migrations.ts";
import { triedAgain } from "../../src/records/mysql/again.ts";
import { openMysql } from "../../src/records/mysql/database.ts";
import { openRecords } from "../../src/records/open.ts";
import { openRecordings } from "../../src/records/recordings/book.ts";
import { examine, examineMissing, type Place } from "../../src/records/recordings/examine.ts";
import { sumsOfRecordings } from "../../src/records/recordings/schema.ts";
import { sqliteDialect } from "../../src/records/sqlite/dialect.ts";
import { openForWriting } from "../../src/records/sqlite/file.ts";
import type { Database, RecordingRow, Tables } from "../../src/records/tables.ts";
import { writeCalls } from "../../src/records/write.ts";
import { type Month, monthIn } from "../../src/reports/month.ts";
import { usageReport } from "../../src/reports/usage.ts";
import { at, tenantId } from "../builders.ts";
import { callFacts } from "../record-builders.ts";

const HOUR_MS = 3_600_000;
/** Long enough ago that all files are at rest and all times over; ten minutes before an hour of the epoch is full. */
const began = at("2025-11-23T11:50:00Z");
const tenants = ["apex", "greensolar"] as const;

let folder = "";
let mariadb: RunningMariadb;
let databases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb-sums-"));
  mariadb = await startMariadb({ folder: join(folder, "mariadb"), port: 17_309 });
});
afterAll(async () => {
  await mariadb?.stop();
  await rm(folder, { recursive: true, force: true });
});

type Told = {
  readonly number: number;
  readonly afterMs?: number;
  readonly talkMs?: number;
  readonly tenant?: (typeof tenants)[number];
  readonly legs?: boolean;
  readonly boot?: string;
  /** True for one whose end nobody heard: it was last seen half a minute after it began. */
  readonly unheard?: boolean;
};

function fileOf({ number, tenant = "apex" }: Pick<Told, "number" | "tenant">): string {
  return `${tenant}/2025/11/23/ast1-1764000000.${number}.wav`;
}

function facts({ afterMs = 0, tenant = "apex", legs = false, unheard = false, ...call }: Told): CallFacts {
  const recording: StepRecording = {
    file: fileOf({ number: call.number, tenant }),
    ...{ format: "wav", notice: null, keepDays: 1 },
    ...(legs ? { legs } : {}),
  };
  const startedAt = began + afterMs;
  const step = { tenant: tenantId(tenant), recording };
  if (!unheard) return callFacts({ ...call, startedAt, step });
  const seenAt = startedAt + 30_000;
  return { ...callFacts({ ...call, startedAt, step, leg: { endedAt: null, seenAt } }), lostAt: seenAt };
}

describe.each(["sqlite", "mysql"] as const)("sums of recordings in %s", (kind) => {
  const opened: { close(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  async function place(): Promise<{ records: string; variables: string; open: () => Database }> {
    const variables = await mkdtemp(join(folder, "node-"));
    const kept = (database: Database): Database => {
      opened.push({ close: () => database.db.destroy() });
      return database;
    };
    if (kind === "sqlite") {
      const file = join(variables, "signalbox.db");
      const open = () => new Kysely<Tables>({ dialect: sqliteDialect(openForWriting(file, 1000)) });
      return {
        records: "sqlite:signalbox.db",
        variables,
        open: () => kept({ db: open(), dialect: "sqlite" }),
      };
    }
    const name = `sums_${++databases}`;
    const { createConnection } = await import("mysql2/promise");
    const connection = await createConnection(mariadb.url);
    await connection.query(`create database ${name} character set latin1`);
    await connection.end();
    const records = mariadb.url.replace(/\/signalbox$/, `/${name}`);
    return { records, variables, open: () => kept(openMysql({ url: records, connections: 2 })) };
  }

  async function world() {
    const where = await place();
    const database = where.open();
    await migrate(database.db, database.dialect);
    const directory = join(where.variables, "recordings");
    const [book, reader] = [
      await openRecordings(where.records, where.variables, { write: true }),
      await openRecords(where.records, where.variables),
    ];
    opened.push(book, reader);
    return {
      ...{ database, book, reader, where },
      tell: (...calls: Told[]) => tellOn(database, calls),
      sound(file: string, ms: number): void {
        const path = join(directory, file);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, silentWav(ms));
        utimesSync(path, began / 1000 + 62, began / 1000 + 62);
      },
      directory,
      look: (on = database) =>
        examine({ database: on, directory, beside: ["ast1"], missingMs: 0 }, Date.now()),
      lookForMissing: (after: Place | null = null) =>
        examineMissing({ database, directory, beside: ["ast1"], missingMs: 0 }, Date.now(), after),
    };
  }

  test("follow every change of a row", async () => {
    const { database, book, tell, sound, look } = await world();
    const states = async () => {
      await expectSums(database);
      return (await book.list({})).map(({ state }) => state);
    };
    const calls: Told[] = [
      { number: 1, legs: true },
      { number: 2, talkMs: 0 },
      { number: 3, afterMs: 11 * 60_000 },
    ];
    await tell(...calls);
    expect(await states()).toEqual(Array(5).fill("begun"));
    await tell(...calls, ...calls);
    expect(await states()).toEqual(Array(5).fill("begun"));
    for (const part of ["mixed", "said", "heard"] as const)
      sound(partFile(fileOf(calls[0] as Told), part), 900);
    await look();
    expect((await states()).sort()).toEqual(["empty", "kept", "kept", "kept", "missing"]);
    // Told again, it began in the hour before.
    await tell({ number: 1, legs: true, afterMs: -HOUR_MS }, { number: 3 });
    await states();
    const file = fileOf({ number: 1 });
    expect(await book.claim(file, began)).toBe(false);
    expect(await book.claim(file, Date.now())).toBe(true);
    expect(await states()).toContain("deleting");
    await book.settle(file, { stays: "kept" });
    expect(await states()).not.toContain("deleting");
    await book.settle(file, { stays: "empty" });
    expect((await states()).filter((state) => state === "kept")).toHaveLength(3);
    expect(await book.claim(file, Date.now())).toBe(true);
    await book.settle(file, { deletedAt: Date.now(), by: "root" });
    await tell(...calls);
    expect((await states()).filter((state) => state === "deleted")).toHaveLength(1);
    await book.settle("apex/2025/11/23/none.wav", { deletedAt: 1, by: "root" });
    await states();
  });

  test("follow a file that was looked at too early, and one that came late", async () => {
    const { database, book, reader, tell, sound, look, lookForMissing } = await world();
    const [went, gone, silent] = [1, 2, 3].map((number) => fileOf({ number }));
    const rows = async () => {
      await expectSums(database);
      const told = (await book.list({})).map(({ file, ...row }) => [file, row] as const);
      return new Map(told);
    };
    await tell({ number: 1, unheard: true }, { number: 2 }, { number: 3, talkMs: 0 });
    sound(went ?? "", 900);
    await look();
    expect([...(await rows()).values()].map(({ state }) => state)).toEqual(["kept", "missing", "empty"]);
    const early = (await rows()).get(went ?? "");
    expect(await lookForMissing()).toEqual({ examined: [], next: null });

    // The first one went on, and the third had been answered.
    const told = [{ number: 1, talkMs: 600_000 }, { number: 3 }];
    await tell(...told);
    const after = await rows();
    expect([...after.values()].map(({ state }) => state)).toEqual(["begun", "missing", "begun"]);
    expect(after.get(went ?? "")).toMatchObject({ sha256: null, lengthMs: null });
    expect(after.get(silent ?? "")?.keepUntil).toBeGreaterThan(began + 24 * HOUR_MS);
    for (const file of [went, gone, silent]) sound(file ?? "", 2000);
    await look();
    expect((await lookForMissing({ endedAt: began + 24 * HOUR_MS, file: "" })).examined).toEqual([]);
    expect(await lookForMissing()).toMatchObject({ examined: [{ file: gone, cameBack: true }], next: null });
    const found = await rows();
    expect([...found.values()].map(({ state, lengthMs }) => [state, lengthMs])).toEqual(
      Array(3).fill(["kept", 2000]),
    );
    expect(found.get(went ?? "")?.sha256).not.toBe(early?.sha256);
    const listed = await reader.calls({});
    expect(listed.map(({ recording }) => recording).sort()).toEqual([went, gone, silent]);
    // What is told once more changes nothing of it.
    await tell(...told, { number: 2 });
    expect(await rows()).toEqual(found);
  });

  const many = (count: number, more: Partial<Told> = {}): Told[] =>
    Array.from({ length: count }, (_, number) => ({ number, ...more }));

  test("are of all files that can be read, however many before them cannot", async () => {
    const { directory, book, tell, sound, look } = await world();
    await tell(...many(450), { number: 450, afterMs: 1 });
    const folder = join(directory, "apex/2025/11/23");
    mkdirSync(folder, { recursive: true });
    for (const each of many(450)) symlinkSync("/dev/null", join(directory, fileOf(each)));
    sound(fileOf({ number: 450 }), 900);
    const { examined, unseen, next } = await look();
    expect(examined).toMatchObject([{ file: fileOf({ number: 450 }), state: "kept" }]);
    expect(unseen).toHaveLength(450);
    expect(next).toEqual({ own: null, others: null });
    expect(await book.list({ states: ["kept"] })).toHaveLength(1);
  });

  test("are of files on a disk that several machines see, whatever number of calls nobody answered", async () => {
    const { database, directory, tell, sound } = await world();
    const calls = [...many(2100, { talkMs: 0 }), { number: 2100, afterMs: 1 }];
    for (let start = 0; start < calls.length; start += 300) await tell(...calls.slice(start, start + 300));
    sound(fileOf({ number: 2100 }), 900);
    const work = { database, directory, beside: ["ast2"], missingMs: 0 };
    const now = began + HOUR_MS;
    let looked = await examine(work, now);
    for (let looks = 1; looks < 4; looks++) {
      expect(looked).toMatchObject({ examined: [], next: { others: { endedAt: expect.any(Number) } } });
      looked = await examine(work, now, looked.next);
    }
    expect(looked.examined).toMatchObject([{ file: fileOf({ number: 2100 }), state: "kept" }]);
    expect(looked.next).toEqual({ own: null, others: null });
  });

  test("are of each missing file that comes back, where many calls had one end", async () => {
    const { tell, sound, look, lookForMissing } = await world();
    await tell(...many(67, { legs: true }));
    while ((await look()).examined.length > 0);
    const { examined, next } = await lookForMissing();
    expect(examined).toEqual([]);
    const last = fileOf({ number: 9 });
    sound(last, 900);
    expect((await lookForMissing(next)).examined).toMatchObject([{ file: last, cameBack: true }]);
    expect((await lookForMissing(next)).next).toBeNull();
  });

  test("name every file of a call whose client came to another format meanwhile", async () => {
    const { database, book, reader, sound, look } = await world();
    const call = facts({ number: 1 });
    const [first] = call.steps;
    const wav = fileOf({ number: 1 });
    const gsm = wav.replace(/wav$/, "gsm");
    if (first?.recording === undefined) throw new Error("the call is not recorded");
    const second = { ...first, at: first.at + 5000, turn: "2/0" };
    const recording = { ...first.recording, file: gsm, format: "gsm" } as const;
    const changed = { ...call, steps: [first, { ...second, recording }] };
    await database.db
      .transaction()
      .execute((db) => writeCalls({ db, dialect: database.dialect }, [{ facts: changed, over: true }]));
    sound(wav, 900);
    await look();
    await expectSums(database);
    const states = (await book.list({})).map(({ file, state }) => [file, state]);
    expect(states).toEqual([
      [gsm, "empty"],
      [wav, "kept"],
    ]);
    expect(await reader.calls({})).toMatchObject([{ recording: wav }]);
  });

  test("one name after two boots, told at once, is one file and counts once", async () => {
    const { database, tell } = await world();
    const later = { number: 1, boot: "2025-11-23 09:00:00", afterMs: 2 * HOUR_MS };
    await tell({ number: 1 }, later);
    await expectSums(database);
    await tell(later, { number: 1 });
    await expectSums(database);
    expect(await rowsOf(database)).toHaveLength(1);
  });

  test("are those of the rows after whatever happens to them, for any span", async () => {
    const { database, book, reader, tell, sound, look } = await world();
    const number = fc.integer({ min: 1, max: 12 });
    const tenant = fc.constantFrom(...tenants);
    const afterMs = fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS });
    const told = fc.record({
      ...{ number, tenant, afterMs, legs: fc.boolean() },
      talkMs: fc.constantFrom(0, 60_000),
      boot: fc.constantFrom("2025-11-23 08:00:00", "2025-11-23 09:00:00"),
    });
    const step = fc.oneof(
      fc.array(told, { minLength: 1, maxLength: 5 }).map((calls) => ({ does: "tell", calls }) as const),
      fc.record({ does: fc.constant("sound" as const), number, tenant, ms: fc.constantFrom(0, 900, 2000) }),
      fc.record({ does: fc.constant("look" as const) }),
      fc.record({ does: fc.constant("claim" as const), number, tenant }),
      fc.record({
        ...{ does: fc.constant("settle" as const), number, tenant },
        stays: fc.constantFrom<RecordingState | null>("kept", "empty", "missing", null),
      }),
    );
    const span = fc.tuple(afterMs, afterMs);
    const steps = fc.array(step, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, fc.array(span, { maxLength: 4 }), async (all, spans) => {
        for (const one of all) {
          if (one.does === "tell") await tell(...one.calls);
          else if (one.does === "look") await look();
          else if (one.does === "sound") sound(fileOf(one), one.ms);
          else if (one.does === "claim") await book.claim(fileOf(one), Date.now());
          else
            await book.settle(
              fileOf(one),
              one.stays === null ? { deletedAt: Date.now(), by: "root" } : { stays: one.stays },
            );
        }
        await expectSums(database);
        const rows = await rowsOf(database);
        for (const [from, to] of spans)
          for (const of of tenants) {
            const query = { tenant: of, from: began + from, to: began + to };
            expect(sorted(await reader.recorded(query))).toEqual(summed(rows, query));
          }
      }),
      { numRuns: 40, endOnFailure: true },
    );
  }, 120_000);

  test("end and begin with the month of any clock, to the millisecond", async () => {
    const { database, reader } = await world();
    const zones = ["America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Etc/UTC"];
    const months = zones.flatMap((zone) =>
      ["2026-03", "2026-10", "2026-11"].flatMap((name) => monthIn(name, zone) ?? []),
    );
    expect(months).toHaveLength(15);
    const borders = [...new Set(months.flatMap(({ from, to }) => [from, to]))];
    const times = borders.flatMap((border) => [border - 1, border, border + 1, border + HOUR_MS]);
    const some = times.map((time, number) => facts({ number, afterMs: time - began }));
    await database.db.transaction().execute((db) =>
      writeCalls(
        { db, dialect: database.dialect },
        some.map((one) => ({ facts: one, over: true })),
      ),
    );
    await expectSums(database);
    const rows = await rowsOf(database);
    for (const { from, to } of months) {
      const query = { tenant: "apex", from, to };
      const found = await reader.recorded(query);
      expect(found).toEqual(summed(rows, query));
      expect(found[0]?.count).toBeGreaterThanOrEqual(4);
    }
    const { from, to } = months[0] ?? { from: 0, to: 0 };
    expect(await reader.recorded({ tenant: "apex", from: to, to: from })).toEqual([]);
    expect(await reader.recorded({ tenant: "nobody", from, to })).toEqual([]);
  });

  test("say the same of what was recorded before a purge and after it, but for what is kept", async () => {
    const { database, book, reader, tell, sound, look } = await world();
    const report = async () => {
      await expectSums(database);
      const span = { tenant: "apex", from: began - HOUR_MS, to: began + HOUR_MS };
      const none = { peak: { channels: 0, at: null }, atBoundMs: 0, beyondMs: 0, beganBeyond: 0 };
      const held = { ...none, peakBeyond: none.peak };
      const { recordings } = usageReport({
        ...{
          tenant: "apex",
          month: monthIn("2025-11", "UTC") as Month,
          limits: { channels: 1, reserved: 0 },
        },
        ...{ billing: { usual: "6/6", byTrunk: new Map() }, held: { all: held, pool: held } },
        ...{ rows: { calls: [], legs: [], campaigns: [] }, recorded: await reader.recorded(span) },
      });
      return recordings;
    };
    await tell(
      { number: 1 },
      { number: 2, talkMs: 0 },
      { number: 3 },
      { number: 4, talkMs: 0 },
      { number: 5 },
    );
    for (const number of [1, 5]) sound(fileOf({ number }), 900);
    for (const number of [4, 5]) sound(fileOf({ number }), 0);
    await look();
    const before = await report();
    expect(before).toMatchObject({ count: 2, seconds: 0, kept: { count: 2 }, missing: 1 });
    for (const { file } of await book.list({})) {
      expect(await book.claim(file, Date.now())).toBe(true);
      await book.settle(file, { deletedAt: Date.now(), by: "root" });
      expect(await book.hold(file, { at: 1, by: "jane", why: "late" })).toBe(false);
    }
    expect((await book.list({})).map(({ call, state }) => [call.slice(-1), state])).toEqual([
      ["1", "deleted"],
      ["2", "void"],
      ["3", "lost"],
      ["4", "void"],
      ["5", "deleted"],
    ]);
    expect(await report()).toEqual({ ...before, kept: { count: 0, bytes: 0 } });
  });

  test("count nothing that an older version deleted where there had been nothing", async () => {
    const { open } = await place();
    const database = open();
    const { db, dialect } = database;
    const { "009_nothing_deleted": newest, ...older } = recordMigrations(dialect);
    expect(newest).toBeDefined();
    await migrate(db, dialect, older);
    await tellOn(
      database,
      [1, 2, 3, 4, 5].map((number) => ({ number })),
    );
    const [sum, gone] = ["sha256 = 'aa', length_ms = ", "deleted_by = 'root', answered = "];
    for (const [number, what] of [
      [1, `${gone}1, ${sum}0`],
      [2, `${gone}0, ${sum}20`],
      [3, `${gone}0, ${sum}0`],
      [4, `${gone}0`],
      [5, `${gone}1`],
    ] as const) {
      const set = sql.raw(`update recordings set state = 'deleted', ${what} where file = `);
      await sql`${set}${fileOf({ number })}`.execute(db);
    }
    await sql`delete from usage_recordings`.execute(db);
    await sql`insert into usage_recordings ${sumsOfRecordings}`.execute(db);
    const states = async () => {
      await expectSums(database);
      return (await rowsOf(database)).map(({ file, state }) => `${file.at(-5)} ${state}`).sort();
    };
    expect(new Set((await states()).map((each) => each.slice(2)))).toEqual(new Set(["deleted"]));
    await migrate(db, dialect);
    expect(await states()).toEqual(["1 deleted", "2 deleted", "3 void", "4 void", "5 lost"]);
    // A node that died before it could note the step does it once more.
    await sql`delete from kysely_migration where name = '009_nothing_deleted'`.execute(db);
    await migrate(db, dialect);
    expect(await states()).toEqual(["1 deleted", "2 deleted", "3 void", "4 void", "5 lost"]);
  });

  test("are made of the rows that an older version has left, once", async () => {
    const { open } = await place();
    const database = open();
    const { db, dialect } = database;
    const { "007_recorded_sums": newest, "009_nothing_deleted": _, ...older } = recordMigrations(dialect);
    expect(newest).toBeDefined();
    await migrate(db, dialect, older);
    const states = ["begun", "kept", "empty", "missing", "deleting", "deleted"] as const;
    const rows = Array.from({ length: 3000 }, (_, number): RecordingRow => {
      const state = states[number % 6] ?? "kept";
      const seen = state !== "begun" && state !== "missing";
      return {
        file: fileOf({ number }),
        call_id: `ast1-1764000000.${number}`,
        part: number % 4 === 0 ? "said" : "mixed",
        tenant: number % 5 === 0 ? "greensolar" : "apex",
        ...{ server: "ast1", direction: "inbound", did: null, answered: 1, format: "wav", gaps: "[]" },
        // Every millisecond about a full hour, and then all over the day.
        call_began_at: began + 600_000 + (number < 1000 ? number - 500 : number * 28_657),
        call_ended_at: began + 700_000,
        ...{
          notice: null,
          noticed_at: null,
          started_at: null,
          stopped_at: null,
          sha256: null,
          keep_until: null,
        },
        ...{ state, length_ms: seen ? number * 7 : null, bytes: seen ? number * 112 : null },
        ...{ held_at: null, held_by: null, held_why: null, deleted_at: null, deleted_by: null },
      };
    });
    for (let start = 0; start < rows.length; start += 500)
      await db
        .insertInto("recordings")
        .values(rows.slice(start, start + 500))
        .execute();
    await migrate(db, dialect);
    await expectSums(database);
    const total = await db
      .selectFrom("usage_recordings")
      .select(({ fn }) => fn.sum("recordings").as("all"))
      .execute();
    expect(Number(total[0]?.all)).toBe(3000);
    // Somebody goes back to the older version: it begins, and leaves what it does not know.
    await migrate(db, dialect, older);
    await expectSums(database);
    if (dialect === "sqlite") return;
    // A node that died before it could note the step finds it done.
    await sql`delete from kysely_migration where name = '007_recorded_sums'`.execute(db);
    await migrate(db, dialect);
    await expectSums(database);
  });

  // SQLite has one writer.
  if (kind !== "mysql") return;
  test("are right after nodes that store, look and purge at the same time", async () => {
    const { database, book, where, tell, sound, look } = await world();
    const [second, third] = [where.open(), where.open()];
    for (let round = 0; round < 6; round++) {
      const numbers = Array.from({ length: 30 }, (_, index) => round * 20 + index);
      const calls = numbers.map(
        (number): Told => ({ number, afterMs: (number % 40) * 60_000, legs: number % 3 === 0 }),
      );
      for (const call of calls.slice(0, 20)) sound(fileOf(call), 900);
      const moved = calls.map((call): Told => ({ ...call, afterMs: (call.afterMs ?? 0) + 60_000 }));
      const due = await book.list({ states: ["kept", "empty", "missing"] });
      await Promise.all([
        tell(...calls),
        tell(...calls.toReversed(), ...moved),
        ...[...calls.entries()].map(([index, call]) => tellOn([second, third][index % 2] ?? second, [call])),
        look(second),
        look(third),
        (async () => {
          for (const { file } of due) {
            if (!(await book.claim(file, Date.now()))) continue;
            await book.settle(file, file.includes("7") ? { stays: "kept" } : { deletedAt: 1, by: "root" });
          }
        })(),
      ]);
      await expectSums(database);
    }
    await look();
    await expectSums(database);
    expect((await rowsOf(database)).length).toBeGreaterThan(130);
  });
});

/** Until it is done, as a node does that stores its calls. */
async function tellOn({ db, dialect }: Database, calls: readonly Told[]): Promise<void> {
  const arriving = calls.map((call) => ({ facts: facts(call), over: true }));
  const store = () =>
    triedAgain(() =>
      db.transaction().execute((transaction) => writeCalls({ db: transaction, dialect }, arriving)),
    );
  while (!(await store().then(() => true, isDeadlock))) await sleep(50);
}

function isDeadlock(error: { readonly code?: unknown }): false {
  if (error.code !== "ER_LOCK_DEADLOCK") throw error;
  return false;
}

function rowsOf({ db }: Database): Promise<RecordingRow[]> {
  return db.selectFrom("recordings").selectAll().execute();
}

/** What is kept is what the rows add up to; what is there no more is zero in all. */
async function expectSums({ db }: Database): Promise<void> {
  type Sums = Tables["usage_recordings"];
  const numbers = (row: Sums) => ({
    ...{ tenant: row.tenant, hour: Number(row.hour), state: row.state, part: row.part },
    ...{ recordings: Number(row.recordings), length_ms: Number(row.length_ms), bytes: Number(row.bytes) },
  });
  const all = (rows: readonly Sums[]) =>
    rows
      .map(numbers)
      .map((row) => JSON.stringify(row))
      .sort();
  const kept = await db.selectFrom("usage_recordings").selectAll().execute();
  const { rows } = await sql<Sums>`${sumsOfRecordings}`.execute(db);
  const isThere = ({ recordings, length_ms, bytes }: Sums) =>
    recordings !== 0 || length_ms !== 0 || bytes !== 0;
  expect(all(kept.filter(isThere))).toEqual(all(rows));
}

type Recorded = { state: string; part: string; count: number; lengthMs: number; bytes: number };

/** As a report summed before there were sums. */
function summed(
  rows: readonly RecordingRow[],
  { tenant, from, to }: { tenant: string; from: number; to: number },
): Recorded[] {
  const sums = new Map<string, Recorded>();
  for (const { state, part, length_ms, bytes, ...row } of rows) {
    if (row.tenant !== tenant || row.call_began_at < from || row.call_began_at >= to) continue;
    const sum = sums.get(`${state} ${part}`) ?? { state, part, count: 0, lengthMs: 0, bytes: 0 };
    sums.set(`${state} ${part}`, sum);
    sum.count += 1;
    sum.lengthMs += length_ms ?? 0;
    sum.bytes += bytes ?? 0;
  }
  return sorted([...sums.values()]);
}

function sorted(sums: readonly Recorded[]): Recorded[] {
  return [...sums].sort((a, b) => (`${a.state} ${a.part}` < `${b.state} ${b.part}` ? -1 : 1));
}
