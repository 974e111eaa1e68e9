import { Cluster, Redis, type RedisOptions } from "ioredis";
import { SlotStoreError } from "../calls/slot-port.ts";
import type { RedisTarget } from "./redis-url.ts";

export type RedisClient = Redis | Cluster;

/** The heartbeat brings a byte every second: a connection silent for this long leads nowhere and is made anew. */
const SILENCE_MS = 3000;

/** One command may take this long; an acquire has a shorter budget of its own. */
const COMMAND_MS = 1000;

/**
 * Connects at once and again for ever. Nothing is queued while there is no connection and nothing is sent twice: a
 * command that cannot go out now fails now, and its caller has a rule for that.
 */
export function connectRedis(target: RedisTarget): RedisClient {
  const options: RedisOptions = {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: false,
    enableReadyCheck: true,
    connectTimeout: 1000,
    commandTimeout: COMMAND_MS,
    socketTimeout: SILENCE_MS,
    keepAlive: 5000,
    noDelay: true,
    connectionName: "signalbox",
    retryStrategy: backoff,
    // After a failover the old primary answers READONLY on a connection that looks well.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    ...(target.username === null ? {} : { username: target.username }),
    ...(target.password === null ? {} : { password: target.password }),
    ...(target.tls ? { tls: {} } : {}),
  };
  if (target.kind === "cluster") {
    return new Cluster([...target.hosts], {
      enableOfflineQueue: false,
      enableAutoPipelining: false,
      clusterRetryStrategy: backoff,
      slotsRefreshTimeout: 1000,
      redisOptions: options,
    });
  }
  if (target.kind === "sentinel") {
    return new Redis({
      ...options,
      sentinels: [...target.hosts],
      name: target.name ?? "",
      db: target.db,
      sentinelRetryStrategy: backoff,
      ...(target.password === null ? {} : { sentinelPassword: target.password }),
      ...(target.tls ? { enableTLSForSentinelMode: true } : {}),
    });
  }
  const [first] = target.hosts;
  return new Redis({ ...options, ...first, db: target.db });
}

// Nodes that lost one Redis together must not come back together.
function backoff(times: number): number {
  return Math.round(Math.min(1000, 50 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2));
}

const REPLIES: readonly (readonly [start: string, code: string, todo: string])[] = [
  [
    "WRONGTYPE",
    "slots_wrong_type",
    "a key of Signalbox holds something else: delete it or use another database",
  ],
  ["READONLY", "slots_read_only", "this Redis is a replica: name the primary, or use redis+sentinel"],
  ["LOADING", "slots_loading", "Redis is still reading its data; it will be asked again"],
  ["OOM", "slots_out_of_memory", "Redis is at maxmemory: raise it, and set maxmemory-policy noeviction"],
  ["NOAUTH", "slots_login_refused", "Redis wants a password: put it into `slots`"],
  ["WRONGPASS", "slots_login_refused", "Redis refuses the password in `slots`"],
  ["NOPERM", "slots_login_refused", "the Redis user may not run scripts or INFO: allow @scripting and info"],
  ["BUSY", "slots_busy", "another client's script blocks Redis: SCRIPT KILL it"],
  ["MISCONF", "slots_misconfigured", "Redis cannot save and refuses writes: see its log"],
  ["CLUSTERDOWN", "slots_cluster_down", "the Redis cluster does not serve all slots"],
];

/** What went wrong as a stable code and a sentence that says what to do. */
export function storeError(error: unknown): SlotStoreError {
  if (error instanceof SlotStoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const bare = message.replace(/^(?:ERR )?(?:Error running script[^:]*: )?@?[\w: ]*-(?=[A-Z]{3,})/, "");
  const known = REPLIES.find(([start]) => bare.startsWith(start) || message.startsWith(start));
  if (known !== undefined) return new SlotStoreError(known[1], `${known[2]} (Redis said: ${message})`, error);
  return new SlotStoreError("slots_unreachable", `Redis cannot be asked: ${message}`, error);
}
