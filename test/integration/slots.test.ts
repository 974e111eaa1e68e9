import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scenario } from "../../load/sipp/scenario.ts";
import { caller, expectOk, runSipp } from "../../load/sipp-runner.ts";
import { answered, hopefulCaller } from "./support/slot-calls.ts";
import { type ServerName, SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

const CAP = 37;

/** One tenant for every rule, each with numbers of its own: 0 answers at once, Apex's others ring phones. */
function tenant(nth: number, limits: string, more = ""): string {
  const did = (last: number): string => `+1${210 + nth}555010${last}`;
  return `timezone: UTC
country: US
limits: {${limits}}
caller_ids: ["${did(0)}"]
ingroups: [MAIN_${nth}]
dids: {"${did(0)}": {route: main}, "${did(1)}": {route: other}, "${did(2)}": {route: desk}}
routes:
  main: {ingroup: MAIN_${nth}}
  other: {${nth === 1 ? "dial: PJSIP/100, ring_seconds: 20" : `ingroup: MAIN_${nth}`}}
  desk: {${nth === 1 ? "dial: PJSIP/101, ring_seconds: 20" : `ingroup: MAIN_${nth}`}}
fallback: {hangup: "38"}
${more}`;
}

const APEX_LIMITS = (cap: number): string =>
  `channels: ${cap}, when_full: {inbound: busy, outbound: congestion}`;
const TENANTS = {
  apex: tenant(1, APEX_LIMITS(CAP), "trunks: {strategy: dedicated, dedicated: [apex_sip]}\n"),
  best: tenant(2, "channels: 3, when_full: {inbound: congestion}"),
  chat: tenant(3, "channels: 2, when_full: {inbound: {announce: short, then: busy}}"),
  dune: tenant(4, "channels: 20"),
  east: tenant(5, "channels: 20, reserved: 4"),
  fern: tenant(6, "channels: 1, mode: watch"),
};
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", tenant: apex, channels: 300}
  pool_a: {address: "${SLOTS_AT.pool}:${SLOTS_AT.carrierPort}", shared: true, channels: 20}
overflow: [pool_a]
`;

const numberOf = (nth: number, last = 0): string => `+1${210 + nth}555010${last}`;

describe.each(["22", "16"] as const)("caps with two nodes and two switches of Asterisk %s", (version) => {
  let world: SlotWorld;

  beforeAll(async () => {
    const options = { version, tenants: TENANTS, trunks: TRUNKS };
    world = await SlotWorld.start({ ...options, servers: ["ast1", "ast2"], nodes: ["one", "two"] });
  });

  afterAll(() => world?.stop());

  const burst = (server: ServerName, ip: string, service: string, scenario: Scenario, calls: number) =>
    runSipp({
      scenario,
      service,
      calls,
      rate: 200,
      remote: SLOTS_AT[server].sip,
      localIp: ip,
      artefacts: world.folder,
      deadlineMs: 40_000,
    });

  /** Gives Apex another cap, and waits until both nodes go by it. */
  async function apexHas(cap: number): Promise<void> {
    const apex = TENANTS.apex.replace(`channels: ${CAP}`, `channels: ${cap}`);
    for (const node of world.nodeNames) world.writeConfiguration(node, { ...TENANTS, apex });
    for (const node of world.nodeNames)
      await expect
        .poll(() => world.metric("signalbox_channels_limit", 'tenant="apex"', node), { timeout: 15_000 })
        .toBe(cap);
  }

  it("two_hundred_at_once_leave_exactly_the_cap_up", async () => {
    const crowd = (server: ServerName) =>
      burst(server, SLOTS_AT.apex, numberOf(1), hopefulCaller(486, 6000), 100);
    const both = Promise.all([crowd("ast1"), crowd("ast2")]);
    const { slots } = await world.agree(8000, CAP);
    expect(slots.every((slot) => slot.tenant === "apex" && slot.direction === "inbound")).toBe(true);
    const [first, second] = (await both).map(expectOk);
    if (first === undefined || second === undefined) throw new Error("two crowds were sent");
    expect(answered(first, 200) + answered(second, 200)).toBe(CAP);
    expect(answered(first, 486) + answered(second, 486)).toBe(200 - CAP);
    // Both switches and both nodes had a part in it.
    expect(Math.min(answered(first, 200), answered(second, 200))).toBeGreaterThan(0);
    expect(new Set(slots.map(({ node }) => node)).size).toBe(2);
    await world.agree(5000, 0);
  });

  it("congestion_is_503", async () => {
    const run = burst("ast1", SLOTS_AT.pool, numberOf(2), hopefulCaller(503, 1500), 10);
    await world.agree(5000, 3);
    const result = expectOk(await run);
    expect([answered(result, 200), answered(result, 503)]).toEqual([3, 7]);
    await world.agree(5000, 0);
  });

  it("announcement_is_early_media_and_its_leg_counts_on_the_trunk_alone", async () => {
    const run = burst("ast2", SLOTS_AT.pool, numberOf(3), hopefulCaller(486, 2500), 3);
    await expect
      .poll(async () => (await world.store.snapshot()).slots.map(({ state }) => state).sort())
      .toEqual(["bound", "bound", "refused"]);
    const { counts } = await world.store.snapshot();
    expect(counts.tenants.get("chat")?.total).toBe(2);
    expect(counts.trunks.get("pool_a")).toBe(3);
    const result = expectOk(await run);
    const early = result.messages.filter(({ status, body }) => status === 183 && body.includes("m=audio"));
    expect([answered(result, 200), answered(result, 486), early.length]).toEqual([2, 1, 1]);
    await world.agree(5000, 0);
  });

  it("nobody_eats_anothers_reserve", async () => {
    const dune = burst("ast1", SLOTS_AT.pool, numberOf(4), hopefulCaller(486, 6000), 25);
    await world.agree(5000, 16);
    const east = burst("ast2", SLOTS_AT.pool, numberOf(5), hopefulCaller(486, 2500), 6);
    const { slots } = await world.agree(5000, 20);
    expect(slots.filter((slot) => slot.tenant === "east")).toHaveLength(4);
    expect(answered(expectOk(await east), 486)).toBe(2);
    expect(answered(expectOk(await dune), 486)).toBe(9);
    await world.agree(5000, 0);
  });

  it("a_crowd_that_is_turned_away_takes_nobodys_reserve", async () => {
    const crowd = burst("ast1", SLOTS_AT.pool, numberOf(3), hopefulCaller(486, 4000), 150);
    // More than the trunk has channels: most of them hear why they are not let in.
    await expect
      .poll(async () => (await world.store.snapshot()).counts.trunks.get("pool_a"), { interval: 20 })
      .toBeGreaterThan(20);
    const east = burst("ast2", SLOTS_AT.pool, numberOf(5), hopefulCaller(486, 2500), 4);
    expect(answered(expectOk(await east), 200)).toBe(4);
    expect(answered(expectOk(await crowd), 486)).toBeGreaterThan(100);
    await world.agree(5000, 0);
  });

  it("watch_admits_and_flags", async () => {
    const run = burst("ast1", SLOTS_AT.pool, numberOf(6), caller({ holdMs: 2000 }), 3);
    const { slots } = await world.agree(5000, 3);
    expect(slots.map(({ flagged }) => flagged).sort()).toEqual([null, "tenant_full", "tenant_full"].sort());
    expectOk(await run);
    await world.agree(5000, 0);
  });

  it("a_lower_cap_drops_nobody_and_admits_nobody", async () => {
    const run = burst("ast1", SLOTS_AT.apex, numberOf(1), caller({ holdMs: 7000 }), 8);
    await world.agree(5000, 8);
    await apexHas(5);
    expectOk(await burst("ast2", SLOTS_AT.apex, numberOf(1), hopefulCaller(486, 100), 1).then(refusedOnly));
    await world.agree(2000, 8);
    expectOk(await run);
    await world.agree(5000, 0);
    expectOk(await burst("ast2", SLOTS_AT.apex, numberOf(1), caller({ holdMs: 100 }), 5));
    await apexHas(CAP);
  });
});

function refusedOnly<T extends Parameters<typeof answered>[0]>(result: T): T {
  expect(answered(result, 486)).toBe(1);
  return result;
}
