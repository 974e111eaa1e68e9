// A node's local file, taken into the database that its house has moved to.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningMariadb, startMariadb } from "../../load/lab/mariadb.ts";
import { waitFor } from "../../load/lab/ports.ts";
import { silentWav } from "../../load/lab/wav.ts";
import { importFile } from "../../src/records/import.ts";
import { openRecords } from "../../src/records/open.ts";
import { openRecordings } from "../../src/records/recordings/book.ts";
import { startRecordingKeeper } from "../../src/records/recordings/keeper.ts";
import { createRecordStore } from "../../src/records/store.ts";
import { callFacts, outboundCall, stampedCall, stampedOf, unownedCall } from "../record-builders.ts";

const log = pino({ level: "silent" });
const DAY_MS = 86_400_000;
const began = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
const now = Date.now();

let folder = "";
let mariadb: RunningMariadb;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb-import-"));
  mariadb = await startMariadb({ folder: join(folder, "mariadb"), port: 17_312 });
});
afterAll(async () => {
  await mariadb?.stop();
  await rm(folder, { recursive: true, force: true });
});

const fileOf = (number: number) => `apex/2026/11/23/ast1-1764000000.${number}.wav`;

function recorded(number: number) {
  const recording = { file: fileOf(number), format: "wav", notice: null, keepDays: 30 } as const;
  return callFacts({ number, startedAt: began, step: { recording } });
}

/** Everything that commands show, but for what a database numbers by itself. */
async function shown(records: string, variables: string) {
  const [reader, book] = [await openRecords(records, variables), await openRecordings(records, variables)];
  const all = { from: 0, to: now + DAY_MS };
  const days = { from: "2000-01-01", to: "2100-01-01" };
  const seen = {
    calls: await reader.calls({ limit: 1000 }),
    unowned: await reader.calls({ unowned: true }),
    usage: await reader.usage({ tenant: "apex", ...days }),
    held: await reader.held({ tenant: "apex", ...all, cap: null, reserved: 0 }),
    recorded: await reader.recorded({ tenant: "apex", ...all }),
    recordings: await book.list({}),
  };
  await Promise.all([reader.close(), book.close()]);
  const sorted = <T>(rows: readonly T[]) =>
    [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const { calls, legs, campaigns } = seen.usage;
  const usage = { calls: sorted(calls), legs: sorted(legs), campaigns: sorted(campaigns) };
  return { ...seen, usage, recorded: sorted(seen.recorded) };
}

test("all that a file told is told by the database, however often it is taken in", async () => {
  const variables = await mkdtemp(join(folder, "node-"));
  const file = "sqlite:signalbox.db";
  const store = createRecordStore({ records: file, variables, log });
  for (let number = 10; number < 450; number++)
    store.put(stampedCall({ number, startedAt: began + number * 7000 }));
  store.put(outboundCall({ number: 500 }));
  store.putUnowned(unownedCall({ number: 501 }));
  for (const number of [1, 2, 3, 4]) store.put(stampedOf(recorded(number)));
  await store.flush();
  for (const number of [1, 2, 3]) {
    const path = join(variables, "recordings", fileOf(number));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, silentWav(1000 * number));
  }
  const keeper = startRecordingKeeper({
    ...{ records: file, variables, log, missingMs: 0 },
    directory: join(variables, "recordings"),
  });
  keeper.beside(["ast1"]);
  const book = await openRecordings(file, variables, { write: true });
  const looked = async () => (await book.list({ states: ["begun"] })).length === 0 || undefined;
  await waitFor("the files to be looked at", looked, 10_000, 100);
  await keeper.close();
  await book.hold(fileOf(2), { at: now, by: "jane", why: "case 12" });
  expect(await book.claim(fileOf(1), now + 40 * DAY_MS)).toBe(true);
  await book.settle(fileOf(1), { deletedAt: now, by: "root" });
  await book.close();
  const before = await shown(file, variables);
  expect(before.recordings.map(({ state }) => state)).toEqual(["deleted", "kept", "kept", "missing"]);

  // A call that was on when the node was stopped, and one of which nothing can be read.
  const on = callFacts({
    number: 9,
    startedAt: began,
    leg: { endedAt: null, cause: null, seenAt: began + 20_000 },
  });
  store.keepOpen(on);
  await store.close();
  const path = join(variables, "signalbox.db");
  const database = new DatabaseSync(path);
  database.exec("insert into outbox_aside (id, facts, is_over, why) values (1, '{', 1, 'half')");
  database.close();

  const records = mariadb.url;
  for (const time of [1, 2]) {
    const imported = await importFile(path, { records, now });
    expect(imported).toEqual({ calls: 447, recordings: time === 1 ? 4 : 1, unreadable: 1 });
    const { calls, ...after } = await shown(records, variables);
    expect(calls).toHaveLength(before.calls.length + 1);
    expect(calls.filter(({ call }) => call !== on.call)).toEqual(before.calls);
    expect(calls.find(({ call }) => call === on.call)).toMatchObject({
      outcome: "unknown_end",
      billableSeconds: 18,
    });
    expect(after.unowned).toEqual(before.unowned);
    expect(after.recordings).toEqual(before.recordings);
    expect(after.recorded).toEqual(before.recorded);
    expect(after.usage.campaigns[0]).toEqual(before.usage.campaigns[0]);
    const seconds = (of: typeof after) => of.usage.legs.reduce((sum, leg) => sum + leg.seconds, 0);
    expect(seconds(after)).toBe(seconds(before) + 18);
  }

  // The node that went on with it hears how it ended.
  const node = createRecordStore({ records, variables, log });
  node.put(stampedOf(callFacts({ number: 9, startedAt: began })));
  await node.flush();
  await waitFor("an empty outbox", () => node.pending().outbox === 0 || undefined, 20_000);
  await node.close();
  const { calls } = await shown(records, variables);
  expect(calls.find(({ call }) => call === on.call)).toMatchObject({
    outcome: "answered",
    billableSeconds: 60,
  });
}, 60_000);

test("a file is taken into a database only", async () => {
  const imported = importFile(join(folder, "none.db"), { records: "sqlite:signalbox.db", now });
  await expect(imported).rejects.toMatchObject({ code: "records_no_database" });
  const absent = importFile(join(folder, "none.db"), { records: mariadb.url, now });
  await expect(absent).rejects.toMatchObject({ code: "records_absent" });
});

describe("a file that cannot be taken in", () => {
  const broken = (path: string) => {
    const damaged = readFileSync(path);
    // All but the page that names the tables.
    damaged.fill(0x5a, 4096);
    writeFileSync(path, damaged);
  };

  async function withCalls(): Promise<string> {
    const variables = await mkdtemp(join(folder, "node-"));
    const store = createRecordStore({ records: "sqlite:signalbox.db", variables, log });
    store.put(stampedCall({ number: 701, startedAt: began }));
    await store.flush();
    await store.close();
    return join(variables, "signalbox.db");
  }

  test("is named, and what is wrong with it", async () => {
    const [empty, text, foreign] = ["empty.db", "text.db", "foreign.db"].map((name) => join(folder, name));
    writeFileSync(empty ?? "", "");
    writeFileSync(text ?? "", "call,tenant\n".repeat(1000));
    const other = new DatabaseSync(foreign ?? "");
    other.exec(
      "create table calls (id integer primary key, number text); insert into calls values (1, '911')",
    );
    other.close();
    const damaged = await withCalls();
    broken(damaged);
    const said = async (path = "") => {
      const error: Error = await importFile(path, { records: mariadb.url, now }).then(
        () => new Error("it was taken in"),
        (thrown) => thrown,
      );
      expect(error.message).toContain(path);
      expect(error.message).not.toContain("is it running?");
      return { code: (error as { code?: string }).code, message: error.message };
    };
    for (const path of [empty, foreign])
      expect(await said(path)).toMatchObject({
        ...{ code: "records_foreign", message: expect.stringContaining("is no local file of a node") },
      });
    for (const path of [text, damaged, folder])
      expect(await said(path)).toMatchObject({ code: "records_unreadable" });
    expect((await said(damaged)).message).toContain("sqlite3 FILE .recover");
  });

  test("keeps none of its good calls out for one of which no record can be made", async () => {
    const path = await withCalls();
    const database = new DatabaseSync(path);
    for (const facts of ["{}", "null", "[]", '{"call":"ast1-1.1","steps":[{}]}'])
      database.prepare("insert into outbox (facts, is_over) values (?, 1)").run(facts);
    database.close();
    const imported = await importFile(path, { records: mariadb.url, now });
    expect(imported).toEqual({ calls: 1, recordings: 0, unreadable: 4 });
  });
});

test("what an older version has deleted where there had been nothing is no recording", async () => {
  const variables = await mkdtemp(join(folder, "node-"));
  const store = createRecordStore({ records: "sqlite:signalbox.db", variables, log });
  store.put(stampedOf(recorded(601)));
  await store.flush();
  await store.close();
  const path = join(variables, "signalbox.db");
  const database = new DatabaseSync(path);
  database.exec("update recordings set state = 'deleted', deleted_at = 1, deleted_by = 'root'");
  database.close();
  await importFile(path, { records: mariadb.url, now });
  const book = await openRecordings(mariadb.url, variables);
  const [row] = await book.list({ calls: [recorded(601).call] });
  await book.close();
  expect(row).toMatchObject({ state: "lost", deleted: { at: 1, by: "root" } });
});
