import { describe, expect, it } from "vitest";
import type { LegBook, ListedFact, Sweep } from "../../../src/calls/leg-facts.ts";
import { LegWatch } from "../../../src/calls/legs.ts";
import type { Slot } from "../../../src/calls/slot-port.ts";
import { parseTenantId, type TenantId } from "../../../src/core/tenant/tenant-id.ts";

const apex = "apex" as TenantId;
const book: LegBook = {
  trunkOf: (channel) => /^PJSIP\/(apex_sip|pool_a)-/.exec(channel)?.[1] ?? null,
  tenantOf: (code) => (code === "apex" || code === "birch" ? parseTenantId(code) : null),
};

function listed(uniqueid: string, change: Partial<ListedFact> = {}): ListedFact {
  return {
    uniqueid,
    channel: `PJSIP/apex_sip-0000000${uniqueid}`,
    accountCode: "apex",
    sbCall: null,
    sbDirection: "outbound",
    ...change,
  };
}

function slot(uniqueid: string, change: Partial<Slot> = {}): Slot {
  return {
    key: { server: "ast1", uniqueid },
    state: "bound",
    tenant: apex,
    direction: "outbound",
    trunk: "apex_sip",
    boot: "b1",
    asker: null,
    call: null,
    node: "tel1",
    takenAt: 0,
    leaseEndsAt: 60_000,
    flagged: null,
    adopted: false,
    ...change,
  };
}

const whole = { complete: true, boot: "b1", frozen: false } as const;

/** Sweeps ten seconds apart; gives what the last one orders, renewals and boot left out. */
function sweeps(watch: LegWatch, ...all: Partial<Sweep>[]) {
  const outcomes = all.map((one, at) =>
    watch.sweep({ ...whole, listed: [], stored: [], at: at * 10_000, ...one }, book),
  );
  const last = outcomes.at(-1);
  if (last === undefined) throw new Error("no sweep");
  return {
    ...last,
    orders: last.orders.filter((order) => order.do !== "renew" && order.do !== "endBoot"),
  };
}

describe("a trunk that got another name", () => {
  it("takes a leg along that two sweeps have listed", () => {
    const watch = new LegWatch("ast1");
    const look = { listed: [listed("1"), listed("2")], stored: [slot("1", { trunk: "old" }), slot("2")] };
    expect(sweeps(watch, look).orders).toEqual([]);
    const [order, ...rest] = sweeps(watch, { ...look, at: 10_000 }).orders;
    expect(rest).toEqual([]);
    expect(order).toMatchObject({ do: "adopt", leg: { key: { uniqueid: "1" }, trunk: "apex_sip" } });
  });
});

describe("an event", () => {
  it("binds the first trunk leg that a channel dials", () => {
    const watch = new LegWatch("ast1");
    const fact = { uniqueid: "1", destUniqueid: "2", destChannel: "PJSIP/pool_a-00000001" };
    expect(watch.dialBegin(fact, "b1", book)).toEqual([
      {
        do: "bind",
        asker: { server: "ast1", uniqueid: "1" },
        leg: { key: { server: "ast1", uniqueid: "2" }, boot: "b1", trunk: "pool_a" },
      },
    ]);
  });

  it.each([
    ["a phone", { uniqueid: "1", destUniqueid: "2", destChannel: "PJSIP/100-00000001" }],
    ["a Local channel", { uniqueid: "1", destUniqueid: "2", destChannel: "Local/5@pool_a-00000001;1" }],
    ["nobody's dialling", { uniqueid: null, destUniqueid: "2", destChannel: "PJSIP/pool_a-00000001" }],
  ])("of %s binds nothing", (_, fact) => {
    expect(new LegWatch("ast1").dialBegin(fact, "b1", book)).toEqual([]);
  });

  it("of a hangup frees nothing before the switch has confirmed it", () => {
    const watch = new LegWatch("ast1");
    expect(watch.hangup({ uniqueid: "2" })).toEqual([{ do: "confirm", uniqueid: "2" }]);
    expect(watch.ended("2")).toEqual([
      { do: "release", key: { server: "ast1", uniqueid: "2" }, reason: "hangup" },
    ]);
  });

  it.each([
    ["CONGESTION", "handBack"],
    ["CHANUNAVAIL", "handBack"],
    ["NOANSWER", "handBack"],
    ["CANCEL", "release"],
    ["ANSWER", "release"],
  ])("of a leg that ends with %s orders its %s", (status, order) => {
    const watch = new LegWatch("ast1");
    const dial = { uniqueid: "1", destUniqueid: "2", destChannel: "PJSIP/pool_a-00000001" };
    watch.dialEnd({ ...dial, status }, book);
    expect(watch.ended("2")).toMatchObject([{ do: order, key: { server: "ast1", uniqueid: "2" } }]);
    expect(watch.ended("2")).toMatchObject([{ do: "release" }]);
  });

  it("of a leg that ends after its call has given up hands nothing back, and of the next number's it does", () => {
    const watch = new LegWatch("ast1");
    const dial = (destUniqueid: string) => {
      const fact = { uniqueid: "1", destUniqueid, destChannel: "PJSIP/pool_a-00000001" };
      watch.dialBegin(fact, "b1", book);
      watch.dialEnd({ ...fact, status: "BUSY" }, book);
    };
    dial("2");
    watch.settled("1");
    expect(watch.ended("2")).toMatchObject([{ do: "release" }]);
    dial("3");
    expect(watch.ended("3")).toMatchObject([{ do: "handBack" }]);
  });

  it("of a phone that nobody picks up hands nothing back", () => {
    const watch = new LegWatch("ast1");
    const dial = { uniqueid: "1", destUniqueid: "2", destChannel: "PJSIP/100-00000001" };
    watch.dialEnd({ ...dial, status: "NOANSWER" }, book);
    expect(watch.ended("2")).toMatchObject([{ do: "release" }]);
  });

  it("of a hangup asks about a phone too: it may have asked for a slot and had no time to be marked", () => {
    const phone = { uniqueid: "2", channel: "PJSIP/100-00000001" };
    expect(new LegWatch("ast1").hangup(phone)).toHaveLength(1);
  });
});

describe("sweeps", () => {
  it("adopt what two of them list, by its stamp", () => {
    const seen = { listed: [listed("1", { sbCall: "ast1-9" }), listed("1", { sbCall: "ast1-9" })] };
    const watch = new LegWatch("ast1");
    expect(sweeps(watch, seen).orders).toEqual([]);
    const again = watch.sweep({ ...whole, stored: [], at: 3000, ...seen }, book);
    expect(again.orders.filter((order) => order.do === "adopt")).toEqual([
      {
        do: "adopt",
        leg: {
          key: { server: "ast1", uniqueid: "1" },
          boot: "b1",
          trunk: "apex_sip",
          tenant: apex,
          direction: "outbound",
          call: "ast1-9",
          asker: "9",
        },
      },
    ]);
  });

  it.each([
    ["the call that came in on it", "ast1-1", "inbound"],
    ["a call that came in on another, whose dialplan has dialled it", "ast1-9", "outbound"],
    ["a call of another switch", "ast2-9", "inbound"],
  ])("adopt a leg marked as of %s", (_, sbCall, direction) => {
    const seen = { listed: [listed("1", { sbCall, sbDirection: "inbound" })] };
    expect(sweeps(new LegWatch("ast1"), seen, seen).orders).toMatchObject([
      { do: "adopt", leg: { direction } },
    ]);
  });

  it("adopt a leg that the manager has originated, and that carries a code alone, as one that goes out", () => {
    const watch = new LegWatch("ast1");
    watch.dialBegin({ uniqueid: null, destUniqueid: "1", destChannel: "PJSIP/pool_a-00000001" }, "b1", book);
    const both = [listed("1", { sbDirection: null }), listed("2", { sbDirection: null })];
    expect(sweeps(watch, { listed: both }, { listed: both }).orders).toMatchObject([
      { do: "adopt", leg: { key: { uniqueid: "1" }, direction: "outbound" } },
      { do: "adopt", leg: { key: { uniqueid: "2" }, direction: null } },
    ]);
  });

  it("do not adopt what one lists, the next omits and a third lists again", () => {
    const seen = { listed: [listed("1")] };
    expect(sweeps(new LegWatch("ast1"), seen, {}, seen).orders).toEqual([]);
  });

  it("too close together count as one", () => {
    const seen = { listed: [listed("1")] };
    expect(sweeps(new LegWatch("ast1"), { ...seen, at: 0 }, { ...seen, at: 999 }).orders).toEqual([]);
    expect(sweeps(new LegWatch("ast1"), { ...seen, at: 0 }, { ...seen, at: 1000 }).orders).toHaveLength(1);
  });

  it("adopt at the first listing what a dial has already shown", () => {
    const watch = new LegWatch("ast1");
    watch.unbound("1", 0);
    expect(sweeps(watch, { listed: [listed("1")] }).orders).toHaveLength(1);
  });

  it("free what two of them omit", () => {
    const gone = { stored: [slot("1")] };
    expect(sweeps(new LegWatch("ast1"), gone)).toMatchObject({ orders: [], again: true });
    expect(sweeps(new LegWatch("ast1"), gone, gone).orders).toEqual([
      { do: "release", key: { server: "ast1", uniqueid: "1" }, reason: "swept" },
    ]);
    const there = { stored: [slot("1")], listed: [listed("1")] };
    expect(sweeps(new LegWatch("ast1"), gone, there, gone).orders).toEqual([]);
  });

  it("free nothing while the list is not complete, however often", () => {
    const broken = { stored: [slot("1")], complete: false };
    expect(sweeps(new LegWatch("ast1"), broken, broken, broken).orders).toEqual([]);
  });

  it("cancel what is pending for a channel that two of them omit", () => {
    const gone = { stored: [slot("1", { state: "pending" })] };
    expect(sweeps(new LegWatch("ast1"), gone, gone).orders).toEqual([
      { do: "cancel", asker: { server: "ast1", uniqueid: "1" } },
    ]);
    const there = { ...gone, listed: [listed("1", { channel: "PJSIP/100-00000001" })] };
    expect(sweeps(new LegWatch("ast1"), there, there).orders).toEqual([]);
  });

  it("attribute a leg that was nobody's, and leave one that still is", () => {
    const nobodys = { stored: [slot("1", { tenant: null, direction: null })] };
    const stamped = { ...nobodys, listed: [listed("1")] };
    expect(sweeps(new LegWatch("ast1"), stamped, stamped).orders).toMatchObject([
      { do: "adopt", leg: { tenant: apex } },
    ]);
    const bare = { ...nobodys, listed: [listed("1", { accountCode: "x" })] };
    expect(sweeps(new LegWatch("ast1"), bare, bare)).toMatchObject({
      orders: [],
      unstamped: ["1"],
      again: false,
    });
  });

  it("leave a refused leg as it is, and do not call it unstamped", () => {
    const refused = {
      stored: [slot("1", { state: "refused", tenant: null, direction: null })],
      listed: [listed("1", { sbDirection: "refused", accountCode: "" })],
    };
    expect(sweeps(new LegWatch("ast1"), refused, refused)).toMatchObject({ orders: [], unstamped: [] });
  });

  it("renew every listed leg with a slot, also on a trunk that is no longer configured", () => {
    const watch = new LegWatch("ast1");
    const stored = [slot("1"), slot("2", { trunk: "old" }), slot("3")];
    const seen = [listed("1"), listed("2", { channel: "PJSIP/old-00000002" })];
    const { orders } = watch.sweep({ ...whole, stored, listed: seen, at: 0 }, book);
    expect(orders[0]).toEqual({ do: "renew", server: "ast1", boot: "b1", uniqueids: ["1", "2"] });
  });

  it("measure how far store and switch are apart", () => {
    const stored = [slot("1"), slot("2"), slot("3", { state: "pending" })];
    const seen = [listed("1", { accountCode: "birch" }), listed("4")];
    expect(sweeps(new LegWatch("ast1"), { stored, listed: seen }).drift).toEqual({
      uncounted: 1,
      absent: 1,
      otherTenant: [{ uniqueid: "1", slot: "apex", stamp: "birch" }],
    });
  });

  it("tell the store the boot once a connection, and thaw what was frozen", () => {
    const watch = new LegWatch("ast1");
    expect(watch.unseen()).toEqual([{ do: "freeze", server: "ast1" }]);
    const kinds = (one: Partial<Sweep>, at: number) =>
      watch
        .sweep({ ...whole, listed: [listed("1")], stored: [], at, ...one }, book)
        .orders.map((order) => order.do)
        .filter((kind) => kind !== "renew" && kind !== "adopt");
    expect(kinds({ complete: false }, 0)).toEqual([]);
    expect(kinds({}, 10_000)).toEqual(["endBoot", "unfreeze"]);
    expect(kinds({}, 20_000)).toEqual([]);
    expect(kinds({ boot: "b2" }, 30_000)).toEqual(["endBoot"]);
    // By a node that listened before and was held up in the middle of it.
    expect(kinds({ boot: "b2", frozen: true }, 40_000)).toEqual(["unfreeze"]);
  });

  it("freeze once while no list can be had, and thaw with the next", () => {
    const watch = new LegWatch("ast1");
    sweeps(watch, {});
    expect(watch.unlisted()).toEqual([{ do: "freeze", server: "ast1" }]);
    expect(watch.unlisted()).toEqual([]);
    expect(sweeps(watch, {}).orders).toEqual([{ do: "unfreeze", server: "ast1" }]);
  });
});
