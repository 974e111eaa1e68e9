import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterAll, describe, expect, test } from "vitest";
import { MemorySpendLedger } from "../../src/calls/spend-memory.ts";
import type { SpendRequest } from "../../src/core/callflow/commands.ts";
import type { CallId } from "../../src/core/tenant/stamp.ts";
import { openSqliteSpending, type SqliteSpendLedger } from "../../src/records/spend-sqlite.ts";
import { tenantId } from "../builders.ts";
import { spendContract } from "./spend-contract.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-spend-"));
const log = pino({ level: "silent" });
const opened: SqliteSpendLedger[] = [];
let files = 0;

afterAll(async () => {
  for (const ledger of opened) await ledger.close();
  rmSync(folder, { recursive: true });
});

function open(file = join(folder, `${++files}.db`)): SqliteSpendLedger {
  const ledger = openSqliteSpending({ file, log });
  opened.push(ledger);
  return ledger;
}

spendContract("memory", async () => new MemorySpendLedger());
spendContract("sqlite", async () => open());

describe("spend ledger: sqlite, a file", () => {
  const apex = tenantId("apex");
  const limits = [{ prefix: "", callsPerDay: 3, minutesPerDay: 2 }];
  const request = (call: string, day = "2026-11-23"): SpendRequest => ({
    call: `ast1-${call}` as CallId,
    placing: 1,
    tenant: apex,
    day,
    limits,
    whenUnreachable: "refuse",
  });

  test("what_was_counted_stays_counted_without_a_close", async () => {
    const file = join(folder, "killed.db");
    const before = open(file);
    await before.begin(request("1"));
    await before.begin(request("2"));
    await before.ended(request("1").call, 60);
    const after = open(file);
    expect(await after.begin(request("2"))).toEqual({ within: true });
    expect(await after.begin(request("3"))).toEqual({ within: true });
    expect(await after.begin(request("4"))).toEqual({ within: false, prefix: "", limit: "calls" });
    await after.ended(request("1").call, 60);
    await after.ended(request("2").call, 60);
    const minutes = { ...request("5"), limits: [{ prefix: "", callsPerDay: null, minutesPerDay: 2 }] };
    expect(await after.begin(minutes)).toEqual({ within: false, prefix: "", limit: "minutes" });
  });

  test("what_a_full_disk_has_rolled_back_is_told_by_its_own_reason", async () => {
    const file = join(folder, "full.db");
    const said: { msg?: string }[] = [];
    const told = pino({ level: "error" }, { write: (line) => void said.push(JSON.parse(line)) });
    const ledger = openSqliteSpending({ file, log: told });
    opened.push(ledger);
    const other = new DatabaseSync(file);
    // SQLite itself ends a transaction that finds the disk full.
    other.exec(
      "create trigger full before insert on spent begin select raise(rollback, 'disk is full'); end",
    );
    expect(await ledger.begin(request("1"))).toEqual({ within: false, prefix: "", limit: "unknown" });
    expect(said.map(({ msg }) => msg)).toEqual(["disk is full"]);
    other.exec("drop trigger full");
    other.close();
    expect(await ledger.begin(request("1"))).toEqual({ within: true });
  });

  test("a_file_from_before_calls_had_several_numbers_goes_on", async () => {
    const file = join(folder, "older.db");
    const older = new DatabaseSync(file);
    older.exec(`create table counted (call text primary key, tenant text not null, day text not null,
      prefixes text not null, ended integer not null) strict, without rowid`);
    older.exec(`insert into counted values ('ast1-1', 'apex', '2026-11-23', '[""]', 0)`);
    older.close();
    const ledger = open(file);
    expect(ledger.knows(request("1"))).toBe(true);
    expect(ledger.knows({ ...request("1"), placing: 2 })).toBe(false);
    for (const placing of [2, 3, 4])
      expect((await ledger.begin({ ...request("1"), placing })).within).toBe(true);
    expect((await ledger.begin(request("2"))).within).toBe(false);
  });

  test("says_unknown_within_150_ms_while_the_file_is_locked", async () => {
    const file = join(folder, "locked.db");
    const ledger = open(file);
    await ledger.begin(request("1"));
    const other = new DatabaseSync(file);
    other.exec("begin immediate");
    const began = performance.now();
    expect(await ledger.begin(request("2"))).toEqual({ within: false, prefix: "", limit: "unknown" });
    expect(performance.now() - began).toBeLessThan(150);
    other.exec("rollback");
    other.close();
    expect(await ledger.begin(request("2"))).toEqual({ within: true });
  });

  test("old_days_go", async () => {
    const file = join(folder, "old.db");
    const ledger = open(file);
    await ledger.begin(request("1", "2026-11-01"));
    await ledger.begin(request("2", "2026-11-23"));
    const look = new DatabaseSync(file, { readOnly: true });
    for (const table of ["spent", "counted"])
      expect(look.prepare(`select day from ${table}`).all()).toEqual([{ day: "2026-11-23" }]);
    look.close();
  });

  test("a_file_that_is_no_database_is_named_with_what_to_do", () => {
    const file = join(folder, "broken.db");
    writeFileSync(file, "this is no database, and long enough to be looked at as one would be ".repeat(20));
    expect(() => open(file)).toThrowError(
      expect.objectContaining({
        code: "spending_unreadable",
        message: expect.stringContaining(
          "let this node's user write it and its folder, or move it away to begin",
        ),
      }),
    );
  });
});
