import { expect } from "vitest";
import type { SlotStore } from "../../src/calls/slot-port.ts";
import { createSlotStore } from "../../src/slots/slots.ts";
import { context, key, pool, quiet, request, trunkLeg, until } from "./slot-stores.ts";

/** One call from decision to end, on an empty store at `url`. */
export async function liveOneCall(
  url: string,
  cleanups: (() => Promise<unknown> | unknown)[],
): Promise<SlotStore> {
  const store = createSlotStore(url, { log: quiet, timings: { beatMs: 100, beatWhenNotReadyMs: 20 } });
  cleanups.push(() => store.close());
  await until(() => store.health().state === "rebuilding", 10_000);
  await store.rebuilt("ast1", ["ast1"]);
  const call = request("1", { trunk: "pool_a", pool: pool(3, { birch: 1 }) });
  expect(await store.acquire(call, context)).toMatchObject({ granted: true });
  expect(await store.bind(key("1"), trunkLeg("2", "pool_a"))).toMatchObject({ why: "bound" });
  expect(await store.renew("ast1", "b1", ["2", "3"])).toEqual(["3"]);
  expect(await store.electListener("ast1", "tel1", 1000)).toBe(true);
  expect((await store.snapshot()).slots).toHaveLength(1);
  expect(await store.release(key("2"), "hangup")).toBe(true);
  expect(await store.expire()).toBe(0);
  expect((await store.snapshot()).slots).toEqual([]);
  return store;
}
