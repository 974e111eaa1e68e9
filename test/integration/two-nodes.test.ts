import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SignalboxProcess } from "../../load/lab/signalbox.ts";
import { expectOk, typist } from "../../load/sipp-runner.ts";
import { somebody } from "./support/callers.ts";
import { AT } from "./support/configuration.ts";
import { listenAs, type Peer, passOn } from "./support/peers.ts";
import { startTestWorld, type TestWorld } from "./support/test-world.ts";

const APEX = `timezone: America/New_York
country: US
caller_ids: ["+12125550100"]
ingroups: [SALES, LOST]
dids:
  "+12125550100": {route: welcome}
routes:
  welcome: {menu: welcome}
menus:
  welcome:
    prompt: short
    choices: {"3": {menu: sales}}
    exhausted: {ingroup: LOST}
  sales:
    prompt: short
    choices: {"1": {announce: blip, then: {ingroup: SALES}}, "*": {menu: welcome}}
    exhausted: {ingroup: LOST}
fallback: {ingroup: LOST}
`;

function stepsOf(node: SignalboxProcess, call: string): number {
  return node.log().filter((line) => line.event === "call.decided" && line.call === call).length;
}

/** Asterisk asks the splitter, which hands the steps to both nodes in turns, and then the second node itself. */
describe.each(["22", "16"] as const)("two nodes behind Asterisk %s", (version) => {
  let world: TestWorld;
  let other: SignalboxProcess;
  let splitter: Peer;

  beforeAll(async () => {
    world = await startTestWorld({
      version,
      tenants: { apex: APEX },
      fastagiAddresses: [AT.splitter, AT.otherFastagi],
    });
    other = await world.startOtherNode();
    splitter = await listenAs(AT.splitter, (socket, number) =>
      passOn(socket, number % 2 === 1 ? AT.fastagi : AT.otherFastagi),
    );
  });

  afterAll(async () => {
    await splitter?.close();
    await world?.stop();
  });
  afterEach(() => world.observer.silence());

  it("take_turns_on_the_steps_of_one_call", async () => {
    const from = somebody();
    const scenario = typist([400, "3", 400, "*", 400, "3", 400, "1"], { from, holdMs: 1500 });
    expectOk(await world.call("+12125550100", scenario));
    const arrival = await world.arrivals.first(from);
    expect(arrival).toMatchObject({ at: "ingroup SALES", tenant: "apex", did: "+12125550100" });
    // welcome, sales, welcome, sales, the announcement, the in-group
    expect([stepsOf(world.node(), arrival.call), stepsOf(other, arrival.call)]).toEqual([3, 3]);
  });

  it("stand_in_for_one_another_in_mid_call", async () => {
    const from = somebody();
    const scenario = typist([400, "3", 3000, "1"], { from, holdMs: 1500 });
    const before = splitter.taken();
    const call = world.call("+12125550100", scenario);
    await expect.poll(() => splitter.taken() - before, { timeout: 5000 }).toBeGreaterThanOrEqual(2);
    await splitter.close();
    world.node().child.kill("SIGKILL");
    expectOk(await call);
    expect(await world.arrivals.first(from)).toMatchObject({ at: "ingroup SALES", tenant: "apex" });
  });

  it("answer_at_once_when_only_the_second_is_there", async () => {
    const from = somebody();
    const began = Date.now();
    expectOk(await world.call("+12125550100", typist([300, "3", 300, "1"], { from, holdMs: 1000 })));
    expect(await world.arrivals.first(from)).toMatchObject({ at: "ingroup SALES" });
    expect(Date.now() - began).toBeLessThan(5000);
  });
});
