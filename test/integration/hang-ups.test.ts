import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { caller, expectOk, impatientCaller, refusedCaller } from "../../load/sipp-runner.ts";
import { answeringPhone, during, somebody } from "./support/callers.ts";
import { AT } from "./support/configuration.ts";
import { startTestWorld, type TestWorld } from "./support/test-world.ts";

const APEX = `timezone: America/New_York
country: US
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
ingroups: [APEX_MAIN]
queues: [apex-claims]
dids:
  "+12125550101": {route: prompt}
  "+12125550102": {route: phone}
  "+12125550103": {route: after}
  "+12125550104": {route: queue}
  "+12125550105": {route: mailbox}
  "+12125550106": {route: agents}
  "+12125550107": {route: menu}
routes:
  prompt: {announce: long}
  phone: {dial: PJSIP/100, ring_seconds: 30}
  after: {announce: blip, then: {dial: PJSIP/100, ring_seconds: 30}}
  queue: {queue: apex-claims}
  mailbox: {voicemail: "100"}
  agents: {ingroup: APEX_MAIN}
  menu: {menu: main}
menus:
  main: {prompt: long, choices: {"12": {route: agents}}, exhausted: {route: agents}}
fallback: {announce: long}
`;

/** Where the caller is when he goes → the number that takes him there. */
const STATES = {
  an_announcement: "101",
  a_ringing_phone_after_an_announcement: "103",
  a_queue: "104",
  a_mailbox: "105",
  an_ingroup: "106",
  a_menu: "107",
};

describe.each(["22", "16"] as const)("callers of Asterisk %s who hang up", (version) => {
  let world: TestWorld;

  beforeAll(async () => {
    world = await startTestWorld({ version, tenants: { apex: APEX } });
  });

  afterAll(() => world?.stop());
  afterEach(() => world.observer.silence());

  const goOff = async (number: string): Promise<void> => {
    const scenario = caller({ from: somebody(), holdMs: 1200 });
    expectOk(await world.call(`+12125550${number}`, scenario));
  };

  it("leave_nothing_behind_in_any_state", async () => {
    await during(AT.phone, answeringPhone(20_000), async () => {
      await Promise.all(Object.values(STATES).map(goOff));
      await world.observer.silence();
    });
  });

  it("take_back_a_call_to_a_ringing_phone", async () => {
    const phone = await during(AT.phone, answeringPhone(20_000), async () => {
      expectOk(await world.call("+12125550102", impatientCaller(500, { from: somebody() })));
      await world.observer.silence(3000);
    });
    expect(phone.messages.filter(({ method }) => method === "CANCEL")).toHaveLength(1);
  });

  it("take_back_a_call_that_waits_for_signalbox", async () => {
    process.kill(world.node().pid, "SIGSTOP");
    try {
      expectOk(
        await world.call("+12125550106", impatientCaller(300, { from: somebody(), provisional: 100 })),
      );
      await world.observer.silence(6000);
    } finally {
      process.kill(world.node().pid, "SIGCONT");
    }
    expectOk(await world.call("+12125550199", refusedCaller(404, { from: somebody() })));
  });

  it("take_back_a_call_between_two_tries", async () => {
    await world.node().stop();
    expectOk(await world.call("+12125550106", impatientCaller(1500, { from: somebody(), provisional: 100 })));
    await world.observer.silence(3000);
    await world.startNode();
  });
});
