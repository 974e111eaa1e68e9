// A drawn switch whose events get lost, whose lists lag and break off, and which crashes: whatever happened, the store
// holds exactly the live trunk legs once three sweeps have been heard, and no live leg's slot is freed on the way.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { LegBook, LegOrder, ListedFact } from "../../src/calls/leg-facts.ts";
import { carryOut } from "../../src/calls/leg-orders.ts";
import { LegWatch } from "../../src/calls/legs.ts";
import type { SlotRequest } from "../../src/core/admission/admission.ts";
import type { CallId } from "../../src/core/tenant/stamp.ts";
import { parseTenantId, type TenantId } from "../../src/core/tenant/tenant-id.ts";
import { MemorySlotStore } from "../../src/slots/memory.ts";

const book: LegBook = {
  trunkOf: (channel) => (channel.startsWith("PJSIP/pool_a-") ? "pool_a" : null),
  tenantOf: (code) => parseTenantId(code),
};

type Step =
  | { readonly do: "inbound" | "outbound" | "bypass"; readonly tenant: TenantId; readonly heard: boolean }
  | { readonly do: "hangup"; readonly which: number; readonly heard: boolean }
  | { readonly do: "sweep"; readonly complete: boolean; readonly lag: boolean }
  | { readonly do: "gap" | "crash" | "forged" | "standstill" };

const tenant = fc.constantFrom("apex" as TenantId, "birch" as TenantId);
const heard = fc.oneof(
  { weight: 3, arbitrary: fc.constant(true) },
  { weight: 1, arbitrary: fc.constant(false) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("inbound" as const, "outbound" as const, "bypass" as const),
      tenant,
      heard,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("hangup" as const), which: fc.nat(20), heard }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("sweep" as const), complete: heard, lag: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("gap" as const, "crash" as const, "forged" as const, "standstill" as const),
    }),
  },
);

class World {
  now = 1_800_000_000_000;
  readonly store = new MemorySlotStore({ now: () => this.now });
  readonly watch = new LegWatch("ast1");
  readonly live = new Map<string, ListedFact>();
  #before = new Map<string, ListedFact>();
  #boot = 1;
  #next = 1;

  async run(one: Step): Promise<void> {
    // What a lagging list shows: the switch as it was before the last thing that happened.
    if (one.do !== "sweep") this.#before = new Map(this.live);
    switch (one.do) {
      case "inbound":
        return this.#inbound(one.tenant);
      case "outbound":
        return this.#outbound(one.tenant, one.heard);
      case "bypass":
        this.#channel("pool_a", one.tenant);
        return;
      case "hangup": {
        const [uniqueid] = [...this.live.keys()].slice(one.which % Math.max(1, this.live.size));
        const fact = uniqueid === undefined ? undefined : this.live.get(uniqueid);
        if (fact === undefined) return;
        this.live.delete(fact.uniqueid);
        if (one.heard) await this.obey(this.watch.hangup(fact));
        return;
      }
      case "forged":
        for (const fact of this.live.values()) await this.obey(this.watch.hangup(fact));
        return;
      case "gap":
        return this.obey(this.watch.unseen());
      case "standstill":
        // Longer than any lease; whatever comes first afterwards finds the store as it was.
        this.now += 600_000;
        return;
      case "crash":
        this.live.clear();
        this.#boot += 1;
        return this.obey(this.watch.unseen());
      case "sweep":
        return this.sweep(one.complete, one.lag);
    }
  }

  async sweep(complete: boolean, lag = false): Promise<void> {
    this.now += 3000;
    const { slots, frozen } = await this.store.snapshot();
    const all = [...(lag ? this.#before : this.live).values()];
    const listed = complete ? all : all.slice(0, all.length / 2);
    const boot = `b${this.#boot}`;
    const look = { complete, boot, listed, stored: slots, frozen: frozen.includes("ast1"), at: this.now };
    await this.obey(this.watch.sweep(look, book).orders);
    this.#before = new Map(this.live);
  }

  async obey(orders: readonly LegOrder[]): Promise<void> {
    for (const order of orders) {
      if (order.do !== "confirm") {
        const outcome = await carryOut(order, this.store, "tel1");
        if (outcome.did === "bind" && outcome.why === "no_pending")
          this.watch.unbound(outcome.uniqueid, this.now);
      } else if (!this.live.has(order.uniqueid)) {
        await this.obey(this.watch.ended(order.uniqueid));
      }
    }
  }

  async #inbound(owner: TenantId): Promise<void> {
    const leg = this.#channel("pool_a", owner);
    await this.store.acquire(requestOf(leg.uniqueid, owner, "own"), this.#context());
  }

  async #outbound(owner: TenantId, isHeard: boolean): Promise<void> {
    const phone = this.#channel("100", owner);
    await this.store.acquire(requestOf(phone.uniqueid, owner, "dialled"), this.#context());
    const leg = this.#channel("pool_a", owner, phone.uniqueid);
    const fact = { uniqueid: phone.uniqueid, destUniqueid: leg.uniqueid, destChannel: leg.channel };
    if (isHeard) await this.obey(this.watch.dialBegin(fact, `b${this.#boot}`, book));
  }

  #context() {
    return { node: "tel1", boot: `b${this.#boot}` };
  }

  #channel(endpoint: string, owner: TenantId, caller?: string): ListedFact {
    const uniqueid = String(this.#next++);
    const fact = {
      uniqueid,
      channel: `PJSIP/${endpoint}-${uniqueid.padStart(8, "0")}`,
      accountCode: owner,
      sbCall: `ast1-${caller ?? uniqueid}`,
      sbDirection: caller === undefined ? "inbound" : "outbound",
    };
    this.live.set(uniqueid, fact);
    return fact;
  }
}

function requestOf(uniqueid: string, owner: TenantId, leg: SlotRequest["leg"]): SlotRequest {
  return {
    key: { server: "ast1", uniqueid },
    leg,
    failedTrunk: null,
    call: `ast1-${uniqueid}` as CallId,
    tenant: owner,
    direction: leg === "own" ? "inbound" : "outbound",
    trunk: "pool_a",
    caps: { tenant: null, direction: null, trunk: 1000 },
    pool: null,
    rates: { tenant: null, trunk: null },
    enforce: true,
    whenUnreachable: "refuse",
  };
}

it("heals: the store holds exactly the live trunk legs, each with its tenant", async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    const world = new World();
    await world.obey(world.watch.unseen());
    for (const one of steps) {
      const counted = (await world.store.snapshot()).slots.filter((slot) => slot.state === "bound");
      await world.run(one);
      const after = new Set((await world.store.snapshot()).slots.map((slot) => slot.key.uniqueid));
      for (const slot of counted) {
        if (world.live.has(slot.key.uniqueid)) expect(after.has(slot.key.uniqueid)).toBe(true);
      }
    }
    for (let round = 0; round < 3; round++) await world.sweep(true);
    for (let steps = 0; steps < 4; steps++) {
      world.now += 10_000;
      await world.store.expire();
    }
    const legs = [...world.live.values()].filter((fact) => book.trunkOf(fact.channel) !== null);
    const slots = (await world.store.snapshot()).slots.filter((slot) => slot.state === "bound");
    expect(slots.map((slot) => `${slot.key.uniqueid} ${slot.tenant}`).sort()).toEqual(
      legs.map((fact) => `${fact.uniqueid} ${fact.accountCode}`).sort(),
    );
    expect((await world.store.snapshot()).slots).toHaveLength(legs.length);
  });
  await fc.assert(property, { numRuns: 2000 });
});
