// One suite over both ways to keep standing orders: one node's file, and files that nodes exchange through Redis.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { type RunningRedis, startRedis } from "../../load/lab/redis.ts";
import { StandingBook } from "../../src/calls/standing-book.ts";
import { standingFile } from "../../src/calls/standing-file.ts";
import { pinRule, type StandingOrders } from "../../src/calls/standing-port.ts";
import { parseRedisUrl } from "../../src/slots/redis-url.ts";
import { SharedStanding } from "../../src/slots/shared-standing.ts";
import { tenantId } from "../builders.ts";

const PORT = 32_010;
const apex = tenantId("apex");
const beta = tenantId("beta");
const closed = { state: "closed", until: null } as const;
const order = { by: "root", why: "unpaid" };
const log = pino({ level: "silent" });

const root = mkdtempSync(join(tmpdir(), "sb-standing-"));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
let now = 0;

/** A folder of its own, as a node's --var. */
function variables(): string {
  folders += 1;
  const folder = join(root, `node-${folders}`);
  mkdirSync(folder);
  return folder;
}

const bookIn = (folder: string): StandingBook =>
  new StandingBook({ file: standingFile(folder), log, now: () => now });

let redis: RunningRedis | undefined;
const startOurs = async (): Promise<RunningRedis> => {
  redis = await startRedis({ folder: join(root, "redis"), port: PORT });
  return redis;
};
let prefixes = 0;

async function sharedIn(folder: string, prefix: string): Promise<SharedStanding> {
  const target = parseRedisUrl(`redis://127.0.0.1:${PORT}/0`);
  const shared = new SharedStanding({ kept: bookIn(folder), target, log, prefix, everyMs: 100 });
  await shared.met(2000);
  return shared;
}

const kinds = [
  { name: "a file", redis: false, open: async (folder: string) => bookIn(folder) as StandingOrders },
  {
    name: "files and Redis",
    redis: true,
    open: (folder: string) => sharedIn(folder, `own-${prefixes}`) as Promise<StandingOrders>,
  },
];

describe.each(kinds)("standing orders in $name", (kind) => {
  let folder: string;
  let orders: StandingOrders;

  beforeAll(async () => void (kind.redis && (await startOurs())));
  afterAll(async () => void (kind.redis && (await redis?.stop())));
  beforeEach(async () => {
    prefixes += 1;
    now = 1_000_000_000;
    folder = variables();
    orders = await kind.open(folder);
  });
  afterEach(() => orders.close());

  const restart = async (): Promise<void> => {
    await orders.close();
    orders = await kind.open(folder);
  };
  const overrides = () => Object.fromEntries(orders.current().overrides);
  const set = (hours: string, override: { state: "open" | "closed"; until: null } | null) =>
    orders.setOverride({ tenant: apex, hours, override, by: "100" });

  test("nothing_is_ordered_at_first", () => {
    expect(orders.current().overrides.size + orders.current().suspended.size).toBe(0);
  });

  test("an_override_is_in_force_once_it_is_confirmed_and_after_a_restart", async () => {
    await set("office", closed);
    const kept = { "apex/office": { ...closed, by: "100", at: now } };
    expect(overrides()).toEqual(kept);
    await restart();
    expect(overrides()).toEqual(kept);
  });

  test("the_later_override_holds_and_hours_are_apart", async () => {
    await set("office", closed);
    await set("office", { state: "open", until: null });
    await set("desk", closed);
    expect(overrides()).toMatchObject({ "apex/office": { state: "open" }, "apex/desk": { state: "closed" } });
  });

  test("an_override_taken_back_is_gone_after_a_restart_too", async () => {
    await set("office", closed);
    await set("office", null);
    expect(overrides()).toEqual({});
    await restart();
    expect(overrides()).toEqual({});
  });

  test("a_suspended_tenant_stays_so_until_it_is_resumed", async () => {
    await orders.suspend(apex, order);
    await restart();
    expect(Object.fromEntries(orders.current().suspended)).toEqual({ apex: { ...order, at: now } });
    expect(await orders.resume(apex, order)).toBe(true);
    await restart();
    expect(orders.current().suspended.size).toBe(0);
  });

  test("suspending_twice_keeps_the_later_reason_and_resuming_twice_changes_nothing", async () => {
    await orders.suspend(apex, order);
    await orders.suspend(apex, { by: "root", why: "fraud" });
    expect(orders.current().suspended.get(apex)).toMatchObject({ why: "fraud" });
    expect(await orders.resume(apex, order)).toBe(true);
    expect(await orders.resume(apex, order)).toBe(false);
    expect(await orders.resume(beta, order)).toBe(false);
  });

  test("what_is_in_force_is_the_same_object_until_something_changes", async () => {
    const before = orders.current();
    await new Promise((done) => setTimeout(done, 250));
    expect(orders.current()).toBe(before);
    await set("office", closed);
    expect(orders.current()).not.toBe(before);
  });

  test("a_clock_set_back_does_not_make_a_later_order_lose", async () => {
    await set("office", closed);
    now -= 3_600_000;
    await set("office", null);
    await restart();
    expect(overrides()).toEqual({});
  });

  test("orders_at_one_instant_are_all_kept", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `hours${index}`);
    await Promise.all(names.map((name) => set(name, closed)));
    await restart();
    expect(orders.current().overrides.size).toBe(20);
  });

  describe("wrong pins", () => {
    const tries = async (...rights: boolean[]): Promise<boolean[]> => {
      const locked: boolean[] = [];
      for (const right of rights) locked.push((await orders.pinTried(apex, right)).locked);
      return locked;
    };

    test("the_third_in_a_row_locks_and_then_not_even_the_right_one_is_let_in", async () => {
      expect(await tries(false, false, false, true)).toEqual([false, false, true, true]);
    });

    test("a_right_one_between_begins_anew", async () => {
      expect(await tries(false, false, true, false, false)).toEqual([false, false, false, false, false]);
    });

    test("those_older_than_the_window_do_not_count", async () => {
      await tries(false, false);
      now += pinRule.windowMs;
      expect(await tries(false, false)).toEqual([false, false]);
    });

    test("just_within_the_window_they_do", async () => {
      await tries(false, false);
      now += pinRule.windowMs - 1;
      expect(await tries(false)).toEqual([true]);
    });

    test("the_lock_ends_after_its_time_and_counting_begins_anew", async () => {
      await tries(false, false, false);
      now += pinRule.lockMs - 1;
      expect(await tries(true)).toEqual([true]);
      now += 1;
      expect(await tries(false, false, true)).toEqual([false, false, false]);
    });

    test("a_clock_set_back_an_hour_locks_nobody_out_for_an_hour", async () => {
      await tries(false, false, false);
      now -= 3_600_000;
      expect(await tries(true)).toEqual([false]);
    });

    test("the_lock_outlives_a_restart_and_so_does_the_count", async () => {
      await tries(false, false);
      await restart();
      expect(await tries(false)).toEqual([true]);
      await restart();
      expect(await tries(true)).toEqual([true]);
    });

    test("tenants_are_apart", async () => {
      await tries(false, false, false);
      expect(await orders.pinTried(beta, true)).toEqual({ locked: false, until: null, wrong: 0 });
    });

    test("no_more_than_three_of_many_at_once_are_looked_at", async () => {
      const verdicts = await Promise.all(Array.from({ length: 20 }, () => orders.pinTried(apex, false)));
      expect(verdicts.filter(({ locked }) => !locked)).toHaveLength(2);
    });
  });

  describe("the file", () => {
    test("keeps_the_one_before_the_last_change", async () => {
      await set("office", closed);
      await set("desk", closed);
      const last = JSON.parse(readFileSync(`${standingFile(folder)}.bak`, "utf8"));
      expect(Object.keys(last)).toEqual(["override:apex/office"]);
      expect(existsSync(`${standingFile(folder)}.new`)).toBe(false);
    });

    test.each([
      ["half_written", '{"override:apex/office": {"at": 1'],
      ["empty", ""],
      [
        "of_another_shape",
        '{"override:apex/office": {"at": 1, "value": {"kind": "override", "state": "shut"}}}',
      ],
    ])("that_is_%s_keeps_the_node_from_starting_and_says_what_to_do", async (_name, text) => {
      await set("office", closed);
      await orders.close();
      const good = readFileSync(standingFile(folder));
      writeFileSync(standingFile(folder), text);
      const problem = expect.objectContaining({
        code: "standing_unreadable",
        message: expect.stringContaining(`put ${standingFile(folder)}.bak in its place`),
      });
      expect(() => bookIn(folder)).toThrow(problem);
      writeFileSync(standingFile(folder), good);
    });

    test("that_cannot_be_written_changes_nothing_and_says_so", async () => {
      await set("office", closed);
      mkdirSync(`${standingFile(folder)}.new`);
      await expect(set("office", null)).rejects.toMatchObject({ code: "standing_not_kept" });
      expect(overrides()).toMatchObject({ "apex/office": { state: "closed" } });
      await expect(orders.suspend(apex, order)).rejects.toMatchObject({ code: "standing_not_kept" });
      expect(await orders.pinTried(apex, false)).toMatchObject({ locked: false, wrong: 1 });
      rmSync(`${standingFile(folder)}.new`, { recursive: true });
      await set("office", null);
      expect(overrides()).toEqual({});
    });
  });
});

describe("standing orders of two nodes", () => {
  let folders: readonly [string, string];
  let nodes: readonly [SharedStanding, SharedStanding];

  beforeEach(async () => {
    now = 1_000_000_000;
    await startOurs();
    folders = [variables(), variables()];
    nodes = [await sharedIn(folders[0], "pair"), await sharedIn(folders[1], "pair")];
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await redis?.stop();
  });

  const soon = (what: string, seen: () => boolean): Promise<unknown> =>
    waitFor(what, () => seen() || undefined, 2000, 20);
  const suspended = (node: 0 | 1): boolean => nodes[node].current().suspended.has(apex);

  test("one_hears_what_the_other_was_told", async () => {
    await nodes[0].suspend(apex, order);
    await soon("the suspension", () => suspended(1));
    await nodes[1].resume(apex, order);
    await soon("the end of it", () => !suspended(0));
  });

  test("wrong_pins_are_counted_together", async () => {
    await nodes[0].pinTried(apex, false);
    await nodes[1].pinTried(apex, false);
    expect(await nodes[0].pinTried(apex, false)).toMatchObject({ locked: true, wrong: 3 });
    expect(await nodes[1].pinTried(apex, true)).toMatchObject({ locked: true });
  });

  test("while_redis_is_away_what_was_known_holds_and_orders_are_taken", async () => {
    await nodes[0].suspend(apex, order);
    await soon("the suspension", () => suspended(1));
    redis?.kill("SIGKILL");
    await redis?.exited;
    const started = performance.now();
    await nodes[0].setOverride({ tenant: apex, hours: "office", override: closed, by: "100" });
    await nodes[0].pinTried(apex, true);
    expect(performance.now() - started).toBeLessThan(1000);
    expect([suspended(0), suspended(1)]).toEqual([true, true]);
    expect(nodes[1].current().overrides.size).toBe(0);
    // It comes back with nothing: the nodes fill it again.
    await startOurs();
    await soon("the override", () => nodes[1].current().overrides.size === 1);
    expect([suspended(0), suspended(1)]).toEqual([true, true]);
  });

  test("of_two_orders_given_apart_the_later_holds_on_both", async () => {
    redis?.kill("SIGKILL");
    await redis?.exited;
    await nodes[0].suspend(apex, order);
    now += 5;
    await nodes[1].suspend(apex, order);
    now += 5;
    await nodes[1].resume(apex, order);
    await startOurs();
    await soon("the end of the suspension", () => !suspended(0));
    expect(suspended(1)).toBe(false);
  });

  test("a_node_that_was_down_knows_when_it_starts", async () => {
    await nodes[1].close();
    await nodes[0].suspend(apex, order);
    nodes = [nodes[0], await sharedIn(folders[1], "pair")];
    expect(suspended(1)).toBe(true);
    expect(readFileSync(standingFile(folders[1]), "utf8")).toContain("suspended:apex");
  });

  test("a_redis_that_hangs_holds_nobody_up", async () => {
    redis?.kill("SIGSTOP");
    const started = performance.now();
    await nodes[0].pinTried(apex, true);
    expect(performance.now() - started).toBeLessThan(400);
    redis?.kill("SIGCONT");
  });

  test("an_order_that_the_other_has_not_heard_of_says_so_until_it_has", async () => {
    await nodes[0].suspend(apex, order);
    expect(nodes[0].untold()).toBeNull();
    redis?.kill("SIGKILL");
    await redis?.exited;
    await nodes[0].suspend(beta, order);
    expect(nodes[0].untold()).toContain("Redis cannot be asked (");
    expect(nodes[1].current().suspended.has(beta)).toBe(false);
    await startOurs();
    await soon("the order told", () => nodes[0].untold() === null);
    await soon("the suspension", () => nodes[1].current().suspended.has(beta));
  });

  test("an_order_that_redis_hangs_on_is_not_taken_for_told", async () => {
    redis?.kill("SIGSTOP");
    const started = performance.now();
    await nodes[0].suspend(apex, order);
    expect(performance.now() - started).toBeLessThan(4000);
    expect(nodes[0].untold()).toContain("Redis cannot be asked (");
    redis?.kill("SIGCONT");
    await soon("the order told", () => nodes[0].untold() === null);
  });
});
