import { resolve } from "node:path";
import type { Logger } from "pino";
import { StandingBook } from "../calls/standing-book.ts";
import { standingFile } from "../calls/standing-file.ts";
import type { StandingOrders } from "../calls/standing-port.ts";
import { parseRedisUrl } from "../slots/redis-url.ts";
import { SharedStanding } from "../slots/shared-standing.ts";

/** A node that is alone at its start goes by its own file and hears of the rest later. */
const MEET_MS = 1500;

/**
 * The standing orders of a node: its own file, and where `slots` is Redis what the other nodes have been told.
 * Rejects with StandingError `standing_unreadable` when the file is broken.
 */
export async function openStanding(slots: string, variables: string, log: Logger): Promise<StandingOrders> {
  const kept = new StandingBook({ file: standingFile(resolve(variables)), log, now: Date.now });
  if (slots === "memory") return kept;
  const shared = new SharedStanding({ kept, target: parseRedisUrl(slots), log });
  await shared.met(MEET_MS);
  return shared;
}
