import { userName } from "../platform/user.ts";
import type { Explanation } from "../reports/explain.ts";
import type { ListedSlots, SlotView } from "../reports/live.ts";
import { explanationText, slotsText } from "../reports/live-text.ts";
import { askNode } from "./control-client.ts";
import type { Common, Io } from "./io.ts";
import type { FreedSlot } from "./live-node.ts";
import { tellOwnCount } from "./own-count.ts";

export type SlotsOptions = Common & { readonly tenant?: string; readonly json?: boolean };

/** Lists the slots of all nodes that share a store, the oldest first. */
export async function slots({ variables, tenant, json }: SlotsOptions, io: Io): Promise<number> {
  const query = tenant === undefined ? "" : `?tenant=${encodeURIComponent(tenant)}`;
  const answer = (await askNode(variables, { method: "GET", path: `/slots${query}` })) as
    | ListedSlots
    | readonly SlotView[];
  // A node of an older version tells the slots alone.
  const listed: Partial<ListedSlots> & Pick<ListedSlots, "slots"> =
    "slots" in answer ? answer : { slots: answer };
  io.out(json === true ? `${JSON.stringify(listed.slots, null, 2)}\n` : slotsText(listed.slots));
  return tellOwnCount(listed, io);
}

export type ExplainOptions = Common & { readonly tenant: string; readonly json?: boolean };

/** Says why the client's next calls would be let in or turned away. */
export async function explainSlots({ variables, tenant, json }: ExplainOptions, io: Io): Promise<number> {
  const path = `/tenants/${encodeURIComponent(tenant)}/explain`;
  const explanation = (await askNode(variables, { method: "GET", path })) as Explanation;
  io.out(json === true ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(explanation));
  return tellOwnCount(explanation, io);
}

export type FreeOptions = Common & { readonly id: string; readonly why: string };

/** Frees a slot that nothing on the switch stands for. */
export async function freeSlot({ variables, id, why }: FreeOptions, io: Io): Promise<number> {
  const body = { id, why, by: userName() };
  const { tenants } = (await askNode(variables, { method: "POST", path: "/slots/free", body })) as FreedSlot;
  io.out(
    `${id} is free (${tenants.join(", ")}); should its leg live on, it is counted again within seconds\n`,
  );
  return 0;
}
