// Calls that were let in while Redis could not be asked: it hears of them as soon as it can be.
import { expect, it, vi } from "vitest";
import {
  context,
  counted,
  key,
  ownLeg,
  privateRedis,
  redisStore,
  request,
  trunkLeg,
  until,
} from "./slot-stores.ts";

it("counts what was let in without Redis and still lives, whatever the caps say", async () => {
  const redis = await privateRedis(13_080);
  const store = await redisStore(redis.url, "owed");
  try {
    const caps = { tenant: 1, direction: null, trunk: 1000 };
    await store.acquire(ownLeg("1", { caps }), context);
    // Two heartbeats, so that Redis' clock is known well: what it begins after its standstill is late.
    await new Promise((resolve) => setTimeout(resolve, 500));
    redis.kill("SIGSTOP");
    const allow = { whenUnreachable: "allow", caps: { ...caps, tenant: 3 } } as const;
    for (const uniqueid of ["2", "3"]) {
      const verdict = await store.acquire(ownLeg(uniqueid, allow), context);
      expect(verdict).toMatchObject({ granted: true, wouldRefuse: "slots_unreachable" });
    }
    await store.release(key("2"), "hangup").catch(() => {}); // it could not be told
    redis.kill("SIGCONT");
    await until(() => store.health().state === "ready");
    await until(async () => (await counted(store)).tenants.apex === 2);
    const late = await store.acquire(ownLeg("4", { caps }), context);
    expect(late).toMatchObject({ granted: false, scope: "tenant_full" });
  } finally {
    await store.close();
    await redis.stop();
  }
});

it("knows the leg that came up meanwhile", async () => {
  const redis = await privateRedis(13_080);
  const store = await redisStore(redis.url, "owed");
  try {
    redis.kill("SIGSTOP");
    await store.acquire(request("1", { whenUnreachable: "allow" }), context);
    await store.bind(key("1"), trunkLeg("2")).catch(() => {}); // it could not be told
    redis.kill("SIGCONT");
    await until(() => store.health().state === "ready");
    // Redis is told of the call first, and then of its leg.
    await until(async () => (await store.snapshot()).slots.some((slot) => slot.state === "bound"));
    expect((await store.snapshot()).slots).toMatchObject([{ key: key("2"), state: "bound", asker: "1" }]);
    expect((await counted(store)).tenants.apex).toBe(1);
  } finally {
    await store.close();
    await redis.stop();
  }
});

it("counts each of many once, however many heartbeats it takes to tell of them", async () => {
  const redis = await privateRedis(13_080);
  const store = await redisStore(redis.url, "owed");
  const many = 800;
  try {
    redis.kill("SIGSTOP");
    for (let call = 0; call < many; call++) {
      await store.acquire(request(`a${call}`, { whenUnreachable: "allow" }), context);
      await store.bind(key(`a${call}`), trunkLeg(`l${call}`)).catch(() => {}); // it could not be told
    }
    redis.kill("SIGCONT");
    await until(() => store.health().state === "ready");
    // Asked seldom, since each look is long.
    const states = async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      return (await store.snapshot().catch(() => ({ slots: [] }))).slots.map((slot) => slot.state);
    };
    await until(async () => (await states()).filter((state) => state === "bound").length === many, 30_000);
    expect((await states()).filter((state) => state === "pending")).toEqual([]);
    expect((await counted(store)).tenants.apex).toBe(many);
  } finally {
    await store.close();
    await redis.stop();
  }
});

it("does not tell again of a call that Redis has counted late and that is bound by now", async () => {
  const redis = await privateRedis(13_080);
  const [store, other] = [await redisStore(redis.url, "owed"), await redisStore(redis.url, "owed")];
  const { setTimeout: later } = globalThis;
  try {
    // This node is held up between its question and its answer, and the other one hears the leg first.
    const asked = store.acquire(request("1", { whenUnreachable: "allow" }), context);
    vi.stubGlobal("setTimeout", (act: () => void, ms: number) => later(act, ms === 150 ? 0 : ms));
    expect(await asked).toMatchObject({ granted: true });
    vi.unstubAllGlobals();
    expect(await other.bind(key("1"), trunkLeg("2"))).toMatchObject({ bound: true });
    await new Promise((resolve) => later(resolve, 500));
    expect((await store.snapshot()).slots.map(({ state }) => state)).toEqual(["bound"]);
  } finally {
    vi.unstubAllGlobals();
    await store.close();
    await other.close();
    await redis.stop();
  }
});

it("forgets no call that lives while Redis is away for minutes", async () => {
  const redis = await privateRedis(13_080);
  const store = await redisStore(redis.url, "owed");
  const since = performance.now.bind(performance);
  let later = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => since() + later);
  try {
    const allow = { whenUnreachable: "allow", caps: { tenant: 2, direction: null, trunk: 1000 } } as const;
    for (const uniqueid of ["1", "2"]) await store.acquire(ownLeg(uniqueid, allow), context);
    redis.kill("SIGSTOP");
    await store.acquire(ownLeg("3", allow), context);
    for (let seconds = 0; seconds < 180; seconds += 10) {
      later += 10_000;
      // One of the two has ended, and this node has not heard of it.
      await store.renew("ast1", "b1", ["1"]).catch(() => {}); // it could not be told
    }
    const verdicts = [];
    for (const uniqueid of ["4", "5"]) verdicts.push(await store.acquire(ownLeg(uniqueid, allow), context));
    expect(verdicts).toMatchObject([{ granted: true }, { granted: false, scope: "tenant_full" }]);
  } finally {
    clock.mockRestore();
    await store.close();
    await redis.stop();
  }
});

it("lets each node on its own fill a cap once, and no more", async () => {
  const redis = await privateRedis(13_080);
  const nodes = [await redisStore(redis.url, "owed"), await redisStore(redis.url, "owed")] as const;
  const caps = { tenant: 10, direction: null, trunk: 1000 };
  const ask = (store: (typeof nodes)[number], uniqueid: string) =>
    store.acquire(ownLeg(uniqueid, { caps, whenUnreachable: "allow" }), context);
  try {
    const [first] = nodes;
    for (let calls = 0; calls < 4; calls++) await ask(first, `${calls}`);
    // Both know of the four: a node's copy is renewed every few seconds, and by each look.
    for (const store of nodes) await store.snapshot();
    redis.kill("SIGSTOP");
    const granted = [0, 0];
    for (let calls = 0; calls < 20; calls++)
      for (const [nth, store] of nodes.entries())
        granted[nth] = (granted[nth] ?? 0) + Number((await ask(store, `n${nth}-${calls}`)).granted);
    expect(granted).toEqual([6, 6]);
    redis.kill("SIGCONT");
    for (const store of nodes) await until(() => store.health().state === "ready");
    await until(async () => (await counted(first)).tenants.apex === 16);
    expect((await ask(first, "late")).granted).toBe(false);
  } finally {
    for (const store of nodes) await store.close();
    await redis.stop();
  }
});
