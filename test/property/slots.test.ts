// The slot store under thousands of drawn interleavings: what may never happen, whatever the order.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Slot, SlotSnapshot, SlotVerdict } from "../../src/calls/slot-port.ts";
import type { SlotRequest } from "../../src/core/admission/admission.ts";
import { MemorySlotStore } from "../../src/slots/memory.ts";
import { apply, hangUpAll, interleavings, limits, type Op, poolFor, shared } from "./slot-ops.ts";

type World = { readonly store: MemorySlotStore; readonly endLeases: () => Promise<void> };

function world(): World {
  let now = 1_800_000_000_000;
  const store = new MemorySlotStore({ now: () => now, unattendedMs: Number.POSITIVE_INFINITY });
  return {
    store,
    endLeases: async () => {
      now += 61_000;
    },
  };
}

type Look = {
  readonly op: Op;
  readonly answer: SlotVerdict | string;
  readonly before: SlotSnapshot;
  readonly after: SlotSnapshot;
};

/** Runs `check` after every operation of every interleaving. */
async function always(check: (look: Look) => void, runs = 1500): Promise<void> {
  const property = fc.asyncProperty(interleavings, async (ops) => {
    const { store, endLeases } = world();
    for (const op of ops) {
      const before = await store.snapshot();
      const answer = await apply(store, op, endLeases);
      check({ op, answer, before, after: await store.snapshot() });
    }
  });
  await fc.assert(property, { numRuns: runs });
}

function legs(slots: readonly Slot[], which: (slot: Slot) => boolean): number {
  return slots.filter(which).length;
}

function poolUse(slots: readonly Slot[], tenant: string): number {
  return legs(slots, (slot) => slot.tenant === tenant && shared.includes(slot.trunk));
}

/** Within its own reserve a tenant sees no leg that is being turned away. */
function inItsWay(slots: readonly Slot[], { tenant, pool }: SlotRequest): readonly Slot[] {
  const reserve = pool !== null && poolUse(slots, tenant) <= pool.reserved;
  return reserve ? slots.filter(({ state }) => state !== "refused") : slots;
}

function poolClaimed(slots: readonly Slot[], request: SlotRequest): number {
  const others = poolFor(request.tenant).reserves;
  const kept = others.reduce(
    (sum, { tenant, reserved }) => sum + Math.max(0, reserved - poolUse(slots, tenant)),
    0,
  );
  return legs(inItsWay(slots, request), (slot) => shared.includes(slot.trunk)) + kept;
}

function newlyGranted({ op, answer }: Look): SlotRequest | null {
  if (op.do !== "acquire" || op.crash || typeof answer === "string" || !answer.granted) return null;
  return op.request.enforce && answer.how !== "held" ? op.request : null;
}

describe("any interleaving", () => {
  it("never grants above a cap, and never into another's reserve", async () => {
    await always((look) => {
      const request = newlyGranted(look);
      if (request === null) return;
      const { slots } = look.after;
      const own = (slot: Slot) => slot.tenant === request.tenant;
      // Limits that only watch let everybody in whom the trunks have room for.
      if (request.enforce === true) {
        const sameWay = (slot: Slot) => own(slot) && slot.direction === request.direction;
        expect(legs(slots, own)).toBeLessThanOrEqual(limits.tenant);
        expect(legs(slots, sameWay)).toBeLessThanOrEqual(limits.direction);
      }
      // The leg of a failed attempt is still counted on its trunk, until its Hangup, and weighed as gone.
      const leaving = request.failedTrunk === null ? 0 : 1;
      const onTrunk = legs(inItsWay(slots, request), (slot) => slot.trunk === request.trunk);
      expect(onTrunk).toBeLessThanOrEqual(limits.trunk + leaving);
      if (request.pool !== null) {
        expect(poolClaimed(slots, request)).toBeLessThanOrEqual(limits.pool + leaving);
      }
    });
  });

  it("always lets a tenant have its reserve while the others were only granted", async () => {
    const granting = interleavings.map((ops) => ops.filter(isOrdinary));
    const property = fc.asyncProperty(granting, async (ops) => {
      const { store, endLeases } = world();
      for (const op of ops) {
        const before = await store.snapshot();
        const answer = await apply(store, op, endLeases);
        if (op.do !== "acquire" || typeof answer === "string" || answer.granted) continue;
        const reserve = limits.reserves.find(({ tenant }) => tenant === op.request.tenant);
        if (reserve === undefined || poolUse(before.slots, reserve.tenant) >= reserve.reserved) continue;
        expect(answer.scope).not.toBe("pool_full");
        if (answer.scope !== "no_trunk") continue;
        const onTrunk = before.slots.filter(({ trunk }) => trunk === op.request.trunk);
        const admitted = legs(onTrunk, ({ state }) => state !== "refused" || op.request.pool === null);
        expect(admitted).toBeGreaterThanOrEqual(limits.trunk);
      }
    });
    await fc.assert(property, { numRuns: 1500 });
  });

  it("counts exactly what it holds", async () => {
    await always(({ after: { slots, counts } }) => {
      for (const [name, used] of counts.trunks) expect(used).toBe(legs(slots, (slot) => slot.trunk === name));
      for (const [name, use] of counts.tenants) {
        const own = (slot: Slot) => slot.tenant === name;
        expect(use.total).toBe(legs(slots, own));
        expect(use.inbound).toBe(legs(slots, (slot) => own(slot) && slot.direction === "inbound"));
        expect(use.outbound).toBe(legs(slots, (slot) => own(slot) && slot.direction === "outbound"));
        const pooled = poolUse(slots, name);
        // Before the first call for the pool nobody has said which trunks it has.
        if (use.pool !== 0) expect(use.pool).toBe(pooled);
      }
      const counted = [...counts.trunks.values()].reduce((sum, used) => sum + used, 0);
      expect(counted).toBe(slots.length);
    });
  });

  it("changes nothing when the same thing happens twice", async () => {
    const property = fc.asyncProperty(interleavings, async (ops) => {
      const { store, endLeases } = world();
      for (const op of ops) {
        await apply(store, op, endLeases);
        if (op.do === "endLeases" || (op.do === "acquire" && op.crash)) continue;
        const once = await store.snapshot();
        await apply(store, op, endLeases);
        expect(names(await store.snapshot())).toEqual(names(once));
      }
    });
    await fc.assert(property, { numRuns: 1000 });
  });

  it("never hands a tenant's leg to another tenant", async () => {
    await always(({ op, before, after }) => {
      for (const slot of after.slots) {
        if (slot.state !== "bound") continue;
        const was = before.slots.find((one) => one.state === "bound" && same(one, slot));
        if (was === undefined || was.tenant === null || was.tenant === slot.tenant) continue;
        // A failed leg gives its share back; our decision outranks a stamp that a sweep has found.
        const shareMoved = op.do === "acquire" && slot.tenant === null;
        const decided = op.do === "bind" && was.adopted;
        expect(shareMoved || decided).toBe(true);
      }
    });
  });

  it("brings nothing back that has hung up", async () => {
    await always(({ op, before, after }) => {
      if (op.do !== "hangup") return;
      expect(after.slots.some((slot) => same(slot, { key: op.key }))).toBe(false);
      expect(after.slots.length).toBeLessThanOrEqual(before.slots.length);
    });
  });

  it("hands a failed leg's share back to nobody but its dialler, and never makes it more", async () => {
    await always(({ op, before, after }) => {
      if (op.do !== "handBack") return;
      const { asker, leg } = op;
      const ended = { key: { server: asker.server, uniqueid: leg } };
      expect(after.slots.some((slot) => same(slot, ended))).toBe(false);
      expect(after.slots.length).toBeLessThanOrEqual(before.slots.length);
      for (const slot of after.slots) {
        if (before.slots.some((one) => one.state === slot.state && same(one, slot))) continue;
        expect(slot).toMatchObject({ key: asker, state: "pending", asker: null });
        expect(before.slots.find((one) => one.state === "bound" && same(one, ended))).toMatchObject({
          tenant: slot.tenant,
          asker: asker.uniqueid,
        });
      }
    });
  });

  it("is empty once every channel has hung up", async () => {
    const property = fc.asyncProperty(interleavings, async (ops) => {
      const { store, endLeases } = world();
      for (const op of ops) await apply(store, op, endLeases);
      await hangUpAll(store);
      for (const op of ops)
        if (op.do === "bind" || op.do === "acquire") await apply(store, { ...op }, endLeases);
      const { slots, counts } = await store.snapshot();
      expect({ slots, tenants: counts.tenants.size, trunks: counts.trunks.size }).toEqual({
        slots: [],
        tenants: 0,
        trunks: 0,
      });
    });
    await fc.assert(property, { numRuns: 1500 });
  });
});

function isOrdinary(op: Op): boolean {
  if (op.do === "acquire") return op.request.enforce && op.request.failedTrunk === null;
  return (
    op.do === "refuse" ||
    op.do === "hangup" ||
    op.do === "cancel" ||
    op.do === "endLeases" ||
    op.do === "expire"
  );
}

function same(one: Pick<Slot, "key">, other: Pick<Slot, "key">): boolean {
  return one.key.server === other.key.server && one.key.uniqueid === other.key.uniqueid;
}

function names({ slots }: SlotSnapshot): string[] {
  return slots
    .map(({ key, state, tenant, trunk }) => `${key.server} ${key.uniqueid} ${state} ${tenant} ${trunk}`)
    .sort();
}
