import { SlotStoreError } from "../calls/slot-port.ts";
import { type RedisTarget, RedisUrlError, readRedisUrl } from "../platform/redis-url.ts";

export type { RedisTarget, RedisTls } from "../platform/redis-url.ts";

/** Throws SlotStoreError `slots_bad_url`; the message never repeats the URL, which may hold a password. */
export function parseRedisUrl(url: string): RedisTarget {
  try {
    return readRedisUrl(url);
  } catch (error) {
    if (!(error instanceof RedisUrlError)) throw error;
    throw new SlotStoreError("slots_bad_url", `\`slots\` cannot be read: ${error.message}`);
  }
}
