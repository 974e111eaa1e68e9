/**
 * The slot store: a fast copy of which trunk legs live on the switches, and the place where every cap, reserve and rate
 * is weighed in one atomic operation. It decides nothing about a call, asks no switch, and never drops a leg: it counts
 * what is, and says whether one more may be.
 */
import type { Logger } from "pino";
import type { SlotStore } from "../calls/slot-port.ts";
import { MemorySlotStore } from "./memory.ts";
import { RedisSlotStore } from "./redis.ts";
import type { LinkTimings } from "./redis-link.ts";
import { parseRedisUrl } from "./redis-url.ts";

export type SlotStoreOptions = {
  readonly log: Logger;
  /** Memory: start by waiting for the switches to be swept. Redis finds out for itself. */
  readonly rebuild?: boolean;
  /** First part of every key in Redis. */
  readonly prefix?: string;
  readonly timings?: Partial<LinkTimings>;
};

/**
 * `url` is `slots` of signalbox.yaml: `memory` or an address of Redis. The connection is made in the background, see
 * `health`. Throws SlotStoreError `slots_bad_url`.
 */
export function createSlotStore(url: string, options: SlotStoreOptions): SlotStore {
  const { log, rebuild, prefix, timings } = options;
  if (url === "memory") return new MemorySlotStore(rebuild === undefined ? {} : { rebuild });
  return new RedisSlotStore({
    target: parseRedisUrl(url),
    log,
    ...(prefix === undefined ? {} : { prefix }),
    ...(timings === undefined ? {} : { timings }),
  });
}
