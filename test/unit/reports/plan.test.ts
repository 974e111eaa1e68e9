import { describe, expect, test } from "vitest";
import { loadConfiguration } from "../../../src/config/load.ts";
import { type CapacityPlan, capacityPlan } from "../../../src/reports/plan.ts";
import { planText } from "../../../src/reports/plan-text.ts";
import { adviceFor } from "../../../src/reports/strategy-advice.ts";
import { snapshotWith, trunkWith, type WrittenSnapshot, type WrittenTenant } from "../../builders.ts";
import { inCheckout } from "../commands/command-line.ts";

const switchWith = (server: string) => ({
  server,
  ami: "127.0.0.1:5038",
  username: "signalbox",
  secret: "s",
  version: "22",
  technology: "pjsip" as const,
  addresses: [],
  cdr: null,
});

const options = { dialLevel: 3, serverChannels: 300 };

function planOf(written: WrittenSnapshot, with_ = options): CapacityPlan {
  return capacityPlan(snapshotWith({ system: { switches: [switchWith("ast1")] }, ...written }), with_);
}

/** One client on a shared trunk of its size unless given. */
function oneOf(tenant: WrittenTenant, trunks = [trunkWith("pool_a", { channels: 100 })]): CapacityPlan {
  return planOf({ tenants: { apex: tenant }, trunks });
}

function said(plan: CapacityPlan, kind: "cannot_hold" | "note"): string[] {
  return plan.findings.filter((each) => each.kind === kind).map(({ about, says }) => `${about}: ${says}`);
}

const dids = { "+12125550100": "main" };

describe("what a client wants", () => {
  test("is_its_agents_times_the_dial_level_and_its_inbound_cap", () => {
    const [tenant] = oneOf({ agents: 10, dids, limits: { inbound: 5 } }).tenants;
    expect(tenant).toMatchObject({ outbound: 30, inbound: 5, wanted: 35 });
  });

  test("is_rounded_up_to_a_whole_line", () => {
    const plan = planOf({ tenants: { apex: { agents: 3 } } }, { dialLevel: 1.5, serverChannels: 300 });
    expect(plan.tenants[0]).toMatchObject({ outbound: 5, inbound: 0 });
  });

  test("is_one_inbound_call_for_every_agent_without_a_cap", () => {
    expect(oneOf({ agents: 7, dids }).tenants[0]?.inbound).toBe(7);
  });

  test("is_no_line_out_where_the_client_only_takes_calls", () => {
    const plan = oneOf({ agents: 7, dids, limits: { outbound: 0 } });
    expect(plan.tenants[0]).toMatchObject({ outbound: 0, inbound: 7 });
    expect(said(plan, "cannot_hold")).toEqual([]);
  });

  test("is_no_inbound_call_without_a_number", () => {
    expect(oneOf({ agents: 7, limits: { inbound: 5 } }).tenants[0]?.inbound).toBe(0);
  });

  test("is_its_caps_where_its_agents_are_not_given", () => {
    const plan = oneOf({ dids, limits: { channels: 20, inbound: 5 } });
    expect(plan.tenants[0]).toMatchObject({ agents: null, outbound: 15, inbound: 5, wanted: 20 });
    expect(said(plan, "note")).toContain(
      "apex: limits stand for its agents, which are not given: set agents",
    );
  });
});

describe("a cap", () => {
  test("holds_when_it_is_what_is_wanted", () => {
    expect(oneOf({ agents: 9, limits: { channels: 27 } })).toMatchObject({ holds: true, findings: [] });
  });

  test("does_not_hold_one_below", () => {
    const plan = oneOf({ agents: 10, limits: { channels: 29 } });
    expect(plan.holds).toBe(false);
    expect(said(plan, "cannot_hold")).toEqual([
      "apex: the cap of 29 is below 30 out and 0 in: raise limits.channels or lower the dial level",
    ]);
  });

  test("of_outbound_does_not_hold_one_below", () => {
    expect(said(oneOf({ agents: 10, limits: { outbound: 29 } }), "cannot_hold")).toEqual([
      "apex: the outbound cap of 29 is below 30 dialled lines: raise limits.outbound",
    ]);
  });

  test("that_only_watches_is_named", () => {
    const plan = oneOf({ agents: 9, limits: { channels: 27, mode: "watch" } });
    expect(said(plan, "note")).toEqual(["apex: its caps only watch: it may use more than is planned here"]);
  });
});

describe("trunks", () => {
  const own = trunkWith("apex_sip", { channels: 29, shared: false, tenant: "apex" });

  test("of_its_own_that_are_too_few_are_named", () => {
    const trunks = { strategy: "dedicated", dedicated: ["apex_sip"] } as const;
    const plan = oneOf({ agents: 10, trunks }, [own]);
    expect(said(plan, "cannot_hold")).toEqual([
      "apex: its trunks have 29 channels, fewer than 30 out and 0 in: add channels or overflow",
    ]);
    expect(plan.tenants[0]).toMatchObject({ own_trunks: 29, from_pool: 0 });
  });

  test("that_overflow_into_the_pool_hold", () => {
    const trunks = { strategy: "hybrid", dedicated: ["apex_sip"] } as const;
    const plan = oneOf({ agents: 10, trunks, limits: { reserved: 1 } }, [own, trunkWith("pool_a")]);
    expect(plan.holds).toBe(true);
    expect(plan.tenants[0]).toMatchObject({ from_pool: 1, sure: 30 });
  });
});

describe("the shared pool", () => {
  const two = (channels: number, reserved: number) =>
    planOf({
      tenants: {
        apex: { agents: 10, limits: { reserved } },
        green: { agents: 10, limits: { reserved } },
      },
      trunks: [trunkWith("pool_a", { channels }), trunkWith("pool_b", { channels })],
    });

  test("holds_when_all_at_once_ask_for_what_it_has", () => {
    expect(two(30, 0)).toMatchObject({ holds: true, pool: { channels: 60, wanted: 60 } });
  });

  test("does_not_hold_when_they_ask_for_more", () => {
    expect(said(two(29, 0), "cannot_hold")).toEqual([
      "pool: all at once ask for 60 of 58 channels (apex 30, green 30): what is above a client's reserve is not sure, add shared channels or trunks of their own",
    ]);
  });

  test("holds_its_reserves_without_its_largest_trunk", () => {
    expect(said(two(30, 15), "note").filter((says) => says.startsWith("pool"))).toEqual([]);
  });

  test("says_when_a_reserve_needs_every_trunk_alive", () => {
    expect(said(two(30, 16), "note")).toContain(
      "pool: the reserves of 32 (apex 16, green 16) hold only while pool_a is well: without it the pool has 30",
    );
  });

  test("cannot_keep_more_than_it_has", () => {
    expect(said(two(30, 31), "cannot_hold")[0]).toBe(
      "pool: the reserves add up to 62 of 60 channels (apex 31, green 31): lower them",
    );
  });

  test("stands_idle_where_a_reserve_is_more_than_is_ever_wanted", () => {
    expect(said(oneOf({ agents: 1, limits: { reserved: 4 } }), "note")).toContain(
      "apex: 4 are reserved and at most 3 of the pool are wanted: the rest stands idle",
    );
  });
});

describe("servers", () => {
  const big = (agents: number) =>
    planOf({ tenants: { apex: { agents } }, trunks: [trunkWith("pool_a", { channels: 1000 })] });

  test("one_carries_exactly_its_channels", () => {
    expect(big(100)).toMatchObject({ holds: true, servers: { channels: 300, needed: 1 } });
  });

  test("one_channel_more_needs_another", () => {
    const plan = big(101);
    expect(plan.servers).toEqual({ channels: 303, needed: 2, configured: 1 });
    expect(said(plan, "cannot_hold")).toEqual([
      "servers: 303 channels need 2 servers at 300 each and 1 are configured: add 1",
    ]);
  });

  test("carry_no_more_than_the_trunks_do", () => {
    expect(oneOf({ agents: 1000 }).servers).toMatchObject({ channels: 100, needed: 1 });
  });
});

describe("advice", () => {
  const advise = (agents: number | null, strategy: "shared" | "dedicated" | "hybrid" = "hybrid") =>
    adviceFor({ agents, wanted: 150, strategy, serverChannels: 300 });

  test.each([
    [9, "shared", false],
    [10, "dedicated", false],
    [50, "dedicated", false],
    [51, "dedicated", true],
  ])("%i_agents_%s", (agents, strategy, ownServer) => {
    expect(advise(agents)).toMatchObject({ strategy, own_server: ownServer });
  });

  test("hybrid_begins_with_a_trunk_of_its_own_and_fits", () => {
    expect(advise(20)).toMatchObject({ fits: true });
    expect(advise(20, "shared")).toMatchObject({ fits: false });
    expect(advise(5, "shared")).toMatchObject({ fits: true });
  });

  test("a_large_client_is_told_how_much_of_a_server_it_fills", () => {
    expect(advise(60).why).toContain("50% of one");
  });

  test("nothing_is_advised_where_agents_are_not_given", () => {
    expect(advise(null)).toMatchObject({ strategy: null, fits: true });
  });
});

describe("the text", () => {
  test("has_every_client_and_ends_with_the_verdict", () => {
    const text = planText(oneOf({ agents: 10, limits: { channels: 29 } }));
    expect(text).toContain("apex        10   30   0      30   29");
    expect(text).toContain("\ncannot hold\n  apex: the cap of 29");
    expect(text).toMatch(/\nnot everything that is promised can be held\n$/);
  });
});

test("what_the_shipped_clients_are_promised_holds", () => {
  const { snapshot } = loadConfiguration(inCheckout("config"), { env: {}, purpose: "check" });
  if (snapshot === null) throw new Error("the shipped configuration has errors");
  expect(said(capacityPlan(snapshot, options), "cannot_hold")).toEqual([]);
});
