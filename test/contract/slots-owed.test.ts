// Calls that were let in while Redis could not be asked: it hears of them as soon as it can be.
import { expect, it } from "vitest";
import { context, counted, key, ownLeg, privateRedis, redisStore, until } from "./slot-stores.ts";

it("counts what was let in without Redis and still lives, whatever the caps say", async () => {
  const redis = await privateRedis(13_080);
  const store = await redisStore(redis.url, "owed");
  try {
    const caps = { tenant: 1, direction: null, trunk: 1000 };
    await store.acquire(ownLeg("1", { caps }), context);
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
