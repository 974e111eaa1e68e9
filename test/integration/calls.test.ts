import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import {
  caller,
  expectOk,
  headerOf,
  refusingCallee,
  registration,
  runSipp,
  type SippResult,
  startSipp,
} from "../../load/sipp-runner.ts";
import { openRecords } from "../../src/records/open.ts";
import { answeringPhone, callAndArrive, callRefused, during, somebody } from "./support/callers.ts";
import { AT } from "./support/configuration.ts";
import { secondsThatAreLoud } from "./support/recorded-sound.ts";
import { startTestWorld, type TestWorld } from "./support/test-world.ts";

/** The number is the route's: +12125550101 takes r101. */
const ROUTES = {
  "100": "{ingroup: APEX_MAIN}",
  "101": "{announce: short}",
  "102": "{announce: short, then: {ingroup: APEX_AFTER}}",
  "103": "{dial: PJSIP/100, ring_seconds: 2, no_answer: {ingroup: APEX_LATE}, busy: {ingroup: APEX_BUSY}}",
  "104": "{goto: {context: desk, extension: front}}",
  "105": "{queue: apex-claims, wait_seconds: 2, timeout: {ingroup: APEX_LATE}}",
  "106": '{voicemail: "100", greeting: none}',
  "107": "{hangup: busy}",
  "108": "{hangup: congestion}",
  "109": '{hangup: "21"}',
  "110": "{dial: PJSIP/102, ring_seconds: 5}",
  "111": '{goto: {context: desk, extension: "*1"}}',
  "112": "{dial: PJSIP/101, ring_seconds: 2}",
  "113": "{goto: {context: listening, extension: s}}",
  "114": "{announce: blip, then: {dial: PJSIP/100, ring_seconds: 1, no_answer: {ingroup: APEX_LATE}}}",
};

/** An operator's own recording of all that the caller says and hears until he goes. */
const LISTENING = `[listening]
exten => s,1,MixMonitor(\${CALLERID(num)}.wav)
 same => n,Goto(signalbox-inbound,12125550114,1)
`;

const APEX = `timezone: America/New_York
country: US
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
emergency: {caller_id: "+12125550100", trunks: [apex_sip, pool_a]}
ingroups: [APEX_MAIN, APEX_AFTER, APEX_LATE, APEX_BUSY]
queues: [apex-claims]
dids:
${Object.keys(ROUTES)
  .map((number) => `  "+12125550${number}": {route: r${number}}\n`)
  .join("")}  "+442079460000": {route: r100}
routes:
${Object.entries(ROUTES)
  .map(([number, target]) => `  r${number}: ${target}\n`)
  .join("")}fallback: {hangup: "38"}
`;

const did = (number: number): string => `+12125550${number}`;

/** What the record of a call says of its steps, once it is stored. */
async function traceOf(world: TestWorld, call: string): Promise<string[] | undefined> {
  const reader = await openRecords("sqlite:signalbox.db", join(world.folder, "first"));
  const found = await reader.call(call);
  await reader.close();
  return found?.record.trace.map(({ says }) => says);
}

describe.each(["22", "16"] as const)("calls through Asterisk %s", (version) => {
  let world: TestWorld;

  beforeAll(async () => {
    world = await startTestWorld({ version, tenants: { apex: APEX }, dialplan: LISTENING });
  });

  afterAll(() => world?.stop());
  afterEach(() => world.observer.silence());

  it("announce_plays_answers_and_hangs_up", async () => {
    expectOk(await world.call(did(101), caller({ from: somebody(), waitForByeMs: 5000 })));
  });

  it("announce_goes_on_to_then", async () => {
    const arrival = await callAndArrive(world, did(102), { holdMs: 1500 });
    expect(arrival).toMatchObject({ at: "ingroup APEX_AFTER", tenant: "apex", did: did(102) });
  });

  it("ingroup_gets_the_call_with_its_stamp", async () => {
    const from = somebody();
    const arrival = await callAndArrive(world, did(100), { from });
    expect(arrival).toMatchObject({
      at: "ingroup APEX_MAIN",
      tenant: "apex",
      direction: "inbound",
      did: did(100),
      trunk: "apex_sip",
      account: "apex",
      peeraccount: "apex",
      from,
    });
    expect(arrival.call).toMatch(/^ast1-[0-9.]+$/);
  });

  it("goto_reaches_the_operators_context", async () => {
    const arrival = await callAndArrive(world, did(104), { holdMs: 300 });
    expect(arrival).toMatchObject({ at: "desk front", tenant: "apex", did: did(104) });
  });

  it("goto_to_nowhere_reaches_the_fallback", async () => {
    await callRefused(world, did(111), 500);
  });

  it("queue_times_out_to_its_target", async () => {
    const arrival = await callAndArrive(world, did(105), { holdMs: 2800 });
    expect(arrival).toMatchObject({ at: "ingroup APEX_LATE", tenant: "apex" });
  });

  it("queue_tells_at_which_place_a_caller_came_in", async () => {
    const waiting = world.call(did(105), caller({ from: somebody(), holdMs: 2500 }));
    await sleep(700);
    const second = callAndArrive(world, did(105), { holdMs: 2800 });
    expectOk(await waiting);
    const { call } = await second;
    await world.observer.silence();
    const says = await waitFor("its record", () => traceOf(world, call), 8000, 200);
    expect(says).toContain("queue apex-claims gave TIMEOUT to a caller who had come in at place 2");
  });

  it("voicemail_keeps_the_message_in_the_tenants_context", async () => {
    const from = somebody();
    expectOk(await world.call(did(106), caller({ from, holdMs: 3500 })));
    const box = join(world.world.asterisk.folder, "spool/voicemail/apex/100/INBOX");
    await waitFor("the message", () => existsSync(join(box, "msg0000.txt")) || undefined, 5000);
  });

  it("agent_of_a_queue_gets_the_stamp", async () => {
    await world.world.asterisk.cli("queue add member PJSIP/101 to apex-claims");
    const before = world.observer.dialled().length;
    await during(AT.otherPhone, answeringPhone(), async () => {
      expectOk(await world.call(did(105), caller({ from: somebody(), holdMs: 1500 })));
      await world.observer.silence();
    });
    await world.world.asterisk.cli("queue remove member PJSIP/101 from apex-claims");
    expect(world.observer.dialled().slice(before)).toMatchObject([
      {
        channel: expect.stringMatching(/^PJSIP\/101-/),
        stamp: { account: "apex", tenant: "apex", did: did(105) },
      },
    ]);
  });

  it("causes_become_sip_codes", async () => {
    await Promise.all([
      callRefused(world, did(107), 486),
      callRefused(world, did(108), 503),
      callRefused(world, did(109), 403),
    ]);
  });

  it("unknown_did_is_refused_and_given_to_nobody", async () => {
    const before = world.observer.ended().length;
    await callRefused(world, "+12125559999", 404);
    await world.observer.silence();
    expect(world.observer.ended().slice(before)).toMatchObject([
      { stamp: { account: "", tenant: "", direction: "refused", did: "" } },
    ]);
    await world.node().event("call.refused");
    expect(world.node().log()).toContainEqual(expect.objectContaining({ reason: "unknown_did" }));
  });

  it.each(["500&PJSIP/x/911", "500)", "5@x,1", "abc", "_X.", "12345678901234567890123456789012345"])(
    "%s_is_no_number",
    async (dialled) => {
      const steps = () =>
        world
          .node()
          .log()
          .filter((line) => line.uniqueid !== undefined).length;
      const before = steps();
      await callRefused(world, dialled.replace("@", "%40"), 484);
      expect(steps()).toBe(before);
    },
  );

  it.each([
    [
      AT.apexCarrier.ip,
      ["+12125550100", "12125550100", "2125550100", "01112125550100", "2125550100;npdi;rn=+13105550000"],
    ],
    [AT.poolCarrier.ip, ["+442079460000", "442079460000", "011442079460000"]],
    [AT.britishCarrier.ip, ["02079460000", "8802079460000", "88442079460000", "00442079460000"]],
    [AT.britishCarrier.ip, ["12125550100", "8812125550100", "0012125550100"]],
  ])("dids_are_known_by_every_spelling_from_%s", async (localIp, spellings) => {
    const arrivals = await Promise.all(
      spellings.map((spelling) => callAndArrive(world, spelling, { localIp })),
    );
    const meant = spellings[0]?.includes("207946") ? "+442079460000" : did(100);
    expect(arrivals.map((arrival) => arrival.did)).toEqual(spellings.map(() => meant));
    expect(arrivals.every(({ tenant }) => tenant === "apex")).toBe(true);
  });

  it("phone_rings_and_both_legs_carry_the_stamp", async () => {
    const before = { dialled: world.observer.dialled().length, ended: world.observer.ended().length };
    let live: readonly { channel: string }[] = [];
    const phone = await during(AT.phone, answeringPhone(), async () => {
      const call = world.call(did(103), caller({ from: somebody(), holdMs: 2000 }));
      live = await waitFor(
        "two legs",
        async () => {
          const now = await world.observer.live();
          return now.length === 2 ? now : undefined;
        },
        5000,
      );
      expectOk(await call);
      await world.observer.silence();
    });
    expect(phone.successful).toBe(1);
    const stamp = { account: "apex", tenant: "apex", direction: "inbound", did: did(103), trunk: "apex_sip" };
    const [dialled, ...others] = world.observer.dialled().slice(before.dialled);
    expect(others).toEqual([]);
    expect(dialled).toMatchObject({ channel: expect.stringMatching(/^PJSIP\/100-/), stamp });
    const ended = world.observer.ended().slice(before.ended);
    expect(ended).toHaveLength(2);
    for (const leg of [...live, ...ended]) {
      expect(leg).toMatchObject({ stamp: { ...stamp, call: dialled?.stamp.call } });
    }
  });

  it("phone_that_registered_is_dialled", async () => {
    const phone = startSipp({ scenario: answeringPhone(), localIp: AT.phone.ip });
    await phone.ready;
    const contact = `${AT.phone.ip}:${phone.localPort}`;
    // Unknown by its address, it is found by the name it registers.
    const scenario = registration({ user: "102", contact });
    expectOk(await runSipp({ scenario, remote: AT.sip, localIp: "127.0.0.14" }));
    expectOk(await world.call(did(110), caller({ from: somebody(), holdMs: 300 })));
    expect(expectOk(await phone.stop()).successful).toBe(1);
  });

  it("busy_phone_goes_to_the_busy_target", async () => {
    await during(AT.phone, refusingCallee(486), async () => {
      expect(await callAndArrive(world, did(103))).toMatchObject({ at: "ingroup APEX_BUSY", tenant: "apex" });
    });
  });

  it("phone_that_nobody_answers_goes_to_the_no_answer_target", async () => {
    await during(AT.phone, answeringPhone(20_000), async () => {
      expect(await callAndArrive(world, did(103))).toMatchObject({ at: "ingroup APEX_LATE" });
      await world.observer.silence();
    });
  });

  it("a_phone_that_is_not_there_rings_for_a_caller_who_has_been_answered", async () => {
    const deaf = createSocket("udp4").bind(AT.phone.port, AT.phone.ip);
    try {
      const from = somebody();
      expect(await callAndArrive(world, did(113), { from, holdMs: 3500 })).toMatchObject({
        at: "ingroup APEX_LATE",
        did: did(114),
      });
      await world.observer.silence();
      // The announcement lasts a fifth of a second; a ringing tone would go on to the end of its second second.
      const heard = secondsThatAreLoud(join(world.world.asterisk.folder, `spool/monitor/${from}.wav`));
      expect(heard).toBeGreaterThan(0.8);
      expect(heard).toBeLessThan(1.9);
    } finally {
      deaf.close();
    }
  });

  it("phone_without_targets_refuses_like_the_phone", async () => {
    await during(AT.otherPhone, refusingCallee(486), async () => {
      await callRefused(world, did(112), 486);
    });
  });

  describe("an emergency number", () => {
    const dialFromPhone = (): Promise<SippResult> =>
      runSipp({
        scenario: caller({ from: "100", holdMs: 500 }),
        remote: AT.sip,
        localIp: AT.phone.ip,
        service: "911",
      });

    const invitesOf = ({ messages }: SippResult) =>
      messages.filter(({ method, direction }) => method === "INVITE" && direction === "received");

    it("reaches_the_tenants_emergency_trunk_with_its_caller_id", async () => {
      const before = world.observer.ended().length;
      const carrier = await during(AT.apexCarrier, answeringPhone(), async () => {
        expectOk(await dialFromPhone());
        await world.observer.silence();
      });
      const [invite] = invitesOf(carrier);
      expect(invite?.startLine).toContain("sip:911@");
      expect(invite && headerOf(invite, "From")).toContain("+12125550100");
      expect(world.observer.ended().slice(before)).toMatchObject([
        { stamp: { tenant: "apex", direction: "outbound", account: "apex" } },
        { stamp: { tenant: "apex", direction: "outbound", account: "apex" } },
      ]);
    });

    it("goes_on_to_the_next_trunk_when_the_first_refuses", async () => {
      const first = during(AT.apexCarrier, refusingCallee(503), async () => {
        const second = await during(AT.poolCarrier, answeringPhone(), async () => {
          expectOk(await dialFromPhone());
        });
        expect(invitesOf(second)).toHaveLength(1);
      });
      expect(invitesOf(await first)).toHaveLength(1);
    });
  });
});
