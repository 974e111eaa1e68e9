// One suite over both slot stores: what the port promises, whichever keeps it.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findValkey } from "../../load/lab/find-valkey.ts";
import type { SlotStore } from "../../src/calls/slot-port.ts";
import {
  apex,
  birch,
  context,
  counted,
  found,
  key,
  memoryKind,
  ownLeg,
  pool,
  redisKind,
  request,
  type StoreUnderTest,
  trunkLeg,
} from "./slot-stores.ts";

const none = { tenants: {}, trunks: {} };

const valkeyKind = redisKind(28_006, "valkey", findValkey);

describe.each([memoryKind, redisKind(28_000), valkeyKind])("the slot store in $name", (kind) => {
  let made: StoreUnderTest;
  let store: SlotStore;

  beforeAll(() => kind.start());
  afterAll(() => kind.stop());
  beforeEach(async () => {
    made = await kind.make();
    store = made.store;
  });
  afterEach(() => made.close());

  const caps = (tenant: number | null, direction: number | null = null, trunk = 1000) => ({
    caps: { tenant, direction, trunk },
  });

  describe("acquire", () => {
    it("takes a slot and counts it on tenant, direction and trunk", async () => {
      expect(await store.acquire(request("1"), context)).toEqual({
        granted: true,
        wouldRefuse: null,
        tenant: apex,
        how: "taken",
      });
      const usage = await store.usage({ tenants: ["apex", "birch"], trunks: ["apex_sip", "pool_a"] });
      expect(usage.tenants.get("apex")).toEqual({ total: 1, inbound: 0, outbound: 1, pool: 0 });
      expect(usage.tenants.get("birch")).toEqual({ total: 0, inbound: 0, outbound: 0, pool: 0 });
      expect([...usage.trunks]).toEqual([
        ["apex_sip", 1],
        ["pool_a", 0],
      ]);
    });

    it("says the same again to the same channel and counts it once", async () => {
      for (const _ of [1, 2, 3]) await store.acquire(request("1", caps(1)), context);
      expect(await store.acquire(request("1", caps(1)), context)).toMatchObject({
        granted: true,
        how: "held",
      });
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { apex_sip: 1 } });
    });

    it("names the first full scope in the order tenant, direction, pool, trunk, rate", async () => {
      const tight = {
        caps: { tenant: 1, direction: 1, trunk: 1 },
        pool: pool(1),
        trunk: "pool_a",
        rates: { tenant: 1, trunk: 1 },
      };
      await store.acquire(request("1", tight), context);
      const scope = async (change: object) => {
        const verdict = await store.acquire(request("2", { ...tight, ...change }), context);
        return verdict.granted ? "granted" : verdict.scope;
      };
      expect(await scope({})).toBe("tenant_full");
      expect(await scope(caps(2, 1, 1))).toBe("outbound_full");
      expect(await scope(caps(2, 2, 1))).toBe("pool_full");
      expect(await scope({ ...caps(2, 2, 1), pool: pool(2) })).toBe("no_trunk");
      expect(await scope({ ...caps(2, 2, 2), pool: pool(2) })).toBe("too_fast");
      expect(await scope({ ...caps(2, 2, 2), pool: pool(2), rates: { tenant: null, trunk: null } })).toBe(
        "granted",
      );
    });

    it("counts both directions against the tenant's cap, and each against its own", async () => {
      await store.acquire(ownLeg("1", { direction: "inbound", ...caps(2, 1) }), context);
      const second = await store.acquire(ownLeg("2", { direction: "inbound", ...caps(2, 1) }), context);
      expect(second).toMatchObject({ granted: false, scope: "inbound_full" });
      expect(await store.acquire(request("3", caps(2, 1)), context)).toMatchObject({ granted: true });
      expect(await store.acquire(request("4", caps(2, 2)), context)).toMatchObject({ scope: "tenant_full" });
    });

    it("keeps every other tenant's reserve of the pool free", async () => {
      const shared = { trunk: "pool_a", pool: pool(4, { birch: 2 }) };
      expect(await store.acquire(request("1", shared), context)).toMatchObject({ granted: true });
      expect(await store.acquire(request("2", shared), context)).toMatchObject({ granted: true });
      expect(await store.acquire(request("3", shared), context)).toMatchObject({ scope: "pool_full" });
      const theirs = { tenant: birch, trunk: "pool_b", pool: pool(4, { apex: 0 }) };
      expect(await store.acquire(request("4", theirs), context)).toMatchObject({ granted: true });
      expect(await store.acquire(request("5", theirs), context)).toMatchObject({ granted: true });
      expect(await store.acquire(request("6", theirs), context)).toMatchObject({ scope: "pool_full" });
    });

    it("holds no leg on a trunk that rests against the channels of the others", async () => {
      const all = { trunk: "pool_a", pool: pool(6, { birch: 2 }) };
      for (const uniqueid of ["1", "2", "3", "4"])
        expect(await store.acquire(request(uniqueid, all), context)).toMatchObject({ granted: true });
      const rest = (reserves: Record<string, number>) => ({ ...pool(3, reserves), open: ["pool_b"] });
      const ours = { trunk: "pool_b", pool: rest({ birch: 2 }) };
      expect(await store.acquire(request("5", ours), context)).toMatchObject({ granted: true });
      expect(await store.acquire(request("6", ours), context)).toMatchObject({ scope: "pool_full" });
      // What is up there is use of the pool all the same: nothing more is kept for it.
      const theirs = { tenant: birch, trunk: "pool_b", pool: rest({ apex: 5 }) };
      for (const uniqueid of ["7", "8"])
        expect(await store.acquire(request(uniqueid, theirs), context)).toMatchObject({ granted: true });
      expect(await store.acquire(request("9", theirs), context)).toMatchObject({ scope: "pool_full" });
    });

    it("lets no crowd of callers who are turned away take a reserve", async () => {
      const caps = { tenant: null, direction: null, trunk: 4 };
      const ours = (reserved: number) => ({ trunk: "pool_a", caps, pool: pool(4, { birch: 2 }, reserved) });
      const theirs = { tenant: birch, trunk: "pool_a", caps, pool: pool(4, {}, 2) };
      for (const uniqueid of ["1", "2"])
        expect(await store.acquire(ownLeg(uniqueid, ours(0)), context)).toMatchObject({ granted: true });
      for (let more = 10; more < 20; more++)
        await store.markRefused({ ...trunkLeg(`${more}`, "pool_a"), call: null, node: "tel1" });
      expect((await counted(store)).trunks.pool_a).toBe(12);
      expect(await store.acquire(ownLeg("3", ours(2)), context)).toMatchObject({ scope: "pool_full" });
      for (const uniqueid of ["4", "5"])
        expect(await store.acquire(ownLeg(uniqueid, theirs), context)).toMatchObject({ granted: true });
      // Above its reserve it finds the trunk as full as it is.
      expect(await store.acquire(ownLeg("6", theirs), context)).toMatchObject({ scope: "pool_full" });
      for (let more = 10; more < 20; more++) await store.release(key(`${more}`), "hangup");
      const wider = { ...theirs, pool: pool(9, {}, 2), caps: { ...caps, trunk: 9 } };
      expect(await store.acquire(ownLeg("7", wider), context)).toMatchObject({ granted: true });
    });

    it("counts for thousands of tenants and weighs against the reserves of thousands", async () => {
      const names = Array.from({ length: 3000 }, (_, nth) => `client${nth}`);
      const reserves = Object.fromEntries(names.map((name) => [name, 1]));
      const wide = { trunk: "pool_a", pool: pool(3001, reserves) };
      expect(await store.acquire(request("1", wide), context)).toMatchObject({ granted: true });
      expect(await store.acquire(request("2", wide), context)).toMatchObject({ scope: "pool_full" });
      const usage = await store.usage({ tenants: ["apex", ...names], trunks: ["pool_a"] });
      expect([usage.tenants.size, usage.tenants.get("apex")?.total]).toEqual([3001, 1]);
    });

    it("uses nothing of the pool for a dedicated trunk", async () => {
      await store.acquire(request("1"), context);
      const usage = await store.usage({ tenants: ["apex"], trunks: [] });
      expect(usage.tenants.get("apex")?.pool).toBe(0);
      expect(await store.acquire(request("2", { trunk: "pool_a", pool: pool(1) }), context)).toMatchObject({
        granted: true,
      });
    });

    it("counts live legs into the pool anew when a trunk joins or leaves it", async () => {
      await store.acquire(request("1", { tenant: birch, trunk: "late" }), context);
      const wider = {
        channels: 2,
        trunks: ["pool_a", "late"],
        reserved: 0,
        reserves: [{ tenant: birch, reserved: 1 }],
      };
      expect(await store.acquire(request("2", { trunk: "pool_a", pool: wider }), context)).toMatchObject({
        granted: true,
      });
      expect((await store.usage({ tenants: ["birch"], trunks: [] })).tenants.get("birch")?.pool).toBe(1);
      const narrower = { channels: 1, trunks: ["pool_b"], reserved: 0, reserves: [] };
      expect(await store.acquire(request("3", { trunk: "pool_b", pool: narrower }), context)).toMatchObject({
        granted: true,
      });
      const { counts } = await store.snapshot();
      expect(counts.tenants.get("birch")?.pool).toBe(0);
      expect(counts.tenants.get("apex")?.pool).toBe(1);
    });

    it("admits one second's worth of calls at once, and spends nothing on a refusal", async () => {
      const fast = { rates: { tenant: 3, trunk: null } };
      for (const uniqueid of ["1", "2"]) await store.acquire(request(uniqueid, fast), context);
      for (const uniqueid of ["3", "4", "5"])
        await store.acquire(request(uniqueid, { ...fast, ...caps(2) }), context);
      expect(await store.acquire(request("6", fast), context)).toMatchObject({ granted: true });
      expect(await store.acquire(request("7", fast), context)).toMatchObject({ scope: "too_fast" });
    });

    it("takes the slot in watch mode and says what was full", async () => {
      await store.acquire(request("1", caps(1)), context);
      const watched = request("2", { ...caps(1), enforce: false });
      expect(await store.acquire(watched, context)).toMatchObject({
        granted: true,
        wouldRefuse: "tenant_full",
      });
      expect(await store.acquire(watched, context)).toMatchObject({
        how: "held",
        wouldRefuse: "tenant_full",
      });
      expect((await counted(store)).tenants).toEqual({ apex: 2 });
    });

    it("drops nothing when a cap is lowered and admits none until there is room", async () => {
      for (const uniqueid of ["1", "2", "3"]) await store.acquire(ownLeg(uniqueid, caps(3)), context);
      expect(await store.acquire(ownLeg("4", caps(1)), context)).toMatchObject({ scope: "tenant_full" });
      for (const uniqueid of ["1", "2"]) await store.release(key(uniqueid), "hangup");
      expect(await store.acquire(ownLeg("4", caps(1)), context)).toMatchObject({ scope: "tenant_full" });
      await store.release(key("3"), "hangup");
      expect(await store.acquire(ownLeg("4", caps(1)), context)).toMatchObject({ granted: true });
    });

    it("moves a pending slot to the next trunk, and the old trunk is free", async () => {
      const cap = caps(1, null, 1);
      await store.acquire(request("1", cap), context);
      expect(await store.acquire(request("1", { ...cap, trunk: "other" }), context)).toMatchObject({
        granted: true,
        how: "moved",
      });
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { other: 1 } });
    });

    it("lets a pending slot fall when the next trunk has no room", async () => {
      await store.acquire(request("9", { tenant: birch, trunk: "other" }), context);
      await store.acquire(request("1"), context);
      const next = request("1", { trunk: "other", ...caps(null, null, 1) });
      expect(await store.acquire(next, context)).toMatchObject({ granted: false, scope: "no_trunk" });
      expect(await counted(store)).toEqual({ tenants: { birch: 1 }, trunks: { other: 1 } });
    });

    it("keeps the tenant of a leg that already has one", async () => {
      await store.acquire(ownLeg("1", { direction: "inbound" }), context);
      const other = ownLeg("1", { tenant: birch, direction: "inbound" });
      expect(await store.acquire(other, context)).toMatchObject({ granted: true, tenant: apex, how: "held" });
      expect((await counted(store)).tenants).toEqual({ apex: 1 });
    });

    it("holds an inbound leg and the leg it forwards to apart", async () => {
      await store.acquire(ownLeg("1", { direction: "inbound", ...caps(2) }), context);
      expect(await store.acquire(request("1", caps(2)), context)).toMatchObject({ how: "taken" });
      expect((await counted(store)).tenants).toEqual({ apex: 2 });
      await store.release(key("1"), "hangup");
      expect(await counted(store)).toEqual(none);
    });

    it("gives nothing to a channel that has hung up", async () => {
      await store.release(key("1"), "hangup");
      for (const late of [request("1"), ownLeg("1")]) {
        expect(await store.acquire(late, context)).toMatchObject({ granted: false, scope: "gone" });
      }
      expect(await counted(store)).toEqual(none);
    });

    it("lets a call at the cap go on to the next trunk before its failed leg has ended", async () => {
      const tight = { caps: { tenant: 1, direction: 1, trunk: 1 }, pool: pool(1), trunk: "pool_a" };
      await store.acquire(request("1", tight), context);
      await store.bind(key("1"), trunkLeg("2", "pool_a"));
      const next = { ...tight, trunk: "pool_b", failedTrunk: "pool_a" };
      expect(await store.acquire(request("9", next), context)).toMatchObject({ scope: "tenant_full" });
      expect(await store.acquire(request("1", next), context)).toMatchObject({ granted: true, how: "moved" });
      expect(await store.acquire(request("1", next), context)).toMatchObject({ granted: true, how: "held" });
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { pool_a: 1, pool_b: 1 } });
      await store.release(key("2"), "hangup");
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { pool_b: 1 } });
    });

    it("keeps a call at the cap in when its failed leg has ended before it goes on", async () => {
      const tight = caps(1, 1);
      await store.acquire(request("1", tight), context);
      await store.bind(key("1"), trunkLeg("2"));
      expect(await store.handBack(key("2"), key("1"))).toBe(true);
      expect(await store.handBack(key("2"), key("1"))).toBe(false);
      expect(await store.acquire(request("9", tight), context)).toMatchObject({ scope: "tenant_full" });
      const full = request("1", { ...caps(1, 1, 0), trunk: "full", failedTrunk: "apex_sip" });
      expect(await store.acquire(full, context)).toMatchObject({ granted: false, scope: "no_trunk" });
      expect(await store.acquire(request("9", tight), context)).toMatchObject({ scope: "tenant_full" });
      const next = request("1", { ...tight, trunk: "other", failedTrunk: "apex_sip" });
      expect(await store.acquire(next, context)).toMatchObject({ granted: true, how: "moved" });
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { other: 1 } });
      expect(await store.bind(key("1"), trunkLeg("2"))).toEqual({ bound: false, why: "gone" });
      expect(await store.bind(key("1"), trunkLeg("3", "other"))).toEqual({ bound: true, why: "bound" });
    });

    it("hands nothing back to a call that has gone on, hung up or is given up", async () => {
      await store.acquire(request("1"), context);
      await store.bind(key("1"), trunkLeg("2"));
      await store.acquire(request("1", { trunk: "other", failedTrunk: "apex_sip" }), context);
      expect(await store.handBack(key("2"), key("1"))).toBe(true);
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { other: 1 } });

      await store.acquire(request("5"), context);
      await store.bind(key("5"), trunkLeg("6"));
      await store.release(key("5"), "hangup");
      expect(await store.handBack(key("6"), key("5"))).toBe(true);
      await store.acquire(request("7"), context);
      await store.bind(key("7"), trunkLeg("8"));
      await store.handBack(key("8"), key("7"));
      expect(await store.cancel(key("7"))).toBe(true);
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { other: 1 } });
    });

    it("lets go of what was handed back to a call that never asks again", async () => {
      await store.acquire(request("1"), context);
      await store.bind(key("1"), trunkLeg("2"));
      await store.handBack(key("2"), key("1"));
      expect((await counted(store)).tenants).toEqual({ apex: 1 });
      await made.endLeases();
      expect(await counted(store)).toEqual(none);
    });

    it("tries the same trunk again before its failed leg has ended", async () => {
      const tight = caps(1, 1, 1);
      await store.acquire(request("1", tight), context);
      await store.bind(key("1"), trunkLeg("2"));
      const again = request("1", { ...tight, failedTrunk: "apex_sip" });
      expect(await store.acquire(again, context)).toMatchObject({ granted: true });
      expect(await store.bind(key("1"), trunkLeg("2"))).toEqual({ bound: true, why: "already" });
      expect(await store.bind(key("1"), trunkLeg("3"))).toEqual({ bound: true, why: "bound" });
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { apex_sip: 2 } });
    });

    it("leaves a failed leg with its tenant when the next trunk has no room", async () => {
      await store.acquire(request("1"), context);
      await store.bind(key("1"), trunkLeg("2"));
      const next = request("1", { ...caps(null, null, 0), trunk: "other", failedTrunk: "apex_sip" });
      expect(await store.acquire(next, context)).toMatchObject({ scope: "no_trunk", previousLeg: key("2") });
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { apex_sip: 1 } });
    });

    it("gives a failed leg its tenant back when it lives on", async () => {
      await store.acquire(request("1"), context);
      await store.bind(key("1"), trunkLeg("2"));
      await store.acquire(request("1", { trunk: "other", failedTrunk: "apex_sip" }), context);
      expect(await store.adopt(found("2", { asker: "1" }), "tel1")).toEqual({
        why: "attributed",
        tenant: apex,
      });
      expect((await counted(store)).tenants).toEqual({ apex: 2 });
    });

    it("tells two servers apart whose uniqueids are the same", async () => {
      await store.acquire(ownLeg("1"), context);
      await store.acquire(ownLeg("1", { key: key("1", "ast2") }), context);
      await store.release(key("1", "ast2"), "hangup");
      expect((await store.snapshot()).slots.map((slot) => slot.key)).toEqual([key("1")]);
    });

    it("keeps names with separators and other letters whole", async () => {
      const odd = "ü|1,2 %7C:é";
      await store.acquire(ownLeg(odd, { key: key(odd, odd), trunk: "a|b,c" }), { ...context, boot: odd });
      const [slot] = (await store.snapshot()).slots;
      expect(slot).toMatchObject({ key: key(odd, odd), trunk: "a|b,c", boot: odd });
      expect(await store.renew(odd, odd, [odd, "|,"])).toEqual(["|,"]);
      expect(await store.release(key(odd, odd), "hangup")).toBe(true);
      expect(await counted(store)).toEqual(none);
    });

    it("never grants above a cap to many that ask at once", async () => {
      const verdicts = await Promise.all(
        Array.from({ length: 200 }, (_, at) => store.acquire(request(`u${at}`, caps(37)), context)),
      );
      expect(verdicts.filter((verdict) => verdict.granted)).toHaveLength(37);
    });
  });

  describe("bind", () => {
    it("turns the pending slot into its leg's, which the dialler's end leaves alone", async () => {
      await store.acquire(request("1"), context);
      expect(await store.bind(key("1"), trunkLeg("2"))).toEqual({ bound: true, why: "bound" });
      expect(await store.bind(key("1"), trunkLeg("2"))).toEqual({ bound: true, why: "already" });
      expect(await store.release(key("1"), "hangup")).toBe(false);
      const [slot] = (await store.snapshot()).slots;
      expect(slot).toMatchObject({ key: key("2"), state: "bound", tenant: apex, asker: "1" });
      expect(await store.release(key("2"), "hangup")).toBe(true);
      expect(await counted(store)).toEqual(none);
    });

    it("binds one leg only", async () => {
      await store.acquire(request("1"), context);
      await store.bind(key("1"), trunkLeg("2"));
      expect(await store.bind(key("1"), trunkLeg("3"))).toEqual({ bound: false, why: "no_pending" });
      expect((await counted(store)).tenants).toEqual({ apex: 1 });
    });

    it("does not take the next attempt's slot when it hears of the first leg again", async () => {
      await store.acquire(request("1"), context);
      await store.bind(key("1"), trunkLeg("2"));
      await store.acquire(request("1"), context);
      expect(await store.bind(key("1"), trunkLeg("2"))).toEqual({ bound: true, why: "already" });
      expect(await store.bind(key("1"), trunkLeg("3"))).toEqual({ bound: true, why: "bound" });
      expect((await counted(store)).tenants).toEqual({ apex: 2 });
    });

    it("binds nothing to a leg that has hung up", async () => {
      await store.acquire(request("1"), context);
      await store.release(key("2"), "hangup");
      expect(await store.bind(key("1"), trunkLeg("2"))).toEqual({ bound: false, why: "gone" });
    });

    it("counts the leg of the earlier attempt when its news come late", async () => {
      await store.acquire(request("1"), context);
      await store.acquire(request("1", { trunk: "other" }), context);
      expect(await store.bind(key("1"), trunkLeg("2", "apex_sip"))).toEqual({
        bound: true,
        why: "other_trunk",
      });
      expect(await counted(store)).toEqual({ tenants: { apex: 2 }, trunks: { apex_sip: 1, other: 1 } });
      expect(await store.bind(key("1"), trunkLeg("3", "other"))).toEqual({ bound: true, why: "bound" });
    });

    it("joins a pending slot and the leg that a sweep found first", async () => {
      await store.acquire(request("1"), context);
      await store.adopt(found("2", { tenant: null, direction: null }), "tel2");
      expect(await store.bind(key("1"), trunkLeg("2"))).toEqual({ bound: true, why: "bound" });
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { apex_sip: 1 } });
    });
  });

  describe("release and cancel", () => {
    it("frees once, and again harmlessly", async () => {
      await store.acquire(ownLeg("1"), context);
      expect(await store.release(key("1"), "hangup")).toBe(true);
      expect(await store.release(key("1"), "hangup")).toBe(false);
      expect(await store.release(key("never"), "swept")).toBe(false);
      expect(await counted(store)).toEqual(none);
    });

    it("cancels what is pending and leaves what is bound", async () => {
      await store.acquire(request("1"), context);
      await store.bind(key("1"), trunkLeg("2"));
      await store.acquire(request("1"), context);
      expect(await store.cancel(key("1"))).toBe(true);
      expect(await store.cancel(key("1"))).toBe(false);
      expect(await store.cancel(key("2"))).toBe(false);
      expect((await counted(store)).tenants).toEqual({ apex: 1 });
      expect(await store.acquire(request("1"), context)).toMatchObject({ granted: true });
    });

    it("leaves a tombstone after a hangup and none after a sweep", async () => {
      for (const uniqueid of ["1", "2"]) await store.acquire(ownLeg(uniqueid), context);
      await store.release(key("1"), "hangup");
      await store.release(key("2"), "swept");
      expect(await store.adopt(found("1"), "tel1")).toEqual({ why: "gone", tenant: null });
      expect(await store.adopt(found("2"), "tel1")).toEqual({ why: "adopted", tenant: apex });
    });
  });

  describe("what the switch shows", () => {
    it("adopts by the stamp, once, whatever the caps say", async () => {
      expect(await store.adopt(found("1"), "tel1")).toEqual({ why: "adopted", tenant: apex });
      expect(await store.adopt(found("1"), "tel1")).toEqual({ why: "held", tenant: apex });
      const [slot] = (await store.snapshot()).slots;
      expect(slot).toMatchObject({ adopted: true, node: "tel1", direction: "outbound" });
      expect(await store.acquire(request("2", caps(1)), context)).toMatchObject({ scope: "tenant_full" });
    });

    it("counts a leg on the trunk that its endpoint is called by now, and for the same tenant", async () => {
      const caps = { tenant: 1, direction: null, trunk: 1000 };
      await store.acquire(ownLeg("1", { caps, trunk: "pool_a", pool: pool(10) }), context);
      await store.markRefused({ ...trunkLeg("2", "pool_a"), call: null, node: "tel1" });
      for (const uniqueid of ["1", "2"]) {
        const renamed = await store.adopt(found(uniqueid, { trunk: "apex_sip", tenant: birch }), "tel1");
        expect(renamed).toEqual({ why: "held", tenant: uniqueid === "1" ? apex : null });
      }
      const { tenants, trunks } = await counted(store);
      expect([tenants, trunks]).toEqual([{ apex: 1 }, { apex_sip: 2 }]);
      const use = (await store.snapshot()).counts.tenants.get(apex);
      expect(use).toMatchObject({ total: 1, outbound: 1, pool: 0 });
      expect(await store.acquire(ownLeg("3", { caps }), context)).toMatchObject({ scope: "tenant_full" });
    });

    it("keeps the tenant of our decision when the stamp says another", async () => {
      await store.acquire(ownLeg("1"), context);
      expect(await store.adopt(found("1", { tenant: birch }), "tel1")).toEqual({ why: "held", tenant: apex });
    });

    it("counts an unstamped leg on its trunk and in the pool, on no tenant", async () => {
      const unstamped = { tenant: null, direction: null, trunk: "pool_a" };
      await store.adopt(found("1", unstamped), "tel1");
      expect(await counted(store)).toEqual({ tenants: {}, trunks: { pool_a: 1 } });
      expect(await store.acquire(request("2", { trunk: "pool_b", pool: pool(1) }), context)).toMatchObject({
        scope: "pool_full",
      });
      expect(await store.adopt(found("1", { trunk: "pool_a" }), "tel1")).toEqual({
        why: "attributed",
        tenant: apex,
      });
      expect((await counted(store)).tenants).toEqual({ apex: 1 });
    });

    it("lets the leg's own step claim it, weighed without itself", async () => {
      await store.adopt(found("1", { tenant: null, direction: null }), "tel1");
      const own = ownLeg("1", { direction: "inbound", ...caps(1, 1, 1) });
      expect(await store.acquire(own, context)).toMatchObject({ granted: true, how: "claimed" });
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { apex_sip: 1 } });
    });

    it("leaves a leg unattributed whose claim is refused", async () => {
      await store.adopt(found("1", { tenant: null, direction: null }), "tel1");
      await store.acquire(ownLeg("2"), context);
      expect(await store.acquire(ownLeg("1", caps(1)), context)).toMatchObject({ scope: "tenant_full" });
      expect(await counted(store)).toEqual({ tenants: { apex: 1 }, trunks: { apex_sip: 2 } });
    });

    it("finds the pending slot of an adopted leg by the channel that asked", async () => {
      await store.acquire(request("1"), context);
      expect(await store.adopt(found("2", { asker: "1" }), "tel1")).toEqual({ why: "bound", tenant: apex });
      expect((await counted(store)).tenants).toEqual({ apex: 1 });
    });

    it("does not take an inbound leg for the one it is about to dial", async () => {
      await store.acquire(request("1"), context);
      const inbound = found("1", { asker: "1", direction: null, tenant: null });
      expect(await store.adopt(inbound, "tel1")).toEqual({ why: "adopted", tenant: null });
    });

    it("counts a refused leg on its trunk only, and no sweep gives it a tenant", async () => {
      const leg = { ...trunkLeg("1"), call: null, node: "tel1" };
      expect(await store.markRefused(leg)).toBe(true);
      expect(await store.markRefused(leg)).toBe(true);
      expect(await store.adopt(found("1"), "tel1")).toEqual({ why: "held", tenant: null });
      expect(await counted(store)).toEqual({ tenants: {}, trunks: { apex_sip: 1 } });
      await store.adopt(found("2", { direction: "refused" }), "tel1");
      expect((await store.snapshot()).slots.map((slot) => slot.state)).toEqual(["refused", "refused"]);
    });

    it("does not mark a leg refused that has a tenant's slot", async () => {
      await store.acquire(ownLeg("1"), context);
      expect(await store.markRefused({ ...trunkLeg("1"), call: null, node: "tel1" })).toBe(false);
      expect((await counted(store)).tenants).toEqual({ apex: 1 });
    });

    it("renews what it knows and names what it does not", async () => {
      await store.acquire(ownLeg("1"), context);
      expect(await store.renew("ast1", "b2", ["1", "2", "2"])).toEqual(["2"]);
      expect((await store.snapshot()).slots[0]?.boot).toBe("b2");
    });
  });

  describe("leases", () => {
    it("an ended lease never counts", async () => {
      await store.acquire(request("1", caps(1)), { ...context, pendingMs: 0 });
      expect(await store.acquire(ownLeg("2", caps(1)), context)).toMatchObject({ granted: true });
      await made.endLeases();
      expect(await store.acquire(ownLeg("3", caps(1)), context)).toMatchObject({ granted: true });
      await made.endLeases();
      expect(await store.expire()).toBe(1);
      expect(await counted(store)).toEqual(none);
    });

    it("those of an unseen switch do not end, also new ones", async () => {
      await store.acquire(ownLeg("1"), context);
      await store.freeze("ast1");
      await store.acquire(request("2"), { ...context, pendingMs: 0 });
      await store.acquire(ownLeg("3", { key: key("3", "ast2") }), context);
      await made.endLeases();
      const { slots, frozen } = await store.snapshot();
      expect(slots.map((slot) => slot.key.uniqueid).sort()).toEqual(["1", "2"]);
      expect(slots.every((slot) => slot.leaseEndsAt === null)).toBe(true);
      expect(frozen).toEqual(["ast1"]);
    });

    it("those that ended while nobody looked come back with a freeze", async () => {
      await store.acquire(ownLeg("1"), context);
      await made.endLeases();
      await store.freeze("ast1");
      expect((await counted(store)).tenants).toEqual({ apex: 1 });
    });

    it("begin anew when the switch is seen again", async () => {
      await store.acquire(ownLeg("1"), context);
      await store.freeze("ast1");
      await made.endLeases();
      await store.unfreeze("ast1");
      await store.unfreeze("ast1");
      expect((await counted(store)).tenants).toEqual({ apex: 1 });
      await made.endLeases();
      expect(await counted(store)).toEqual(none);
    });
  });

  describe("a new boot of the switch", () => {
    it("frees the old boot's slots, spares what the sweep listed and what is too young to be listed", async () => {
      for (const uniqueid of ["1", "2"]) await store.acquire(ownLeg(uniqueid), context);
      await store.acquire(ownLeg("3"), { ...context, boot: "b2" });
      await store.acquire(ownLeg("4", { key: key("4", "ast2") }), context);
      expect(await store.endBoot("ast1", "b2", { uniqueids: ["2"], youngerThanMs: 0 })).toBe(1);
      expect(await store.endBoot("ast1", "b2", { uniqueids: [], youngerThanMs: 0 })).toBe(0);
      expect((await store.snapshot()).slots.map((slot) => slot.key.uniqueid).sort()).toEqual(["2", "3", "4"]);
      expect(await store.endBoot("ast1", "b3", { uniqueids: [], youngerThanMs: 60_000 })).toBe(0);
    });

    it("forgets the old boot's tombstones, since uniqueids may come again", async () => {
      await store.endBoot("ast1", "b1", { uniqueids: [], youngerThanMs: 0 });
      for (const server of ["ast1", "ast2"]) await store.release(key("1", server), "hangup");
      await store.endBoot("ast1", "b1", { uniqueids: [], youngerThanMs: 0 });
      expect(await store.adopt(found("1"), "tel1")).toMatchObject({ why: "gone" });
      await store.endBoot("ast1", "b2", { uniqueids: [], youngerThanMs: 0 });
      expect(await store.adopt(found("1"), "tel1")).toMatchObject({ why: "adopted" });
      expect(await store.adopt(found("1", { key: key("1", "ast2") }), "tel1")).toMatchObject({ why: "gone" });
    });
  });

  it("lets the only node listen", async () => {
    expect(await store.electListener("ast1", "tel1", 1000)).toBe(true);
    expect(await store.electListener("ast1", "tel1", 1000)).toBe(true);
    await store.resignListener("ast1", "tel1");
  });

  it("lets the only node have its name", async () => {
    expect(await store.claimName("tel1", "first", 1000)).toBe(true);
    expect(await store.claimName("tel1", "first", 1000)).toBe(true);
    await store.leaveName("tel1", "first");
  });
});
