// Redis dies and comes back empty, stands still, is slow, fails over, holds nonsense, or jumps in time.
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { waitFor } from "../../lab/ports.ts";
import type { Floor } from "../floor.ts";
import type { Fault } from "./fault.ts";
import { plain, sentinel } from "./floors.ts";

const HOUR_MS = 3_600_000;
const SLOTS = "{signalbox}:slots";
const LEASES = "{signalbox}:leases";

/** Moves the end of every lease, as a clock that jumps the other way does. */
const MOVE_LEASES = `local all = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for at = 1, #all, 2 do redis.call('ZADD', KEYS[1], all[at + 1] + ARGV[1], all[at]) end
return #all`;

/** Speaks to the floor's Redis past every line. */
async function ask<T>(port: number, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(port, "127.0.0.1", { retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function jump(floor: Floor, leasesByMs: number): Promise<readonly string[]> {
  const moved = await ask(floor.at.redisPort, (redis) => redis.eval(MOVE_LEASES, 1, LEASES, leasesByMs));
  await sleep(4000);
  return Number(moved) > 0 ? [] : ["the fault itself: there was no lease to move"];
}

async function failOver(floor: Floor): Promise<readonly string[]> {
  await floor.kill("redis");
  await waitFor(
    "the replica to be promoted",
    () =>
      ask(floor.at.replicaPort, (redis) => redis.info("replication"))
        .then((text) => text.includes("role:master") || undefined)
        .catch(() => undefined),
    15_000,
    200,
  );
  // The old primary comes back and is told to follow.
  await floor.startPart("redis");
  return [];
}

export const onRedis: readonly Fault[] = [
  {
    name: "redis-kill",
    says: "kill -9, empty on its return after 1.5 s",
    floor: plain,
    seconds: 4,
    strike: async (floor) => {
      await floor.kill("redis");
      await sleep(1500);
      await floor.startPart("redis");
      return [];
    },
  },
  {
    name: "redis-stop",
    says: "SIGSTOP for 5 s",
    floor: plain,
    seconds: 6,
    strike: async (floor) => {
      floor.signal("redis", "SIGSTOP");
      await sleep(5000);
      floor.signal("redis", "SIGCONT");
      return [];
    },
  },
  {
    name: "redis-cut",
    says: "its connections are cut for 3 s",
    floor: plain,
    seconds: 4,
    strike: async (floor) => {
      floor.line("redis").cut();
      await sleep(3000);
      floor.line("redis").mend();
      return [];
    },
  },
  {
    name: "redis-slow",
    says: "every answer takes 100 ms for 4 s, then 800 ms for 4 s",
    floor: plain,
    seconds: 9,
    strike: async (floor) => {
      floor.line("redis").delay(50);
      await sleep(4000);
      floor.line("redis").delay(400);
      await sleep(4000);
      floor.line("redis").mend();
      return [];
    },
  },
  {
    name: "redis-wrong-type",
    says: "the key of the slots is replaced by a list for 4 s, then deleted",
    floor: plain,
    seconds: 6,
    strike: (floor) =>
      ask(floor.at.redisPort, async (redis) => {
        const had = await redis.multi().del(SLOTS).rpush(SLOTS, "not a slot").exec();
        await sleep(4000);
        await redis.del(SLOTS);
        return had?.[0]?.[1] === 1 ? [] : ["the fault itself: there was no key to replace"];
      }),
  },
  {
    name: "redis-clock-ahead",
    says: "its clock jumps an hour ahead: every lease is over",
    floor: plain,
    seconds: 5,
    strike: (floor) => jump(floor, -HOUR_MS),
  },
  {
    name: "redis-clock-back",
    says: "its clock jumps an hour back: every lease lasts an hour longer",
    floor: plain,
    seconds: 5,
    strike: (floor) => jump(floor, HOUR_MS),
  },
  {
    name: "redis-failover",
    says: "the primary is killed, Sentinel promotes the replica, the old primary comes back as one",
    floor: sentinel,
    seconds: 12,
    strike: failOver,
  },
];
