// The two slot stores as the suites see them: made empty and ready, with a hand on their clock. Redis is a private one.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { pino } from "pino";
import { startRedis } from "../../load/lab/redis.ts";
import type { FoundLeg, SlotStore, TrunkLeg } from "../../src/calls/slot-port.ts";
import type { Pool, SlotKey, SlotRequest } from "../../src/core/admission/admission.ts";
import type { CallId, Direction } from "../../src/core/tenant/stamp.ts";
import type { TenantId } from "../../src/core/tenant/tenant-id.ts";
import { MemorySlotStore } from "../../src/slots/memory.ts";
import { RedisSlotStore } from "../../src/slots/redis.ts";
import { parseRedisUrl } from "../../src/slots/redis-url.ts";

export const quiet = pino({ level: "silent" });

export type StoreUnderTest = {
  readonly store: SlotStore;
  /** Every lease that has an end is over now. */
  endLeases(): Promise<void>;
  close(): Promise<void>;
};

export type StoreKind = {
  readonly name: string;
  start(): Promise<void>;
  /** An empty store that rules. */
  make(): Promise<StoreUnderTest>;
  stop(): Promise<void>;
};

export const memoryKind: StoreKind = {
  name: "memory",
  start: async () => {},
  make: async () => {
    let now = 1_800_000_000_000;
    const store = new MemorySlotStore({ now: () => now, unattendedMs: Number.POSITIVE_INFINITY });
    return {
      store,
      endLeases: async () => {
        now += 61_000;
      },
      close: () => store.close(),
    };
  },
  stop: async () => {},
};

export type PrivateRedis = Awaited<ReturnType<typeof startRedis>> & { readonly folder: string };

export async function privateRedis(
  port: number,
  settings: Readonly<Record<string, string>> = {},
  program: readonly [string, ...string[]] = ["redis-server"],
): Promise<PrivateRedis> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-redis-"));
  const running = await startRedis({ folder, port, settings, program });
  const stop = async (): Promise<void> => {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...running, folder, stop };
}

/** `findProgram` is called when the suite begins: what it does not find fails there. */
export function redisKind(
  port: number,
  name = "redis",
  findProgram?: () => readonly [string, ...string[]],
): StoreKind {
  let redis: PrivateRedis | undefined;
  let admin: Redis | undefined;
  let made = 0;
  return {
    name,
    start: async () => {
      redis = await privateRedis(port, {}, findProgram?.());
      admin = new Redis(redis.url);
    },
    make: async () => {
      if (redis === undefined || admin === undefined) throw new Error("start() comes first");
      const client = admin;
      made += 1;
      const prefix = `test-${made}`;
      const store = await redisStore(redis.url, prefix);
      return {
        store,
        endLeases: () => endLeases(client, prefix),
        close: async () => {
          await store.close();
          await client.del(`{${prefix}}:slots`, `{${prefix}}:leases`);
        },
      };
    },
    stop: async () => {
      admin?.disconnect();
      await redis?.stop();
    },
  };
}

/** Every lease that has an end is over now; `more` fields of the hash are set with it. */
export async function endLeases(
  client: Redis,
  prefix: string,
  more: Readonly<Record<string, number>> = {},
): Promise<void> {
  const leases = `{${prefix}}:leases`;
  const members = await client.zrangebyscore(leases, "(-inf", "(+inf");
  const change = client.multi().hset(`{${prefix}}:slots`, { due: 1, ...more });
  for (const member of members) change.zadd(leases, "XX", 1, member);
  await change.exec();
}

/** A store on an empty Redis, with its only switch swept. */
export async function redisStore(url: string, prefix: string, rules = true): Promise<RedisSlotStore> {
  const store = new RedisSlotStore({
    target: parseRedisUrl(url),
    log: quiet,
    prefix,
    timings: { beatMs: 200, beatWhenNotReadyMs: 20 },
  });
  await until(() => store.health().state !== "unreachable");
  if (rules) {
    await store.rebuilt("ast1", ["ast1"]);
    await until(() => store.health().state === "ready");
  }
  return store;
}

export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 5000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`did not come true within ${timeoutMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const apex = "apex" as TenantId;
export const birch = "birch" as TenantId;

export function key(uniqueid: string, server = "ast1"): SlotKey {
  return { server, uniqueid };
}

export function request(uniqueid: string, change: Partial<SlotRequest> = {}): SlotRequest {
  return {
    key: key(uniqueid),
    leg: "dialled",
    failedTrunk: null,
    call: `ast1-${uniqueid}` as CallId,
    tenant: apex,
    direction: "outbound",
    trunk: "apex_sip",
    caps: { tenant: null, direction: null, trunk: 1000 },
    pool: null,
    rates: { tenant: null, trunk: null },
    enforce: true,
    whenUnreachable: "refuse",
    ...change,
  };
}

/** A request of an inbound leg for itself. */
export function ownLeg(uniqueid: string, change: Partial<SlotRequest> = {}): SlotRequest {
  return request(uniqueid, { leg: "own", ...change });
}

export function pool(channels: number, reserves: Readonly<Record<string, number>> = {}, reserved = 0): Pool {
  return {
    channels,
    trunks: ["pool_a", "pool_b"],
    reserved,
    reserves: Object.entries(reserves).map(([tenant, reserved]) => ({
      tenant: tenant as TenantId,
      reserved,
    })),
  };
}

export const context = { node: "tel1", boot: "b1" } as const;

export function trunkLeg(uniqueid: string, trunk = "apex_sip", server = "ast1"): TrunkLeg {
  return { key: key(uniqueid, server), boot: "b1", trunk };
}

export function found(uniqueid: string, change: Partial<FoundLeg> = {}): FoundLeg {
  return {
    ...trunkLeg(uniqueid),
    tenant: apex,
    direction: "outbound",
    call: null,
    asker: null,
    ...change,
  };
}

/** The names of the tenants' and trunks' counts, as plain objects; and a check that the counts are a recount. */
export async function counted(
  store: SlotStore,
): Promise<{ tenants: Record<string, number>; trunks: Record<string, number> }> {
  const { slots, counts } = await store.snapshot();
  const tenants: Record<string, number> = {};
  const trunks: Record<string, number> = {};
  const directions: Record<string, number> = {};
  const bump = (into: Record<string, number>, name: string) => {
    into[name] = (into[name] ?? 0) + 1;
  };
  for (const slot of slots) {
    bump(trunks, slot.trunk);
    if (slot.tenant === null) continue;
    bump(tenants, slot.tenant);
    if (slot.direction !== null) bump(directions, `${slot.tenant} ${slot.direction}`);
  }
  const said = (direction: Direction) =>
    [...counts.tenants].map(([name, use]) => [`${name} ${direction}`, use[direction]] as const);
  const kept = {
    trunks: Object.fromEntries(counts.trunks),
    tenants: Object.fromEntries([...counts.tenants].map(([name, use]) => [name, use.total])),
    directions: Object.fromEntries([...said("inbound"), ...said("outbound")].filter(([, used]) => used > 0)),
  };
  const recounted = { trunks, tenants, directions };
  if (!sameNumbers(kept, recounted)) {
    throw new Error(
      `the counts ${JSON.stringify(kept)} are not those of the slots ${JSON.stringify(recounted)}`,
    );
  }
  return { tenants, trunks };
}

function sameNumbers(one: object, other: object): boolean {
  const sorted = (value: unknown): unknown =>
    typeof value === "object" && value !== null
      ? Object.entries(value)
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([name, inner]) => [name, sorted(inner)])
      : value;
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}
