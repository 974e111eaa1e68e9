/**
 * The same calls told to a file and to a MariaDB, in halves, twice and out of order: every question is answered alike,
 * and what the parts of a month add up to is the month.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningMariadb, startMariadb } from "../../load/lab/mariadb.ts";
import { waitFor } from "../../load/lab/ports.ts";
import { randomOf } from "../../load/run/random.ts";
import type { RecordReader, RecordStore } from "../../src/calls/record-port.ts";
import type { Billing } from "../../src/core/billing/increments.ts";
import { recordOf, stampRecord } from "../../src/core/record/derive.ts";
import type { CallFacts } from "../../src/core/record/record.ts";
import { openRecords } from "../../src/records/open.ts";
import { createRecordStore } from "../../src/records/store.ts";
import { monthIn } from "../../src/reports/month.ts";
import { type Use, usageReport } from "../../src/reports/usage.ts";
import { at, tenantId } from "../builders.ts";
import { callFacts, outboundCall, stampedCall } from "../record-builders.ts";

const log = pino({ level: "silent" });
const CALLS = 400;
const ZONES = ["America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "Europe/London", "UTC"] as const;
const TENANTS = ["apex", "beta", "apex-2"] as const;
/** Names that only differ by capitals or accents are one name to most collations, and not here. */
const WORDS = ["SALES", "Sales", "sales", "VERTRIEB", "Vertrieb-2", "-", "=1+1", "née", "nee"] as const;
const TRUNKS = [
  { name: "apex_sip", shared: false },
  { name: "pool_a", shared: true },
  { name: "POOL_A", shared: true },
] as const;

/** One call as several nodes may tell it: each of its tellings makes the same call whole. */
function someCall(number: number, chance: () => number): readonly CallFacts[] {
  const of = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)] as T;
  const tenant = of(TENANTS);
  // Around the month's ends and the change of clocks in America and New Zealand, to the second.
  const edge = at(
    of(["2026-10-31T10:59:30Z", "2026-11-01T05:59:30Z", "2026-11-30T18:14:30Z", "2026-12-01T04:59:30Z"]),
  );
  const startedAt = edge + Math.floor((chance() - 0.3) * of([60_000, 86_400_000, 700_000_000]));
  const limits = { cap: of([2, 5, null]), reserved: of([0, 1, 3]) };
  const refusal = chance() < 0.15 ? ({ reason: "tenant_full", says: "full" } as const) : null;
  const step = {
    tenant: tenantId(tenant),
    zone: ZONES[(TENANTS.indexOf(tenant) + (chance() < 0.1 ? 1 : 0)) % ZONES.length] as string,
    limits,
    refusal,
    caller: of(["+13125550123", "anonymous", 'O\'Neil \\ "x"', "=cmd", "ünïcödé 😀"]),
  };
  const out = chance() < 0.5;
  // A mailbox may take a call that is turned away.
  const silent = chance() < 0.2 || (refusal !== null && (out || chance() < 0.5));
  const talkMs = silent ? 0 : Math.ceil(chance() * of([5000, 600_000, 30_000_000]));
  const written = {
    number,
    startedAt,
    talkMs,
    ringMs: Math.floor(chance() * 9000),
    leg: { trunk: of(TRUNKS) },
  };
  const whole = out
    ? outboundCall({ ...written, step: { ...step, campaign: of(WORDS) } })
    : stampedCall({
        ...written,
        step: { ...step, did: of(["+12125550100", "+12125550101"]), target: { ingroup: of(WORDS) } },
      });
  const { facts } = whole;
  const early = {
    ...facts,
    legs: facts.legs.map((leg) => ({ ...leg, endedAt: null, cause: null, seenAt: startedAt })),
  };
  const half = { ...callFacts({ number }), steps: facts.steps, legs: [], boot: "" };
  return chance() < 0.3
    ? [{ ...early, lostAt: startedAt + 1000 }, facts]
    : chance() < 0.3
      ? [half, facts]
      : [facts];
}

let folder = "";
let mariadb: RunningMariadb;
const stores: RecordStore[] = [];
const readers: RecordReader[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb-alike-"));
  // As old option files have it: whatever a client says of its letters, the server takes them for its own.
  const settings = { "character-set-client-handshake": "OFF", "character-set-server": "latin1" };
  mariadb = await startMariadb({ folder: join(folder, "mariadb"), port: 17_314, settings });
  for (const records of ["sqlite:signalbox.db", mariadb.url]) {
    const variables = await mkdtemp(join(folder, "node-"));
    const store = createRecordStore({ records, variables, log });
    stores.push(store);
    // Each in an order and in batches of its own.
    const chance = randomOf(7);
    const told = Array.from({ length: CALLS }, (_, number) => someCall(number + 1, chance)).flat();
    const order = randomOf(records.length);
    const shuffled = told.map((facts) => ({ facts, nth: order() })).sort((a, b) => a.nth - b.nth);
    for (const [index, { facts }] of shuffled.entries()) {
      const stamped = stampRecord(recordOf(facts));
      if (stamped !== null) store.put(stamped, facts.legs.length === 0 ? { part: true } : {});
      if (index % 37 === 0) await store.flush();
    }
    await store.flush();
    await waitFor("an empty outbox", () => store.pending().outbox === 0 || undefined, 60_000);
    readers.push(await openRecords(records, variables));
  }
}, 180_000);

afterAll(async () => {
  for (const each of [...readers, ...stores]) await each.close();
  await mariadb?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The answer of both; rows in one order. */
async function both<T>(ask: (reader: RecordReader) => Promise<T>): Promise<T> {
  const [file, database] = await Promise.all(readers.map(ask));
  expect(inOrder(database)).toEqual(inOrder(file));
  return file as T;
}

/** Rows of sums come in any order; a list of calls has one. */
function inOrder(value: unknown): unknown {
  if (!Array.isArray(value)) {
    if (value === null || typeof value !== "object" || value instanceof Map) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inOrder(each)]));
  }
  const isCalls = value.some((each) => typeof each === "object" && each !== null && "startedAt" in each);
  return isCalls ? value : [...value].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

async function allCalls(reader: RecordReader, query: Parameters<RecordReader["pages"]>[0] = {}) {
  const calls = [];
  for await (const page of reader.pages(query)) calls.push(...page);
  return calls;
}

const months = ["2026-10", "2026-11", "2026-12"].flatMap((name) =>
  TENANTS.flatMap((tenant) => ZONES.map((zone) => ({ name, tenant, zone }))),
);

test("the_list_of_calls", async () => {
  const calls = await both((reader) => allCalls(reader));
  expect(calls).toHaveLength(CALLS);
  await both((reader) => allCalls(reader, { tenant: "apex", since: at("2026-11-01T04:00:00Z"), limit: 50 }));
  await both((reader) => allCalls(reader, { did: "+12125550101" }));
});

test("each_call_whole_and_when_each_number_was_called_last", async () => {
  for (const { call } of (await allCalls(readers[0] as RecordReader)).slice(0, 60))
    await both((reader) => reader.call(call));
  expect((await both((reader) => reader.lastCalls())).size).toBe(2);
});

describe.each(months)("$name of $tenant by the clock of $zone", ({ name, tenant, zone }) => {
  test("is_the_sum_of_its_parts_in_both", async () => {
    const month = monthIn(name, zone);
    if (month === null) throw new Error("no month");
    const span = { tenant, from: month.from, to: month.to };
    const rows = await both((reader) => reader.usage({ tenant, from: month.firstDay, to: month.endDay }));
    const held = await both((reader) => reader.held({ ...span, cap: 4, reserved: 2 }));
    const recorded = await both((reader) => reader.recorded(span));
    const limits = { channels: 4, reserved: 2 };
    const billing: Billing = { usual: "6/6", byTrunk: new Map([["pool_a", "60/60"]]) };
    const report = usageReport({ tenant, month, billing, limits, rows, held, recorded });
    const all = total([report.inbound, report.outbound]);
    expect(total([report.dedicated, report.overflow])).toEqual(all);
    expect(total(report.byDay)).toEqual(all);
    expect(total(report.byTrunk)).toEqual(all);
    expect(total(report.inboundByDid)).toEqual(report.inbound);
    expect(total(report.inboundByIngroup)).toEqual(report.inbound);
    expect(total(report.outboundByCampaign)).toEqual(report.outbound);
    expect(total(report.outboundByTrunk)).toEqual(report.outbound);
    expect(sum(report.byDay)).toBe(report.calls.total);
    expect(sum(report.calls.outcomes)).toBe(report.calls.total);
    const peak = await both((reader) => reader.peak(tenant, month.from, month.to));
    expect(report.peak.channels).toBe(peak.channels);
  });
});

test("no_call_is_in_two_months_or_in_none_and_no_second_of_one_is_lost", async () => {
  const days = await Promise.all(
    TENANTS.map((tenant) => both((reader) => reader.usage({ tenant, from: "2026-01-01", to: "2028-01-01" }))),
  );
  expect(sum(days.flatMap(({ calls }) => calls))).toBe(CALLS);
  const billable = (await both((reader) => allCalls(reader))).map((call) => call.billableSeconds);
  const used = days.flatMap(({ legs }) => legs).map(({ seconds }) => seconds);
  expect(used.reduce((all, each) => all + each, 0)).toBe(billable.reduce((all, each) => all + each, 0));
});

function sum(rows: readonly { readonly calls: number }[]): number {
  return rows.reduce((all, { calls }) => all + calls, 0);
}

function total(uses: readonly Use[]): Use {
  const all = { legs: 0, answered: 0, seconds: 0, billedSeconds: 0 };
  for (const use of uses) {
    all.legs += use.legs;
    all.answered += use.answered;
    all.seconds += use.seconds;
    all.billedSeconds += use.billedSeconds;
  }
  return all;
}
