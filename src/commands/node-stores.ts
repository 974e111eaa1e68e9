import { resolve } from "node:path";
import type { SlotStore } from "../calls/slot-port.ts";
import type { SpendLedger } from "../calls/spend-port.ts";
import type { StandingOrders } from "../calls/standing-port.ts";
import { openSqliteSpending } from "../records/spend-sqlite.ts";
import { parseRedisUrl } from "../slots/redis-url.ts";
import { SharedSpending } from "../slots/shared-spending.ts";
import { createSlotStore } from "../slots/slots.ts";
import type { NodeBasis } from "./node-basis.ts";
import { openStanding } from "./open-standing.ts";

/** What steps ask and change while they decide. */
export type NodeStores = {
  readonly slots: SlotStore;
  readonly spending: SpendLedger;
  readonly standing: StandingOrders;
  close(): Promise<void>;
};

/** Rejects with StandingError `standing_unreadable` when the file of standing orders is broken. */
export async function openStores({ name, snapshot, variables, log }: NodeBasis): Promise<NodeStores> {
  const { system } = snapshot();
  const slots = createSlotStore(system.slots, { log, rebuild: system.switches.length > 0 });
  const kept = openSqliteSpending({ file: resolve(variables, "spending.db"), log });
  const spending =
    system.slots === "memory"
      ? kept
      : new SharedSpending({ node: name, kept, target: parseRedisUrl(system.slots), log });
  const standing = await openStanding(system.slots, variables, log);
  return {
    slots,
    spending,
    standing,
    async close() {
      await Promise.all([slots.close(), standing.close()]);
      await spending.close();
    },
  };
}
