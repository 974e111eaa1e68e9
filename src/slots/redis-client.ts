import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { ConnectionOptions } from "node:tls";
import type { Cluster, Redis, RedisOptions } from "ioredis";
import { SlotStoreError } from "../calls/slot-port.ts";
import { messageOf } from "../platform/errors.ts";
import type { RedisTarget, RedisTls } from "./redis-url.ts";

export type RedisClient = Redis | Cluster;

/** The heartbeat brings a byte every second: a connection silent for this long leads nowhere and is made anew. */
const SILENCE_MS = 3000;

/** One command may take this long; an acquire has a shorter budget of its own. */
const COMMAND_MS = 1000;

/** A connection that was closed before keeps a process for this long, and with it the node that is to follow. */
const FAREWELL_MS = 200;

/**
 * Connects at once and again for ever. Nothing is queued while there is no connection and nothing is sent twice: a
 * command that cannot go out now fails now, and its caller has a rule for that.
 *
 * Throws SlotStoreError `slots_bad_url` when a file of `target.tls` cannot be read.
 */
export function connectRedis(target: RedisTarget): RedisClient {
  const { Cluster, Redis } = ioredis();
  const tls = target.tls === null ? null : secured(target.tls);
  const options: RedisOptions = {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: false,
    enableReadyCheck: true,
    connectTimeout: 1000,
    commandTimeout: COMMAND_MS,
    socketTimeout: SILENCE_MS,
    disconnectTimeout: FAREWELL_MS,
    keepAlive: 5000,
    noDelay: true,
    connectionName: "signalbox",
    retryStrategy: backoff,
    // After a failover the old primary answers READONLY on a connection that looks well.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    ...(target.username === null ? {} : { username: target.username }),
    ...(target.password === null ? {} : { password: target.password }),
    ...(tls === null ? {} : { tls }),
  };
  if (target.kind === "cluster") {
    return new Cluster([...target.hosts], {
      enableOfflineQueue: false,
      enableAutoPipelining: false,
      clusterRetryStrategy: backoff,
      slotsRefreshTimeout: 1000,
      redisOptions: options,
      // A certificate names hosts: looked up first, they would be addresses that it does not name.
      ...(tls === null ? {} : { dnsLookup: (host, done) => done(null, host) }),
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
      ...(tls === null ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tls }),
    });
  }
  const [first] = target.hosts;
  return new Redis({ ...options, ...first, db: target.db });
}

function secured({ ca, cert, key }: RedisTls): ConnectionOptions {
  return {
    ...(ca === null ? {} : { ca: pemIn("ca", ca) }),
    ...(cert === null ? {} : { cert: pemIn("cert", cert) }),
    ...(key === null ? {} : { key: pemIn("key", key) }),
  };
}

function pemIn(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const todo = `put a readable PEM file there or change ${name} in \`slots\``;
    throw new SlotStoreError("slots_bad_url", `${file} cannot be read (${messageOf(error)}): ${todo}`, error);
  }
}

/** Read when it is first needed: a node that keeps its slots in memory is spared the 5 MB. */
function ioredis(): typeof import("ioredis") {
  return createRequire(import.meta.url)("ioredis");
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
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "slots_tls_refused",
    "the certificate of Redis is for another host: name the host in `slots` as the certificate does",
  ],
  ["CERT_HAS_EXPIRED", "slots_tls_refused", "the certificate of Redis has expired: renew it"],
  [
    "ERR_SSL",
    "slots_tls_refused",
    "Redis will not speak TLS with this node: name its tls-port, and cert and key where tls-auth-clients is yes",
  ],
  ["MOVED", "slots_cluster_moved", "this Redis is one of a cluster: name it as redis+cluster:// in `slots`"],
  [
    "MASTERDOWN",
    "slots_read_only",
    "this Redis is a replica that has lost its primary: name the primary, or use redis+sentinel",
  ],
  [
    "NOREPLICAS",
    "slots_too_few_replicas",
    "Redis writes only with min-replicas-to-write of them: see which replica is away",
  ],
  ["CLUSTERDOWN", "slots_cluster_down", "the Redis cluster does not serve all slots"],
];

/** What Node calls a certificate that no trusted authority has signed. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)/;
const NOT_TRUSTED = [
  "",
  "slots_tls_refused",
  "nobody known here has signed the certificate of Redis: name its authority as rediss://…?ca=/FILE.pem",
] as const;

/** What went wrong as a stable code and a sentence that says what to do. */
export function storeError(error: unknown): SlotStoreError {
  if (error instanceof SlotStoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const bare = message.replace(/^(?:ERR )?(?:Error running script[^:]*: )?@?[\w: ]*-(?=[A-Z]{3,})/, "");
  const told = error instanceof Error && "code" in error ? String(error.code) : "";
  const known =
    REPLIES.find(([start]) => [bare, message, told].some((text) => text.startsWith(start))) ??
    (UNTRUSTED.test(told) ? NOT_TRUSTED : undefined);
  if (known !== undefined) return new SlotStoreError(known[1], `${known[2]} (Redis said: ${message})`, error);
  return new SlotStoreError("slots_unreachable", `Redis cannot be asked: ${message}`, error);
}
