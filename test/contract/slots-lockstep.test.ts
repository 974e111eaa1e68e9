// The memory store and Redis, given the same drawn interleavings, answer the same and hold the same after every step.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SlotSnapshot } from "../../src/calls/slot-port.ts";
import { apply, hangUpAll, interleavings } from "../property/slot-ops.ts";
import { memoryKind, redisKind } from "./slot-stores.ts";

const redis = redisKind(28_001);

beforeAll(() => redis.start());
afterAll(() => redis.stop());

it("memory and Redis keep the same rules", async () => {
  const property = fc.asyncProperty(interleavings, async (ops) => {
    const [one, other] = [await memoryKind.make(), await redis.make()];
    try {
      for (const op of ops) {
        const answers = [
          await apply(one.store, op, one.endLeases),
          await apply(other.store, op, other.endLeases),
        ];
        // Redis frees an ended lease on release where the other has collected it already: both are gone.
        if (!["hangup", "swept", "cancel"].includes(op.do)) {
          expect(answers[1], JSON.stringify(op)).toEqual(answers[0]);
        }
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
  await fc.assert(property, { numRuns: 1000 });
});

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
