import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectOk, type Typing, typist } from "../../load/sipp-runner.ts";
import { callAndArrive, somebody } from "./support/callers.ts";
import type { Arrival } from "./support/destinations.ts";
import { startTestWorld, type TestWorld } from "./support/test-world.ts";

/** Whatever today is: the days around it, whose exceptions cover every time zone. */
const DAYS = [-1, 0, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10));
const exceptions = (ranges: string): string => `{${DAYS.map((day) => `"${day}": ${ranges}`).join(", ")}}`;
const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19);

const APEX = `timezone: America/New_York
country: US
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
ingroups: [ONE, TWELVE, HASH, STAR, NIGHT, LOST, PARTY, VIP, BLOCKED, SALES, TEST_FALLBACK]
dids:
  "+12125550100": {route: welcome}
  "+12125550101": {route: impatient}
  "+12125550110": {route: open_by_exception}
  "+12125550111": {route: closed_by_exception}
  "+12125550112": {route: holiday_by_override}
  "+12125550113": {route: open_by_override}
  "+12125550114": {route: override_is_over}
hours:
  never: {exceptions: ${exceptions("closed")}, weekly: {daily: ["00:00-24:00"]}}
  always: {exceptions: ${exceptions('["00:00-24:00"]')}}
  holiday: {weekly: {daily: ["00:00-24:00"]}, override: {state: holiday}}
  opened: {weekly: {}, override: {state: open, until: "${IN_AN_HOUR}Z"}}
  over: {weekly: {daily: ["00:00-24:00"]}, override: {state: closed, until: "2026-01-01T00:00:00Z"}}
blocked_callers: {numbers: ["+16465559001"], prefixes: ["+1900"], anonymous: true, then: {ingroup: BLOCKED}}
vip_callers: {numbers: ["+16465559002"], route: vip}
routes:
  welcome: {menu: welcome}
  impatient: {menu: impatient}
  vip: {ingroup: VIP}
  open_by_exception: {hours: always, open: {ingroup: ONE}, closed: {ingroup: NIGHT}, holiday: {ingroup: PARTY}}
  closed_by_exception: {hours: never, open: {ingroup: ONE}, closed: {ingroup: NIGHT}, holiday: {ingroup: PARTY}}
  holiday_by_override: {hours: holiday, open: {ingroup: ONE}, closed: {ingroup: NIGHT}, holiday: {ingroup: PARTY}}
  open_by_override: {hours: opened, open: {ingroup: ONE}, closed: {ingroup: NIGHT}, holiday: {ingroup: PARTY}}
  override_is_over: {hours: over, open: {ingroup: ONE}, closed: {ingroup: NIGHT}, holiday: {ingroup: PARTY}}
menus:
  welcome:
    prompt: long
    wait_seconds: 2
    next_digit_seconds: 1
    attempts: 3
    choices:
      "1": {ingroup: ONE}
      "12": {ingroup: TWELVE}
      "3": {menu: sales}
      "5": {announce: quiet, then: {menu: impatient}}
      "#": {ingroup: HASH}
      "*9#": {ingroup: STAR}
    invalid: {announce: wrong}
    exhausted: {ingroup: LOST}
  sales:
    prompt: short
    wait_seconds: 8
    choices:
      "1": {ingroup: SALES}
      "*": {menu: welcome}
    exhausted: {ingroup: LOST}
  impatient:
    prompt: blip
    wait_seconds: 1
    attempts: 2
    choices: {"1": {ingroup: ONE}}
    silent: {announce: quiet}
    exhausted: {ingroup: LOST}
fallback: {ingroup: TEST_FALLBACK}
`;

/** How many steps the node has decided since now. */
function countSteps(world: TestWorld): () => number {
  const count = (): number =>
    world
      .node()
      .log()
      .filter(({ event }) => event === "call.decided").length;
  const before = count();
  return () => count() - before;
}

describe.each(["22", "16"] as const)("menus on Asterisk %s", (version) => {
  let world: TestWorld;

  beforeAll(async () => {
    world = await startTestWorld({ version, tenants: { apex: APEX } });
  });

  afterAll(() => world?.stop());
  afterEach(() => world.observer.silence());

  /** Calls, types what `typing` says, stays for `holdMs` and gives where the call arrived. */
  const type = async (number: string, typing: readonly Typing[], holdMs = 1500): Promise<Arrival> => {
    const from = somebody();
    expectOk(await world.call(number, typist(typing, { from, holdMs })));
    return world.arrivals.first(from, 1000);
  };

  // The prompt of `welcome` lasts twelve seconds, so all of these interrupt it.
  const TYPED: Readonly<Record<string, readonly [typing: readonly Typing[], ingroup: string]>> = {
    a_choice_that_begins_a_longer_one_is_taken_after_a_pause: [[500, "1"], "ONE"],
    a_choice_of_two_keys: [[500, "12"], "TWELVE"],
    hash_is_a_key_like_any_other: [[500, "#"], "HASH"],
    star_and_hash_among_the_keys_of_one_choice: [[500, "*9#"], "STAR"],
    a_menu_in_a_menu: [[500, "3", 900, "1"], "SALES"],
    typed_ahead_through_both_menus: [[500, "31"], "SALES"],
    keys_over_an_announcement_are_lost: [[500, "51", 4000, "0"], "LOST"],
    star_leads_back: [[500, "3", 900, "*", 900, "12"], "TWELVE"],
    wrong_then_right: [[500, "9", 1000, "12"], "TWELVE"],
    right_then_wrong_second_key_then_right: [[500, "14", 1000, "#"], "HASH"],
    wrong_to_the_last_attempt: [[500, "9", 1000, "8", 1000, "7"], "LOST"],
  };

  it("lead_each_caller_where_the_keys_say_or_their_absence", async () => {
    const cases = Object.entries(TYPED);
    const silent = type("+12125550101", [], 5500);
    const reached = await Promise.all(
      cases.map(async ([name, [typing]]) => [name, (await type("+12125550100", typing, 2500)).at]),
    );
    expect(Object.fromEntries(reached)).toEqual(
      Object.fromEntries(cases.map(([name, [, ingroup]]) => [name, `ingroup ${ingroup}`])),
    );
    // Without a key the prompt comes a second time, and then the call goes on to `exhausted`.
    expect(await silent).toMatchObject({ at: "ingroup LOST", tenant: "apex", did: "+12125550101" });
  });

  it("a_key_interrupts_the_prompt_at_once", async () => {
    const from = somebody();
    const call = world.call("+12125550100", typist([300, "#"], { from, holdMs: 1500 }));
    const began = Date.now();
    await world.arrivals.first(from, 4000);
    expect(Date.now() - began).toBeLessThan(3500);
    expectOk(await call);
  });

  it("follow_the_hours", async () => {
    const cases = { "110": "ONE", "111": "NIGHT", "112": "PARTY", "113": "ONE", "114": "ONE" };
    const reached = await Promise.all(
      Object.keys(cases).map(async (number) => [
        number,
        (await callAndArrive(world, `+12125550${number}`)).at,
      ]),
    );
    expect(Object.fromEntries(reached)).toEqual(
      Object.fromEntries(Object.entries(cases).map(([number, ingroup]) => [number, `ingroup ${ingroup}`])),
    );
  });

  it("know_blocked_callers_and_important_ones_before_anything_is_played", async () => {
    const cases = {
      "+16465559001": ["ingroup BLOCKED", "refused"],
      "6465559001": ["ingroup BLOCKED", "refused"],
      "+19005550100": ["ingroup BLOCKED", "refused"],
      anonymous: ["ingroup BLOCKED", "refused"],
      "+16465559002": ["ingroup VIP", "inbound"],
    };
    const reached = await Promise.all(
      Object.keys(cases).map(async (from) => {
        const { at, direction, tenant, account } = await callAndArrive(world, "+12125550100", { from });
        expect([tenant, account]).toEqual(["apex", "apex"]);
        return [from, [at, direction]];
      }),
    );
    expect(Object.fromEntries(reached)).toEqual(cases);
  });

  it("a_node_killed_in_mid_menu_is_not_missed_once_it_is_back", async () => {
    const from = somebody();
    const steps = countSteps(world);
    // The dialplan asks for three seconds more after the key, and the caller is there all the while.
    const call = world.call("+12125550100", typist([400, "3", 4000, "1"], { from, holdMs: 4500 }));
    await expect.poll(steps, { timeout: 5000 }).toBeGreaterThanOrEqual(2);
    world.node().child.kill("SIGKILL");
    await world.node().child.exited;
    await world.startNode();
    expectOk(await call);
    expect(await world.arrivals.first(from)).toMatchObject({ at: "ingroup SALES", tenant: "apex" });
  });

  it("a_node_that_stays_away_sends_the_caller_to_the_fallback_of_the_number", async () => {
    const from = somebody();
    const steps = countSteps(world);
    const call = world.call("+12125550100", typist([1500, "3"], { from, holdMs: 4500 }));
    await expect.poll(steps, { timeout: 5000 }).toBeGreaterThanOrEqual(1);
    world.node().child.kill("SIGKILL");
    expectOk(await call);
    expect(await world.arrivals.first(from)).toMatchObject({
      at: "ingroup TEST_FALLBACK",
      tenant: "apex",
      did: "+12125550100",
    });
    await world.startNode();
  });
});
