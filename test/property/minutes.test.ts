import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { levelsOf, levelsText } from "../../src/core/record/held.ts";
import { compareEdges, type Edge, inOrder, minutesOf, riseOf } from "../../src/core/record/peak.ts";
import { openJournal } from "../../src/records/sqlite/journal.ts";
import type { Tables } from "../../src/records/tables.ts";
import { tenantId } from "../builders.ts";
import { callFacts, noon } from "../record-builders.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sb-minutes-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const call = fc.record({
  number: fc.nat(30),
  tenant: fc.constantFrom("apex", "greensolar"),
  shared: fc.boolean(),
  beganMs: fc.oneof(
    fc.nat(200_000),
    fc.nat(3).map((minute) => minute * 60_000),
  ),
  talkMs: fc.oneof(fc.constant(1000), fc.nat(150_000)),
  cap: fc.constantFrom(2, 5, null),
});
const batch = fc.record({ calls: fc.array(call, { minLength: 1, maxLength: 70 }), fails: fc.boolean() });

type Written = typeof call extends fc.Arbitrary<infer Value> ? Value : never;

function entryOf({ number, tenant, shared, beganMs, talkMs, cap }: Written) {
  const facts = callFacts({
    ...{ number, startedAt: noon + beganMs, ringMs: 0, talkMs },
    step: { tenant: tenantId(tenant), ...(cap === null ? {} : { limits: { cap, reserved: 1 } }) },
    leg: { trunk: { name: "pool_a", shared }, tenant: tenantId(tenant) },
  });
  return { call: facts.call, boot: facts.boot, facts: JSON.stringify(facts), over: true };
}

type Occupation = Tables["occupations"];

/** What follows for every minute from the legs that are there. */
function counted(
  rows: readonly Occupation[],
  all: readonly Occupation[],
  limit: "cap" | "reserved",
): Map<string, unknown> {
  const edges = new Map<string, Edge[]>();
  const add = (tenant: string, minute: number, edge: Edge) => {
    const key = `${tenant} ${minute}`;
    edges.set(key, [...(edges.get(key) ?? []), edge]);
  };
  for (const { tenant, began_at: from, ended_at: to } of rows) {
    const { began, ended } = minutesOf({ from, to });
    add(tenant, began, { at: from, change: 1 });
    add(tenant, ended, { at: to, change: -1 });
  }
  return new Map(
    [...edges].map(([key, own]) => {
      const began = own.filter(({ change }) => change === 1).length;
      const [tenant = "", minute] = key.split(" ");
      const levels = levelsText(levelsOf(Number(minute), own));
      const bound = boundIn(tenant, Number(minute), all, limit);
      return [key, { began, ended: own.length - began, ...riseOf(own), levels, bound }];
    }),
  );
}

/** What the latest knew that began in the minute; of two at one instant, the larger. */
function boundIn(tenant: string, minute: number, all: readonly Occupation[], limit: "cap" | "reserved") {
  const told = all
    .filter((row) => row.tenant === tenant && minutesOf({ from: row.began_at, to: 0 }).began === minute)
    .filter((row) => row[limit] !== null)
    .sort((a, b) => b.began_at - a.began_at || (b[limit] ?? 0) - (a[limit] ?? 0));
  return told[0]?.[limit] ?? null;
}

function written(db: DatabaseSync, table: "channel_minutes" | "pool_minutes"): Map<string, unknown> {
  const rows = db
    .prepare(`select * from ${table} where began > 0 or ended > 0`)
    .all() as unknown as Tables["channel_minutes"][];
  return new Map(
    rows.map(({ tenant, minute, began, ended, rise, rise_at: riseAt, levels, bound }) => [
      `${tenant} ${minute}`,
      { began, ended, rise, riseAt, levels, bound },
    ]),
  );
}

test("each minute is told as its legs are, whatever batches they came in and whichever of those failed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 8 }), async (batches) => {
      const file = join(mkdtempSync(join(folder, "run-")), "calls.db");
      const journal = await openJournal({ file, keepsCalls: true, busyMs: 1000, outboxMost: 1000 });
      const beside = new DatabaseSync(file);
      // At the end of a write, when all else of it is done.
      beside.exec(`create table fails (one integer);
        create trigger failing before insert on pool_minutes when exists (select 1 from fails)
        begin select raise(abort, 'as the test wants it'); end;`);
      for (const { calls, fails } of batches) {
        if (fails) beside.exec("insert into fails values (1)");
        const write = journal.write({ open: [], done: calls.map(entryOf) });
        if (fails) await write.catch((error: Error) => expect(error.message).toMatch(/as the test wants/));
        else await write;
        beside.exec("delete from fails");
        const rows = beside.prepare("select * from occupations").all() as unknown as Occupation[];
        expect(written(beside, "channel_minutes")).toEqual(counted(rows, rows, "cap"));
        const pooled = rows.filter(({ shared }) => shared === 1);
        expect(written(beside, "pool_minutes")).toEqual(counted(pooled, rows, "reserved"));
      }
      beside.close();
      await journal.close();
    }),
    { numRuns: 25 },
  );
}, 60_000);

test("edges are in order of time, an end before a beginning at the same instant", () => {
  const edge = fc.record({ at: fc.nat(20), change: fc.constantFrom(1 as const, -1 as const) });
  fc.assert(
    fc.property(fc.array(edge), (edges) => {
      const ordered = inOrder(edges);
      expect([...ordered]).toEqual([...edges].sort(compareEdges));
      expect(inOrder(ordered)).toBe(ordered);
    }),
  );
});
