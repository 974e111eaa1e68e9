// The memory store and Redis, given the same drawn interleavings, answer the same and hold the same after every step.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SlotSnapshot } from "../../src/calls/slot-port.ts";
import { apply, hangUpAll, type Op, withResting } from "../property/slot-ops.ts";
import { memoryKind, redisKind } from "./slot-stores.ts";

const redis = redisKind(28_001);

beforeAll(() => redis.start());
afterAll(() => redis.stop());

it("memory and Redis keep the same rules", async () => {
  const property = fc.asyncProperty(withResting, async (ops) => {
    const [one, other] = [await memoryKind.make(), await redis.make()];
    try {
      for (const op of ops) {
        const answers = [
          await apply(one.store, op, one.endLeases),
          await reached(apply(other.store, op, other.endLeases)),
        ];
        if (!frees(op)) expect(answers[1], JSON.stringify(op)).toEqual(answers[0]);
        const [mine, theirs] = [await one.store.snapshot(), await other.store.snapshot()];
        expect(shown(theirs), JSON.stringify(op)).toEqual(shown(mine));
      }
      await hangUpAll(other.store);
      expect((await other.store.snapshot()).slots).toEqual([]);
    } finally {
      await one.close();
      await other.close();
    }
  });
  await fc.assert(property, { numRuns: 1000, maxSkipsPerRun: 1 });
});

it("asks of one turn are answered as one after the other", async () => {
  const bursts = fc.tuple(withResting, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }));
  const property = fc.asyncProperty(bursts, async ([ops, sizes]) => {
    const [one, other] = [await memoryKind.make(), await redis.make()];
    try {
      for (const burst of cut(ops, sizes)) {
        const mine: unknown[] = [];
        for (const op of burst) mine.push(await apply(one.store, op, one.endLeases));
        const theirs = await Promise.all(burst.map((op) => reached(apply(other.store, op, other.endLeases))));
        for (const [nth, op] of burst.entries()) {
          if (frees(op)) continue;
          expect(theirs[nth], JSON.stringify(burst)).toEqual(mine[nth]);
        }
        const [held, alsoHeld] = [await one.store.snapshot(), await other.store.snapshot()];
        expect(shown(alsoHeld), JSON.stringify(burst)).toEqual(shown(held));
      }
    } finally {
      await one.close();
      await other.close();
    }
  });
  await fc.assert(property, { numRuns: 1000, maxSkipsPerRun: 1 });
});

/** Where Redis had no processor for 150 ms its rules were not asked: such a run is drawn anew, and many are a failure. */
async function reached(answer: Promise<unknown>): Promise<unknown> {
  const its = await answer;
  fc.pre(!(JSON.stringify(its) ?? "").includes("slots_unreachable"));
  return its;
}

// Redis frees an ended lease on release where the other has collected it already: both are gone.
function frees(op: Op): boolean {
  return op.do === "hangup" || op.do === "swept" || op.do === "cancel";
}

/** Leases are ended from outside, over another connection: that stands alone. */
function cut(ops: readonly Op[], sizes: readonly number[]): Op[][] {
  const bursts: Op[][] = [];
  let left = 0;
  for (const op of ops) {
    const alone = op.do === "endLeases";
    if (left === 0 || alone) {
      bursts.push([]);
      left = alone ? 1 : (sizes[bursts.length % sizes.length] ?? 1);
    }
    bursts.at(-1)?.push(op);
    left -= 1;
  }
  return bursts;
}

function shown({ slots, counts, frozen }: SlotSnapshot): unknown {
  return {
    slots: slots
      .map(({ takenAt: _, leaseEndsAt, ...slot }) => ({ ...slot, frozen: leaseEndsAt === null }))
      .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    tenants: Object.fromEntries([...counts.tenants].filter(([, use]) => use.total > 0).sort()),
    trunks: Object.fromEntries([...counts.trunks].sort()),
    frozen: [...frozen].sort(),
  };
}
