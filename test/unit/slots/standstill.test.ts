import { expect, test } from "vitest";
import { MemorySlotStore } from "../../../src/slots/memory.ts";
import { context, ownLeg, request } from "../../contract/slot-stores.ts";

const caps = { tenant: 2, direction: null, trunk: 1000 };

async function fullStore() {
  const clock = { now: 1_800_000_000_000 };
  const store = new MemorySlotStore({ now: () => clock.now });
  await store.acquire(ownLeg("1", { caps }), context);
  await store.acquire(request("2", { caps }), context);
  return { clock, store };
}

test("a_process_that_stood_still_forgets_no_call", async () => {
  const { clock, store } = await fullStore();
  clock.now += 600_000;
  expect(await store.acquire(ownLeg("3", { caps }), context)).toMatchObject({ scope: "tenant_full" });
  const ends = (await store.snapshot()).slots.map(({ state, leaseEndsAt }) => [state, leaseEndsAt]);
  expect(ends).toEqual([
    ["bound", clock.now + 60_000],
    ["pending", clock.now + 30_000],
  ]);
});

test("leases_end_while_it_runs", async () => {
  const { clock, store } = await fullStore();
  const held: number[] = [];
  for (let seconds = 10; seconds <= 60; seconds += 10) {
    clock.now += 10_000;
    held.push((await store.snapshot()).slots.length);
  }
  expect(held).toEqual([2, 2, 1, 1, 1, 0]);
});
