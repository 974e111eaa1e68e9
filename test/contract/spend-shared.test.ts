// The spend guard that several nodes share through a real Redis, each with a file of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SpendRequest } from "../../src/core/callflow/commands.ts";
import type { CallId } from "../../src/core/tenant/stamp.ts";
import { openSqliteSpending } from "../../src/records/spend-sqlite.ts";
import { parseRedisUrl } from "../../src/slots/redis-url.ts";
import { SharedSpending } from "../../src/slots/shared-spending.ts";
import { tenantId } from "../builders.ts";
import { type PrivateRedis, privateRedis, until } from "./slot-stores.ts";
import { spendContract } from "./spend-contract.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-spend-shared-"));
const log = pino({ level: "silent" });
const opened: SharedSpending[] = [];
let redis: PrivateRedis;
let admin: Redis;
let prefixes = 0;
let probes = 0;

beforeAll(async () => {
  redis = await privateRedis(28_005);
  admin = new Redis(redis.url);
});
afterAll(async () => {
  for (const ledger of opened) await ledger.close();
  admin.disconnect();
  await redis.stop();
  rmSync(folder, { recursive: true });
});

const today = new Date().toISOString().slice(0, 10);
const apex = tenantId("apex");

function request(call: string, change: Partial<SpendRequest> = {}): SpendRequest {
  const limits = [{ prefix: "", callsPerDay: 3, minutesPerDay: null }];
  return {
    call: `ast1-${call}` as CallId,
    placing: 1,
    tenant: apex,
    day: today,
    limits,
    whenUnreachable: "refuse",
    ...change,
  };
}

function node(name: string, prefix: string, fillMs = 0): SharedSpending {
  const kept = openSqliteSpending({ file: join(folder, `${prefix}-${name}.db`), log });
  const target = parseRedisUrl(redis.url);
  const ledger = new SharedSpending({ node: name, kept, target, log, prefix, everyMs: 50, fillMs });
  opened.push(ledger);
  return ledger;
}

/** Answers, which it does once it is connected and the ledger rules. */
async function rules(ledger: SharedSpending): Promise<SharedSpending> {
  const limits = [{ prefix: "", callsPerDay: null, minutesPerDay: null }];
  // Another call each time: one that a node has counted it knows without asking.
  const probe = () => request(`probe-${++probes}`, { tenant: tenantId("probe"), limits });
  await until(async () => (await ledger.begin(probe())).within);
  return ledger;
}

async function pair(fillMs = 0) {
  const prefix = `spend-${++prefixes}`;
  const names = ["tel1", "tel2"] as const;
  const [one, other] = await Promise.all(names.map((name) => rules(node(name, prefix, fillMs))));
  if (one === undefined || other === undefined) throw new Error("bug: two nodes were asked for");
  return { prefix, one, other };
}

spendContract("redis", async () => rules(node("tel1", `spend-${++prefixes}`)));

describe("spend ledger: redis, several nodes", () => {
  test("a_limit_is_exact_over_all_of_them", async () => {
    const { one, other } = await pair();
    const limits = [{ prefix: "", callsPerDay: 10, minutesPerDay: null }];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        (at % 2 === 0 ? one : other).begin(request(`c${at}`, { limits })),
      ),
    );
    expect(answers.filter(({ within }) => within)).toHaveLength(10);
  });

  test("a_call_that_asks_two_of_them_is_counted_once", async () => {
    const { one, other } = await pair();
    for (const ledger of [one, other, one])
      expect(await ledger.begin(request("1"))).toEqual({ within: true });
    expect(await other.begin(request("2"))).toEqual({ within: true });
    expect(await one.begin(request("3"))).toEqual({ within: true });
    expect(await one.begin(request("4"))).toEqual({ within: false, prefix: "", limit: "calls" });
  });

  test("a_second_number_that_another_node_decides_is_counted_there", async () => {
    const { one, other } = await pair();
    expect(await one.begin(request("1"))).toEqual({ within: true });
    for (const ledger of [other, one, other])
      expect(await ledger.begin(request("1", { placing: 2 }))).toEqual({ within: true });
    expect(await one.begin(request("2"))).toEqual({ within: true });
    expect(await other.begin(request("1", { placing: 3 }))).toMatchObject({ within: false, limit: "calls" });
  });

  test("minutes_are_told_by_whichever_hears_of_the_end_and_count_once", async () => {
    const { one, other } = await pair();
    const limits = [{ prefix: "+1", callsPerDay: null, minutesPerDay: 2 }];
    await one.begin(request("1", { limits }));
    for (const ledger of [other, one, other]) await ledger.ended(request("1").call, 60);
    expect((await one.begin(request("2", { limits }))).within).toBe(true);
    await other.ended(request("2").call, 60);
    expect(await one.begin(request("3", { limits }))).toEqual({
      within: false,
      prefix: "+1",
      limit: "minutes",
    });
  });

  test("a_node_that_starts_again_has_forgotten_nothing", async () => {
    const { prefix, one, other } = await pair();
    await one.begin(request("1"));
    await other.begin(request("2"));
    await one.close();
    const again = await rules(node("tel1", prefix));
    expect((await again.begin(request("3"))).within).toBe(true);
    expect((await again.begin(request("4"))).within).toBe(false);
  });

  test("a_redis_that_comes_back_empty_is_filled_in_before_it_lets_a_call_in", async () => {
    const { one, other } = await pair(400);
    const minutes = [{ prefix: "", callsPerDay: null, minutesPerDay: 1 }];
    await one.begin(request("1"));
    await other.begin(request("2"));
    await other.ended(request("1").call, 60);
    await admin.flushall();
    expect(await one.begin(request("3"))).toEqual({ within: false, prefix: "", limit: "unknown" });
    await rules(one);
    expect(await one.begin(request("m", { limits: minutes }))).toEqual({
      within: false,
      prefix: "",
      limit: "minutes",
    });
    expect((await other.begin(request("3"))).within).toBe(true);
    expect(await one.begin(request("4"))).toEqual({ within: false, prefix: "", limit: "calls" });
  });
});

describe("spend ledger: redis that is away", () => {
  test("refuses_or_goes_by_its_own_count_and_tells_it_later", async () => {
    const away = await privateRedis(28_006);
    const prefix = "spend-away";
    const make = (name: string, url: string) => {
      const kept = openSqliteSpending({ file: join(folder, `${prefix}-${name}.db`), log });
      const shared = new SharedSpending({
        ...{ node: name, kept, target: parseRedisUrl(url), log, prefix },
        ...{ everyMs: 50, fillMs: 0 },
      });
      opened.push(shared);
      return shared;
    };
    const one = await rules(make("tel1", away.url));
    expect((await one.begin(request("1"))).within).toBe(true);
    await away.stop();
    const allow = { whenUnreachable: "allow" } as const;
    await until(async () => {
      const answer = await one.begin(request("refused"));
      return !answer.within && answer.limit === "unknown";
    });
    expect((await one.begin(request("2", allow))).within).toBe(true);
    await one.ended(request("2").call, 61);
    expect((await one.begin(request("3", allow))).within).toBe(true);
    expect(await one.begin(request("4", allow))).toEqual({ within: false, prefix: "", limit: "calls" });

    const back = await privateRedis(28_006);
    try {
      const other = await rules(make("tel2", back.url));
      const told = new Redis(back.url);
      const count = (of: string) => told.hget(`{${prefix}}:spent:${today}`, `${of}|apex|`);
      await until(async () => (await count("c")) === "3" && (await count("s")) === "61");
      told.disconnect();
      const minutes = [{ prefix: "", callsPerDay: null, minutesPerDay: 1 }];
      expect(await other.begin(request("5"))).toEqual({ within: false, prefix: "", limit: "calls" });
      expect(await other.begin(request("6", { limits: minutes }))).toMatchObject({ limit: "minutes" });
    } finally {
      await back.stop();
    }
  });
});
