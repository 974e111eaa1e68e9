import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import {
  expectAnswer,
  expectOk,
  hangUp,
  invite,
  pause,
  type Scenario,
  typist,
} from "../../load/sipp-runner.ts";
import { AT } from "./support/configuration.ts";
import { startTestWorld, type TestWorld } from "./support/test-world.ts";

const TENANTS = ["apex", "green", "vote", "zest"];
const DIDS_EACH = 50;
const CALLS = TENANTS.length * DIDS_EACH;
/** Every one of them is up before the first of them goes. */
const HOLD_MS = 8_000;

type Line = { readonly tenant: string; readonly did: string; readonly ingroup: string };

const LINES: readonly Line[] = TENANTS.flatMap((tenant, nth) =>
  Array.from({ length: DIDS_EACH }, (_, index) => {
    const number = `+1${212 + nth}555${String(100 + index).padStart(4, "0")}`;
    return { tenant, did: number, ingroup: `${tenant.toUpperCase()}_${index}` };
  }),
);

function linesOf(tenant: string): readonly Line[] {
  return LINES.filter((line) => line.tenant === tenant);
}

/** Each number leads to an in-group of its own; key `d` of the tenant's menu leads to its in-group `d`. */
function yamlOf(tenant: string): string {
  const lines = linesOf(tenant);
  const menuNumber = `+1${312 + TENANTS.indexOf(tenant)}5550100`;
  return `timezone: UTC
country: US
caller_ids: ["${lines[0]?.did}"]
ingroups: ${JSON.stringify(lines.map(({ ingroup }) => ingroup))}
dids:
  "${menuNumber}": {route: menu}
${lines.map(({ did, ingroup }) => `  "${did}": {route: ${ingroup}}\n`).join("")}routes:
  menu: {menu: main}
${lines.map(({ ingroup }) => `  ${ingroup}: {ingroup: ${ingroup}}\n`).join("")}menus:
  main:
    prompt: long
    wait_seconds: 10
    choices:
${Array.from({ length: 10 }, (_, key) => `      "${key}": {route: ${tenant.toUpperCase()}_${key}}\n`).join("")}    exhausted: {hangup: "38"}
fallback: {hangup: "38"}
`;
}

/** Says nothing and sends no media, so that two hundred of them cost next to nothing. */
const QUIET_CALLER: Scenario = {
  name: "quiet",
  role: "caller",
  steps: [invite({ from: "[field1]", to: "[field0]" }), expectAnswer(), pause(HOLD_MS), hangUp()],
};

describe.each(["22", "16"] as const)("two hundred calls at once on Asterisk %s", (version) => {
  let world: TestWorld;

  beforeAll(async () => {
    const tenants = Object.fromEntries(TENANTS.map((tenant) => [tenant, yamlOf(tenant)]));
    world = await startTestWorld({ version, tenants });
  });

  afterAll(() => world?.stop());

  const liveCalls = async (): Promise<number> => (await world.observer.live()).length;
  /** On a busy machine a channel is there a while before a step has decided it. */
  const decidedCalls = async (): Promise<number> =>
    (await world.observer.live()).filter(({ stamp }) => stamp.call !== "").length;

  it("each_reach_their_own_destination", async () => {
    const rows = LINES.map(({ did }, index) => [did, `+1646777${String(index).padStart(4, "0")}`]);
    const load = { calls: CALLS, rate: 80, rows, traceMessages: false, localIp: AT.poolCarrier.ip };
    const run = world.call("unused", QUIET_CALLER, load);
    await waitFor(
      "two hundred calls",
      async () => (await decidedCalls()) === CALLS || undefined,
      12_000,
      200,
    );
    const live = await world.observer.live();
    expectOk(await run);
    const byCaller = new Map(world.arrivals.all().map((arrival) => [arrival.from, arrival]));
    for (const [index, { did, ingroup, tenant }] of LINES.entries()) {
      const arrival = byCaller.get(rows[index]?.[1] ?? "");
      expect(arrival).toMatchObject({ at: `ingroup ${ingroup}`, did, tenant, account: tenant });
    }
    expect(world.arrivals.all()).toHaveLength(CALLS);
    expect(new Set(world.arrivals.all().map(({ call }) => call)).size).toBe(CALLS);
    // As the manager interface saw them: account code, number and client of one leg belong together.
    const owners = new Map(LINES.map(({ did, tenant }) => [did, tenant]));
    for (const { stamp } of live) {
      expect(stamp.tenant).toBe(owners.get(stamp.did));
      expect(stamp.account).toBe(stamp.tenant);
    }
    await world.observer.silence(15_000);
  });

  it("each_press_their_own_key_and_reach_what_it_stands_for", async () => {
    const before = world.arrivals.all().length;
    const agents = Array.from({ length: 10 }, (_, key) => {
      const tenant = TENANTS.indexOf(TENANTS[key % TENANTS.length] ?? "");
      const from = `+1646888000${key}`;
      // Ten agents with a key each; a key belongs to the tenant whose number that agent dials.
      const scenario = typist([1500 + key * 20, String(key)], { from, holdMs: 2500 });
      const load = { calls: 20, rate: 10, traceMessages: false, localIp: AT.poolCarrier.ip };
      return world.call(`+1${312 + tenant}5550100`, scenario, load);
    });
    await waitFor("two hundred calls", async () => (await liveCalls()) >= 190 || undefined, 15_000, 200);
    for (const result of await Promise.all(agents)) expectOk(result);
    const arrivals = world.arrivals.all().slice(before);
    expect(arrivals).toHaveLength(200);
    for (const { from, at, tenant, account } of arrivals) {
      const key = Number(from.at(-1));
      const meant = TENANTS[key % TENANTS.length] ?? "";
      expect({ at, tenant, account }).toEqual({
        at: `ingroup ${meant.toUpperCase()}_${key}`,
        tenant: meant,
        account: meant,
      });
    }
    await world.observer.silence(15_000);
  });
});
