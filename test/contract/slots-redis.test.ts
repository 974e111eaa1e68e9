// What can happen to a Redis: away, hung, emptied, restarted, promoted, misused. Each on a private server.
import { Redis } from "ioredis";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startTcpLine } from "../../load/lab/tcp-line.ts";
import { RedisSlotStore } from "../../src/slots/redis.ts";
import { takeAsk } from "../../src/slots/redis-form.ts";
import { RedisLink } from "../../src/slots/redis-link.ts";
import { parseRedisUrl } from "../../src/slots/redis-url.ts";
import { createSlotStore } from "../../src/slots/slots.ts";
import {
  apex,
  context,
  counted,
  endLeases,
  key,
  ownLeg,
  type PrivateRedis,
  privateRedis,
  quiet,
  redisStore,
  request,
  trunkLeg,
  until,
} from "./slot-stores.ts";

const PORT = 28_002;
const unreachable = { granted: false, scope: "slots_unreachable", previousLeg: null };
const cleanups: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(settings: Readonly<Record<string, string>> = {}, port = PORT): Promise<PrivateRedis> {
  const redis = await privateRedis(port, settings);
  cleanups.push(() => redis.stop());
  return redis;
}

async function node(redis: PrivateRedis, rules = true): Promise<RedisSlotStore> {
  const store = await redisStore(redis.url, "node", rules);
  cleanups.push(() => store.close());
  return store;
}

function admin(redis: PrivateRedis): Redis {
  const client = new Redis(redis.url);
  cleanups.push(() => client.disconnect());
  return client;
}

describe("leases that nobody could renew", () => {
  const caps = { tenant: 2, direction: null, trunk: 1000 };

  async function ended(more: Readonly<Record<string, number>>): Promise<RedisSlotStore> {
    const redis = await server();
    const store = await node(redis);
    await store.acquire(ownLeg("1", { caps }), context);
    await store.acquire(request("2", { caps }), context);
    await endLeases(admin(redis), "node", more);
    return store;
  }

  it("begin anew after nodes or Redis have stood still, or its clock was set forward", async () => {
    const store = await ended({ seen: 1 });
    expect(await store.acquire(ownLeg("3", { caps }), context)).toMatchObject({ scope: "tenant_full" });
    const { at, slots } = await store.snapshot();
    for (const { state, leaseEndsAt } of slots)
      expect((leaseEndsAt ?? 0) - at).toBeGreaterThan(state === "pending" ? 25_000 : 55_000);
  });

  it("begin anew too when a heartbeat finds them first", async () => {
    const store = await ended({ seen: 1, due: 9e15 });
    const leases = async () => (await store.snapshot()).slots.map((slot) => slot.leaseEndsAt ?? 0);
    await until(async () => (await leases()).every((end) => end > 1));
    expect((await counted(store)).tenants).toEqual({ apex: 2 });
  });

  it("end while a node is there: what it does not renew is over", async () => {
    const store = await ended({});
    expect(await store.acquire(ownLeg("3", { caps }), context)).toMatchObject({ granted: true });
    expect((await counted(store)).tenants).toEqual({ apex: 1 });
  });
});

describe("two nodes on one Redis", () => {
  it("share a cap", async () => {
    const redis = await server();
    const [one, two] = [await node(redis), await node(redis)];
    const caps = { tenant: 37, direction: null, trunk: 1000 };
    const verdicts = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        (at % 2 === 0 ? one : two).acquire(request(`u${at}`, { caps }), context),
      ),
    );
    expect(verdicts.filter((verdict) => verdict.granted)).toHaveLength(37);
    expect((await counted(two)).tenants).toEqual({ apex: 37 });
  });

  it("bind and release what the other took", async () => {
    const redis = await server();
    const [one, two] = [await node(redis), await node(redis)];
    await one.acquire(request("1"), context);
    expect(await two.bind(key("1"), trunkLeg("2"))).toEqual({ bound: true, why: "bound" });
    expect(await two.release(key("2"), "hangup")).toBe(true);
    expect((await one.snapshot()).slots).toEqual([]);
  });

  it("elect one listener for a switch, and another when it falls silent", async () => {
    const redis = await server();
    const [one, two] = [await node(redis), await node(redis)];
    expect(await one.electListener("ast1", "tel1", 120)).toBe(true);
    expect(await two.electListener("ast1", "tel2", 120)).toBe(false);
    expect(await two.electListener("ast2", "tel2", 120)).toBe(true);
    expect(await one.electListener("ast1", "tel1", 120)).toBe(true);
    await until(() => two.electListener("ast1", "tel2", 120), 1000);
    expect(await one.electListener("ast1", "tel1", 120)).toBe(false);
    await two.resignListener("ast1", "tel2");
    expect(await one.electListener("ast1", "tel1", 120)).toBe(true);
  });

  it("let one process at a time have a node's name", async () => {
    const redis = await server();
    const [one, two] = [await node(redis), await node(redis)];
    expect(await one.claimName("tel1", "first", 120)).toBe(true);
    expect(await two.claimName("tel1", "second", 120)).toBe(false);
    expect(await two.claimName("tel2", "second", 120)).toBe(true);
    expect(await one.claimName("tel1", "first", 120)).toBe(true);
    await until(() => two.claimName("tel1", "second", 120), 1000);
    await two.leaveName("tel1", "second");
    expect(await one.claimName("tel1", "first", 120)).toBe(true);
  });
});

describe("a Redis that cannot be asked", () => {
  it("refuses or admits as the tenant wants, flagged and by this node's own copy", async () => {
    const redis = await server();
    const store = await node(redis);
    const allowed = {
      whenUnreachable: "allow" as const,
      caps: { tenant: 2, direction: null, trunk: 10 },
    };
    await store.acquire(request("1", allowed), context);
    redis.kill("SIGKILL");
    await until(() => store.health().state === "unreachable");
    expect(await store.acquire(request("2"), context)).toEqual(unreachable);
    expect(await store.acquire(request("3", allowed), context)).toMatchObject({
      granted: true,
      wouldRefuse: "slots_unreachable",
    });
    expect(await store.acquire(request("4", allowed), context)).toMatchObject({ scope: "tenant_full" });
    await expect(store.release(key("1"), "hangup")).rejects.toMatchObject({ code: "slots_unreachable" });
    expect(await store.acquire(request("4", allowed), context)).toMatchObject({ granted: true });
  });

  it("costs one call its budget when it hangs, and the next ones nothing; nothing late is taken", async () => {
    const redis = await server();
    const store = await node(redis);
    redis.kill("SIGSTOP");
    const began = performance.now();
    expect(await store.acquire(request("1"), context)).toEqual(unreachable);
    const first = performance.now() - began;
    expect(first).toBeGreaterThan(100);
    expect(first).toBeLessThan(400);
    expect(await store.acquire(request("2"), context)).toEqual(unreachable);
    expect(performance.now() - began - first).toBeLessThan(100);
    expect(store.health()).toMatchObject({ state: "unreachable", code: "slots_slow" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    redis.kill("SIGCONT");
    await until(() => store.health().state === "ready");
    expect(await store.acquire(request("3"), context)).toMatchObject({ granted: true });
    expect((await store.snapshot()).slots.map((slot) => slot.key.uniqueid)).toEqual(["3"]);
  });

  it("counts a caller who was turned away on no client, though the slot was taken in time and told too late", async () => {
    const redis = await server();
    const line = await startTcpLine(`127.0.0.1:${PORT + 30}`, new URL(redis.url).host);
    cleanups.push(() => line.close());
    const store = await redisStore(`redis://127.0.0.1:${PORT + 30}/0`, "node");
    cleanups.push(() => store.close());
    // Redis knows the script then, and need not be sent it in a second round.
    await store.acquire(request("0"), context);
    await store.cancel(key("0"));
    // It takes what it is asked, and its answers stay away.
    line.stall();
    const asked = ["own", "dialled"] as const;
    const verdicts = asked.map((leg) => store.acquire(request(leg, { leg }), context));
    expect(await Promise.all(verdicts)).toEqual([unreachable, unreachable]);
    line.mend();
    const client = await node(redis);
    await until(async () => (await client.snapshot()).slots.some(({ state }) => state === "refused"));
    expect(await counted(client)).toEqual({ tenants: {}, trunks: { apex_sip: 1 } });
  });

  it("is not taken for late because this node was held up while it asked for the time", async () => {
    const redis = await server();
    const beatMs = 60_000;
    const link = new RedisLink({
      ...{ target: parseRedisUrl(redis.url), prefix: "node", log: quiet, onBeat: () => {} },
      timings: { beatMs, beatWhenNotReadyMs: beatMs },
    });
    cleanups.push(() => link.close());
    await until(() => link.health.state === "rebuilding");
    await link.run("rebuilt", ["ast1", "", "ast1"]);
    await link.heartbeat();
    const beat = link.heartbeat();
    // The question has left; then this process does something else for a while.
    await new Promise((resolve) => process.nextTick(resolve));
    for (const end = performance.now() + 500; performance.now() < end; );
    await beat;
    expect(await link.take(takeAsk(request("1"), context), () => {})).toBe("taken");
  });

  it("is asked over a new connection when the old one leads nowhere", async () => {
    const redis = await server();
    const client = admin(redis);
    const store = await node(redis);
    const connections = async () =>
      String(await client.client("LIST"))
        .split("\n")
        .filter((line) => line.includes("name=signalbox"));
    const before = await connections();
    redis.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 5000));
    redis.kill("SIGCONT");
    await until(() => store.health().state === "ready");
    expect(await store.acquire(request("1"), context)).toMatchObject({ granted: true });
    const ids = (lines: readonly string[]) => lines.map((line) => line.split(" ")[0]);
    expect(ids(before)).toHaveLength(1);
    expect(ids(await connections())).not.toContain(ids(before)[0]);
  });

  it("says so when there is none, and is there once it is", async () => {
    const store = createSlotStore(`redis://127.0.0.1:${PORT}/0`, {
      log: quiet,
      timings: { beatWhenNotReadyMs: 20 },
    });
    cleanups.push(() => store.close());
    expect(await store.acquire(request("1"), context)).toEqual(unreachable);
    await server();
    await until(() => store.health().state === "rebuilding");
    await store.rebuilt("ast1", ["ast1"]);
    expect(await store.acquire(request("1"), context)).toMatchObject({ granted: true });
  });
});

describe("the copy of a node", () => {
  const caps = { tenant: 2, direction: null, trunk: 1000 };
  const allowed = { caps, whenUnreachable: "allow" } as const;

  it.each([-3_600_000, 3_600_000])(
    "counts what lives though the clock of Redis is %d ms off",
    async (offMs) => {
      const since = performance.now.bind(performance);
      const clock = vi.spyOn(performance, "now").mockImplementation(() => since() - offMs);
      cleanups.push(() => clock.mockRestore());
      const redis = await server();
      const store = await node(redis);
      for (const uniqueid of ["1", "2"]) await store.acquire(ownLeg(uniqueid, allowed), context);
      await store.snapshot();
      redis.kill("SIGSTOP");
      const third = await store.acquire(ownLeg("3", allowed), context);
      expect(third).toMatchObject({ granted: false, scope: "tenant_full" });
      // And not for longer than it would by Redis' own clock.
      for (let seconds = 10; seconds <= 70; seconds += 10) {
        clock.mockImplementation(() => since() - offMs + seconds * 1000);
        await store.renew("ast1", "b1", ["9"]).catch(() => {}); // it could not be told
      }
      expect(await store.acquire(ownLeg("4", allowed), context)).toMatchObject({ granted: true });
    },
  );

  it("keeps what Redis has lost also where another node has found that out first", async () => {
    const redis = await server();
    const first = await node(redis);
    const target = parseRedisUrl(redis.url);
    const second = new RedisSlotStore({ target, log: quiet, prefix: "node", timings: { beatMs: 60_000 } });
    cleanups.push(() => second.close());
    await until(() => second.health().state === "ready");
    for (const uniqueid of ["1", "2"]) await second.acquire(ownLeg(uniqueid, allowed), context);
    await admin(redis).flushall();
    await until(() => first.health().state === "rebuilding");
    await second.snapshot();
    const third = await second.acquire(ownLeg("3", allowed), context);
    expect(third).toMatchObject({ granted: false, scope: "tenant_full" });
  });
});

describe("a Redis that is not what it was", () => {
  it("does not rule after a restart until every switch was swept", async () => {
    const redis = await server();
    const store = await node(redis);
    await store.acquire(ownLeg("1"), context);
    await redis.stop();
    await server();
    await until(() => store.health().state === "rebuilding");
    expect(await store.acquire(ownLeg("2"), context)).toEqual(unreachable);
    const allowed = await store.acquire(ownLeg("3", { whenUnreachable: "allow" }), context);
    expect(allowed).toMatchObject({ granted: true, wouldRefuse: "slots_unreachable" });
    await store.adopt(
      { ...trunkLeg("1"), tenant: apex, direction: "inbound", call: null, asker: null },
      "tel1",
    );
    expect(await store.rebuilt("ast1", ["ast1", "ast2"])).toBe(false);
    expect(store.health().state).toBe("rebuilding");
    expect(await store.rebuilt("ast2", ["ast1", "ast2"])).toBe(true);
    expect(store.health().state).toBe("ready");
    expect((await counted(store)).tenants).toEqual({ apex: 2 });
  });

  it("does not rule by sweeps for an era that it has lost meanwhile", async () => {
    const redis = await server();
    const store = await node(redis, false);
    const { era } = await store.snapshot();
    expect(await store.rebuilt("ast1", ["ast1", "ast2"], era)).toBe(false);
    const client = admin(redis);
    await client.flushall();
    await until(async () => (await client.hget("{node}:slots", "gen")) !== null);
    expect(await store.rebuilt("ast1", ["ast1"], era)).toBe(false);
    const now = await store.snapshot();
    expect(now.era).not.toBe(era);
    expect(await store.rebuilt("ast1", ["ast1"], now.era)).toBe(true);
  });

  it("keeps what a promoted replica has, and still waits for the sweeps", async () => {
    const redis = await server();
    const store = await node(redis);
    await store.acquire(ownLeg("1"), context);
    await admin(redis).hset("{node}:slots", "run", "another");
    await until(() => store.health().state === "rebuilding");
    expect((await counted(store)).tenants).toEqual({ apex: 1 });
  });

  it("lets in no more than this node knows of while it rules not, and frees what it then took", async () => {
    const redis = await server();
    const store = await node(redis);
    const caps = { tenant: 2, direction: null, trunk: 1000 };
    const allowed = { caps, whenUnreachable: "allow" } as const;
    await store.acquire(ownLeg("1", allowed), context);
    await admin(redis).flushall();
    await until(() => store.health().state === "rebuilding");
    const second = await store.acquire(ownLeg("2", allowed), context);
    expect(second).toMatchObject({ granted: true, wouldRefuse: "slots_unreachable" });
    const third = await store.acquire(ownLeg("3", allowed), context);
    expect(third).toMatchObject({ granted: false, scope: "tenant_full" });
    await until(async () => (await counted(store)).tenants.apex === 1);
  });

  it.each(["{node}:slots", "{node}:leases"])("notices that %s was lost, and counts anew", async (lost) => {
    const redis = await server();
    const store = await node(redis);
    await store.acquire(ownLeg("1"), context);
    await admin(redis).del(lost);
    await until(() => store.health().state === "rebuilding");
    expect(await store.acquire(ownLeg("2"), context)).toEqual(unreachable);
    await counted(store);
  });

  it("sends a script again after SCRIPT FLUSH", async () => {
    const redis = await server();
    const store = await node(redis);
    await admin(redis).script("FLUSH");
    expect(await store.acquire(request("1"), context)).toMatchObject({ granted: true });
  });

  it.each([
    [
      "slots_wrong_type",
      async (client: Redis) => {
        await client.del("{node}:leases");
        await client.set("{node}:leases", "mine");
      },
    ],
    ["slots_read_only", (client: Redis) => client.replicaof("127.0.0.1", "28099")],
    [
      "slots_read_only",
      async (client: Redis) => {
        await client.config("SET", "replica-serve-stale-data", "no");
        await client.replicaof("127.0.0.1", "28099");
      },
    ],
    ["slots_too_few_replicas", (client: Redis) => client.config("SET", "min-replicas-to-write", "1")],
    ["slots_out_of_memory", (client: Redis) => client.config("SET", "maxmemory", "1")],
  ])("is unreachable with the code %s", async (code, spoil) => {
    const redis = await server();
    const store = await node(redis);
    await spoil(admin(redis));
    await store.acquire(request("1"), context);
    expect(await store.acquire(request("1"), context)).toEqual(unreachable);
    await until(() => store.health().code === code);
    expect(store.health().why).toMatch(/\w/);
  });

  it("is refused without the password, and let in with it", async () => {
    const redis = await server({ requirepass: "geheim: %" });
    const client = admin(redis);
    await client.ping();
    const without = createSlotStore(`redis://127.0.0.1:${PORT}/0`, { log: quiet });
    cleanups.push(() => without.close());
    await until(() => without.health().code === "slots_login_refused");
    expect((await node(redis)).health().state).toBe("ready");
  });
});
