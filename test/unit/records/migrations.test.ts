import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type CompiledQuery, Kysely } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrate, recordMigrations } from "../../../src/records/migrations.ts";
import { openMysql } from "../../../src/records/mysql/database.ts";
import { sqliteDialect } from "../../../src/records/sqlite/dialect.ts";
import { journalMigrations, openJournal } from "../../../src/records/sqlite/journal.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sb-steps-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a_database_that_is_not_running_is_not_said_to_lack_rights", async () => {
  const { db, abandon } = openMysql({ url: "mysql://user:secret@127.0.0.1:1/signalbox", connections: 1 });
  const failed = await migrate(db as Kysely<unknown>, "mysql").catch((error: Error) => error);
  abandon();
  expect(failed).toMatchObject({ code: "records_migration_failed" });
  expect(String(failed)).toContain("ECONNREFUSED");
  expect(String(failed)).toContain("is the database running, and at that address?");
  expect(String(failed)).not.toContain("secret");
});

const STEPS = { ...recordMigrations("sqlite"), ...journalMigrations };

/** Everything in a file: its tables and indexes, and which steps were done. */
function whatIsIn(file: DatabaseSync): unknown {
  const made = file.prepare("select type, name, sql from sqlite_master order by type, name").all();
  const done = made.some(({ name }) => name === "kysely_migration");
  return { made, steps: done ? file.prepare("select name from kysely_migration order by name").all() : [] };
}

test("a_node_that_is_killed_while_it_makes_the_tables_of_its_file_leaves_none_of_them", async () => {
  const file = new DatabaseSync(join(folder, "killed.db"));
  const db = new Kysely<unknown>({ dialect: sqliteDialect(file) });
  const killed = { up: () => Promise.reject(new Error("killed")) };
  await expect(migrate(db, "sqlite", { ...STEPS, "999_killed": killed })).rejects.toThrow("killed");
  expect(JSON.stringify(whatIsIn(file))).not.toContain("calls");
  await migrate(db, "sqlite", STEPS);
  expect(JSON.stringify(whatIsIn(file))).toContain("calls_by_tenant");
  await db.destroy();
});

test("a_file_of_which_a_killed_node_of_an_older_version_has_made_half_is_finished", async () => {
  const whole = new DatabaseSync(":memory:");
  const queries: CompiledQuery[] = [];
  const log = ({ query }: { readonly query: CompiledQuery }): void => void queries.push(query);
  const db = new Kysely<unknown>({ dialect: sqliteDialect(whole), log });
  await migrate(db, "sqlite", STEPS);
  const expected = whatIsIn(whole);
  await db.destroy();
  const changes = queries.filter(({ sql }) => /^(create|alter|drop|insert|update|delete)/i.test(sql));
  expect(changes.length).toBeGreaterThan(40);
  for (let count = 0; count <= changes.length; count++) {
    const path = join(folder, `${count}.db`);
    const half = new DatabaseSync(path);
    for (const { sql, parameters } of changes.slice(0, count))
      half.prepare(sql).run(...(parameters as string[]));
    half.close();
    const options = { keepsCalls: true, busyMs: 1000, outboxMost: 100 };
    await openJournal({ file: path, ...options }).then((journal) => journal.close());
    const finished = new DatabaseSync(path);
    expect(whatIsIn(finished), `after ${changes[count - 1]?.sql}`).toEqual(expected);
    finished.close();
  }
});
