import type { LegOrder } from "./leg-facts.ts";
import type { AdoptOutcome, BindOutcome, SlotStore } from "./slot-port.ts";

/** What an order came to, where somebody counts it. */
export type OrderOutcome =
  | { readonly did: "bind"; readonly uniqueid: string; readonly why: BindOutcome["why"] }
  | { readonly did: "adopt"; readonly uniqueid: string; readonly why: AdoptOutcome["why"] }
  | { readonly did: "free"; readonly slots: number }
  | { readonly did: "else" };

export type StoreOrder = Exclude<LegOrder, { readonly do: "confirm" }>;

const nothing: OrderOutcome = { did: "else" };

/** Carries out one order. Rejects with SlotStoreError when the store cannot be asked; the next sweep orders it again. */
export async function carryOut(order: StoreOrder, store: SlotStore, node: string): Promise<OrderOutcome> {
  switch (order.do) {
    case "bind": {
      const { why } = await store.bind(order.asker, order.leg);
      return { did: "bind", uniqueid: order.leg.key.uniqueid, why };
    }
    case "adopt": {
      const { why } = await store.adopt(order.leg, node);
      return { did: "adopt", uniqueid: order.leg.key.uniqueid, why };
    }
    case "release":
      return { did: "free", slots: Number(await store.release(order.key, order.reason)) };
    case "handBack":
      return { did: "free", slots: Number(await store.handBack(order.key, order.asker)) };
    case "cancel":
      return { did: "free", slots: Number(await store.cancel(order.asker)) };
    case "endBoot":
      return { did: "free", slots: await store.endBoot(order.server, order.boot, order.spare) };
    case "renew":
      await store.renew(order.server, order.boot, order.uniqueids);
      return nothing;
    case "freeze":
      await store.freeze(order.server);
      return nothing;
    case "unfreeze":
      await store.unfreeze(order.server);
      return nothing;
  }
}
