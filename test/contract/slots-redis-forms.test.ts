// The other forms in which a Redis comes: a cluster, and a primary that Sentinel names and replaces.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, expect, it } from "vitest";
import { startChild } from "../../load/lab/processes.ts";
import { liveOneCall } from "./slot-calls.ts";
import { context, type PrivateRedis, privateRedis, request, until } from "./slot-stores.ts";

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

it("keeps all of its keys together in a cluster of three", async () => {
  const ports = [28_020, 28_021, 28_022];
  const nodes = await Promise.all(
    ports.map((port) =>
      server(port, {
        "cluster-enabled": "yes",
        "cluster-port": String(port + 5),
        "cluster-announce-ip": "127.0.0.1",
        "cluster-node-timeout": "1000",
      }),
    ),
  );
  const clients = nodes.map(({ client }) => client);
  const third = 16_384 / 3;
  for (const [nth, client] of clients.entries()) {
    const [from, to] = [Math.floor(nth * third), Math.floor((nth + 1) * third) - 1];
    await client.call("CLUSTER", "ADDSLOTSRANGE", String(from), String(to));
    const bus = ["127.0.0.1", String(ports[0]), String(28_025)] as const;
    if (nth > 0) await client.call("CLUSTER", "MEET", ...bus);
  }
  const isWhole = async (client: Redis) => {
    const info = String(await client.cluster("INFO"));
    return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3");
  };
  for (const client of clients) await until(() => isWhole(client), 20_000);

  await liveOneCall("redis+cluster://127.0.0.1:28020,127.0.0.1:28021", cleanups);
  const keys = await Promise.all(clients.map((client) => client.keys("*")));
  const homes = keys.filter((found) => found.length > 0);
  expect(homes).toHaveLength(1);
  expect(homes[0]).toEqual(expect.arrayContaining(["{signalbox}:slots", "{signalbox}:leases"]));
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

  const store = await liveOneCall("redis+sentinel://127.0.0.1:28032/main/0", cleanups);
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

it("needs no more rights than the documentation gives its user", async () => {
  const { client } = await server(28_035);
  const page = await readFile(new URL("../../docs/operations/redis.md", import.meta.url), "utf8");
  const rights = /A user of an ACL needs `([^`]+)`/.exec(page)?.[1]?.split(" ") ?? [];
  expect(rights).toContain("+@scripting");
  await client.call("ACL", "SETUSER", "box", "on", ">let me in", ...rights);
  await liveOneCall("redis://box:let%20me%20in@127.0.0.1:28035/0", cleanups);
});
