// The other forms in which a Redis comes: a cluster, and a primary that Sentinel names and replaces.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, expect, it } from "vitest";
import { startChild } from "../../load/lab/processes.ts";
import { createSlotStore } from "../../src/slots/slots.ts";
import {
  context,
  key,
  type PrivateRedis,
  pool,
  privateRedis,
  quiet,
  request,
  trunkLeg,
  until,
} from "./slot-stores.ts";

const cleanups: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(
  port: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly client: Redis; readonly redis: PrivateRedis }> {
  const redis = await privateRedis(port, settings);
  cleanups.push(() => redis.stop());
  const client = new Redis(redis.url);
  cleanups.push(() => client.disconnect());
  client.on("error", () => {});
  return { client, redis };
}

/** One call from decision to end. */
async function liveOneCall(url: string): Promise<ReturnType<typeof createSlotStore>> {
  const store = createSlotStore(url, { log: quiet, timings: { beatMs: 100, beatWhenNotReadyMs: 20 } });
  cleanups.push(() => store.close());
  await until(() => store.health().state === "rebuilding", 10_000);
  await store.rebuilt("ast1", ["ast1"]);
  const call = request("1", { trunk: "pool_a", pool: pool(3, { birch: 1 }) });
  expect(await store.acquire(call, context)).toMatchObject({ granted: true });
  expect(await store.bind(key("1"), trunkLeg("2", "pool_a"))).toMatchObject({ why: "bound" });
  expect(await store.renew("ast1", "b1", ["2", "3"])).toEqual(["3"]);
  expect(await store.electListener("ast1", "tel1", 1000)).toBe(true);
  expect((await store.snapshot()).slots).toHaveLength(1);
  expect(await store.release(key("2"), "hangup")).toBe(true);
  expect(await store.expire()).toBe(0);
  expect((await store.snapshot()).slots).toEqual([]);
  return store;
}

it("keeps all of its keys together in a cluster", async () => {
  const { client } = await server(28_020, {
    "cluster-enabled": "yes",
    "cluster-port": "28021",
    // A node that has met no other does not know its address, and clients pass it over.
    "cluster-announce-ip": "127.0.0.1",
    "cluster-node-timeout": "1000",
  });
  await client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  await until(async () => (await client.cluster("INFO")).includes("cluster_state:ok"), 10_000);
  await liveOneCall("redis+cluster://127.0.0.1:28020");
});

it("finds the primary by Sentinel, and after a failover rebuilds on the next", async () => {
  const { client: primary, redis } = await server(28_030);
  const { client: replica } = await server(28_031, { replicaof: "127.0.0.1 28030" });
  await until(async () => (await replica.info("replication")).includes("master_link_status:up"), 20_000);
  const folder = await mkdtemp(join(tmpdir(), "signalbox-sentinel-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "sentinel.conf");
  const lines = [
    "port 28032",
    "bind 127.0.0.1",
    `dir ${folder}`,
    "sentinel monitor main 127.0.0.1 28030 1",
    "sentinel down-after-milliseconds main 500",
    "sentinel failover-timeout main 2000",
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const sentinel = await startChild({
    name: "Sentinel",
    command: "redis-server",
    args: [file, "--sentinel"],
    cwd: folder,
  });
  cleanups.push(() => sentinel.stop());
  await sentinel.waitForLine(/\+slave slave/, 20_000);

  const store = await liveOneCall("redis+sentinel://127.0.0.1:28032/main/0");
  await store.acquire(request("4"), context);
  // Until the replica has it, a failover would lose it. WAIT knows of its own connection's writes alone, and what was
  // written before one of them comes before it.
  await primary.set("written-after-the-slot", "");
  expect(await primary.wait(1, 10_000)).toBe(1);
  redis.kill("SIGKILL");
  await until(() => store.health().state === "unreachable", 5000);
  await until(() => store.health().state === "rebuilding", 30_000);
  expect((await store.snapshot()).slots.map((slot) => slot.key.uniqueid)).toEqual(["4"]);
  await store.rebuilt("ast1", ["ast1"]);
  expect(await store.acquire(request("5"), context)).toMatchObject({ granted: true });
});
