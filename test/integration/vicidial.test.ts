// A scripted VICIdial beside Signalbox on real switches: what its calls meet, in which order VICIdial learns of it, and
// that slots and legs stay the same throughout.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { callee, caller, refusingCallee, runSipp, type SippRun, startSipp } from "../../load/sipp-runner.ts";
import {
  APEX,
  answeredLeg,
  BETA,
  codeFor,
  GAMMA,
  HOLD,
  hangUpTrunks,
  leaveNothing,
  legsNow,
  logged,
  placeByTables,
  SHARED,
  storyOf,
} from "./support/vicidial-calls.ts";
import { withViciCarriers } from "./support/vicidial-carriers.ts";
import { VICI_AT, VICI_CARRIERS } from "./support/vicidial-configuration.ts";
import { startViciWorld, type ViciWorld } from "./support/vicidial-world.ts";

const SEED = `INSERT INTO vicidial_campaigns (campaign_id, user_group) VALUES ('APEXOUT','APEX'),('BETAOUT','BETA'),('G1','GAMMA'),('HOUSE','ADMIN');
INSERT INTO vicidial_lists (list_id, campaign_id) VALUES (101,'APEXOUT'),(102,'BETAOUT'),(999,'HOUSE');
INSERT INTO vicidial_list (lead_id, list_id, phone_number) VALUES (7001,101,'6465550123'),(7002,102,'6465550123'),(7003,999,'6465550123');
INSERT INTO vicidial_dnc VALUES ('6465550999');
INSERT INTO vicidial_campaign_dnc VALUES ('6465550998','APEXOUT')`;

describe.each(["22", "16"] as const)("VICIdial on Asterisk %s", (version) => {
  let vici: ViciWorld;
  let agent: SippRun;

  beforeAll(async () => {
    vici = await startViciWorld(version, SEED);
    agent = startSipp({ scenario: callee(), localIp: VICI_AT.agent.ip, localPort: VICI_AT.agent.port });
    await agent.ready;
    const phone = `PJSIP/100/sip:100@${VICI_AT.agent.ip}:${VICI_AT.agent.port}`;
    await vici.manager.action("Originate", {
      ...{
        Channel: phone.split("/sip:")[0] ?? "",
        Context: "default",
        Exten: HOLD,
        Priority: "1",
        Async: "true",
      },
    });
  });
  afterEach(() => leaveNothing(vici));
  afterAll(async () => {
    await agent?.stop(0);
    await vici?.stop();
  });

  const story = (code: string): string[] => storyOf(vici, code);
  const legs = () => legsNow(vici);

  test("an_answered_automatic_call_is_logged_dialled_and_redirected_to_an_agent", async () => {
    const code = codeFor("V");
    const saw = await withViciCarriers({}, async () => {
      await vici.autoDial(code, APEX);
      await vici.redirect(await answeredLeg(vici, code), HOLD);
      await vici.ended(code);
      await vici.agree(1);
      expect(await legs()).toEqual(["apex_sip apex"]);
      await sleep(300);
      expect((await vici.look()).same).toBe(true);
      await hangUpTrunks(vici);
    });
    expect(story(code)).toEqual(["begun", "ended ANSWER 16"]);
    expect(vici.callLog.of(code)[0]?.extension).toBe(APEX);
    expect(saw.apex_sip).toEqual([{ number: "+16465550123", name: code, from: "+12125550100" }]);
  });

  test("over_the_cap_automatic_calls_leave_no_record_and_agents_calls_are_shown", async () => {
    const admitted = [codeFor("V"), codeFor("V"), codeFor("V")];
    const refused = [codeFor("V"), codeFor("Y")];
    const manual = codeFor("M");
    const others = [codeFor("V"), codeFor("V"), codeFor("V")];
    const gamma = [codeFor("V"), codeFor("M")];
    await withViciCarriers({}, async () => {
      for (const code of admitted) await vici.autoDial(code, APEX);
      await vici.agree(3);
      await vici.autoDial(refused[0] ?? "", APEX);
      await vici.manualDial(refused[1] ?? "", APEX, HOLD);
      await vici.manualDial(manual, APEX, HOLD);
      for (const code of others) await vici.autoDial(code, BETA);
      await vici.autoDial(gamma[0] ?? "", GAMMA);
      await vici.manualDial(gamma[1] ?? "", GAMMA, HOLD);
      for (const code of [...refused, manual]) await vici.ended(code);
      await vici.agree(8);
      expect(await legs()).toEqual([
        ...["apex_sip apex", "apex_sip apex", "apex_sip apex"],
        ...["beta_sip beta", "beta_sip beta", "gamma_sip gamma", "gamma_sip gamma", "pool_a beta"],
      ]);
      await hangUpTrunks(vici);
      for (const code of [...admitted, ...others, ...gamma]) await vici.ended(code);
    });
    expect(story(refused[0] ?? "")).toEqual(["ended SB_REFUSED 42"]);
    expect(story(refused[1] ?? "")).toEqual(["begun", "ended CONGESTION 42"]);
    expect(story(manual)).toEqual(["begun", "ended CONGESTION 42"]);
    for (const code of [...admitted, ...others, ...gamma])
      expect(story(code)).toEqual(["begun", "ended ANSWER 16"]);
  });

  test.each([
    ["a destination that is not allowed", "7119005550123"],
    ["a number on vicidial_dnc", "7116465550999"],
    ["a number on the campaign's own list", "7116465550998"],
    ["what is no number", "71123"],
    ["an emergency number, by a machine", "71911"],
  ])("%s is refused without a word about the number", async (_, number) => {
    const [automatic, manual] = [codeFor("V"), codeFor("M")];
    await vici.autoDial(automatic, number);
    await vici.ended(automatic);
    expect(story(automatic)).toEqual(["ended SB_REFUSED 42"]);
    if (number.endsWith("911")) return;
    await vici.manualDial(manual, number, HOLD);
    await vici.ended(manual);
    expect(story(manual)).toEqual(["begun", "ended CONGESTION 42"]);
  });

  test("another_client_may_call_what_is_on_one_campaign's_list", async () => {
    const code = codeFor("V");
    await withViciCarriers({}, async () => {
      await vici.autoDial(code, "7316465550998");
      await vici.agree(1);
      await hangUpTrunks(vici);
    });
    expect(story(code)[0]).toBe("begun");
  });

  test.each([
    [503, "ended CONGESTION 42"],
    [404, "ended CHANUNAVAIL 1"],
    [486, "ended BUSY 17"],
    [484, "ended CHANUNAVAIL 28"],
    [403, "ended CHANUNAVAIL 21"],
    [408, "ended CHANUNAVAIL 42"],
    [504, "ended CHANUNAVAIL 42"],
  ])(
    "a carrier's %i is told as it is, but never as the number's doing when it is the carrier's",
    async (status, end) => {
      const code = codeFor("V");
      const saw = await withViciCarriers({ apex_sip: refusingCallee(status) }, async () => {
        await vici.autoDial(code, APEX);
        await vici.ended(code);
      });
      expect(story(code)[0]).toBe("begun");
      expect(story(code)[1]).toBe(end);
      expect(saw.apex_sip).toHaveLength(1);
    },
  );

  test.each([
    [503, 1],
    [404, 0],
    [484, 0],
    [486, 0],
  ])("after %i the next trunk is tried %i times", async (status, times) => {
    const code = codeFor("V");
    const saw = await withViciCarriers({ beta_sip: refusingCallee(status) }, async () => {
      await vici.autoDial(code, BETA);
      if (times === 1) {
        await vici.agree(1);
        await hangUpTrunks(vici);
      }
      await vici.ended(code);
    });
    expect(saw.pool_a).toHaveLength(times);
    expect(story(code).filter((line) => line === "begun")).toHaveLength(1);
  });

  test("what_the_last_carrier_said_is_told_and_not_what_one_before_it_did", async () => {
    const code = codeFor("V");
    await withViciCarriers({ beta_sip: refusingCallee(503), pool_a: refusingCallee(404) }, async () => {
      await vici.autoDial(code, BETA);
      await vici.ended(code);
    });
    expect(story(code)).toEqual(["begun", "ended CHANUNAVAIL 1"]);
    expect(vici.callLog.of(code).map(({ sip }) => sip)).toContain("SIP 404 Not Found");
  });

  test.each([
    ["first", BETA, {}],
    ["second", BETA, { beta_sip: refusingCallee(503) }],
  ])(
    "the %s carrier's leg brings the call code to the script that looks for an agent",
    async (_, number, carriers) => {
      const code = codeFor("V");
      await withViciCarriers(carriers, async () => {
        await vici.autoDial(code, number);
        await vici.redirect(await answeredLeg(vici, code), "8369");
        await logged(vici, `ARRIVAL default:8369 caller=${code} connected=${code}`);
        await vici.agree(1);
        await hangUpTrunks(vici);
        await vici.ended(code);
      });
      expect(vici.callLog.of(code).map(({ channel }) => channel.split("/")[0])).toContain("PJSIP");
    },
  );

  test("a_campaign's_ringing_time_is_kept", async () => {
    const code = codeFor("V");
    await withViciCarriers({ gamma_sip: callee({ ringMs: 15_000 }) }, async () => {
      await vici.autoDial(code, GAMMA);
      await vici.ended(code);
    });
    expect(story(code)[1]).toMatch(/^ended NOANSWER/);
    const [begun, ended] = vici.callLog.of(code);
    const seconds = ((ended?.at ?? 0) - (begun?.at ?? 0)) / 1000;
    expect(seconds).toBeGreaterThan(3);
    expect(seconds).toBeLessThan(6);
  });

  describe("with the prefix that all campaigns share", () => {
    test("the_dialler's_calls_the_lead_and_the_agent_say_whose_call_it_is", async () => {
      const [byCall, byLead, byAgent] = [codeFor("V", 7002), codeFor("V", 7002), codeFor("DC", 7003)];
      await vici.tables.run(
        `INSERT INTO vicidial_auto_calls (campaign_id, callerid, lead_id) VALUES ('APEXOUT','${byCall}',7002);
         INSERT INTO vicidial_user_dial_log (caller_code, user, call_date) VALUES ('${byAgent}','6666',now());
         REPLACE INTO vicidial_live_agents (user, campaign_id) VALUES ('6666','G1')`,
      );
      await withViciCarriers({}, async () => {
        await placeByTables(vici, 1, () => vici.autoDial(byCall, SHARED));
        await placeByTables(vici, 2, () => vici.autoDial(byLead, SHARED));
        await placeByTables(vici, 3, () => vici.manualDial(byAgent, SHARED, HOLD));
        expect(await legs()).toEqual(["apex_sip apex", "beta_sip beta", "gamma_sip gamma"]);
        await hangUpTrunks(vici);
      });
    });

    test("a_call_of_no_client's_campaign_is_refused", async () => {
      const code = codeFor("V", 7003);
      await vici.autoDial(code, SHARED);
      await vici.ended(code);
      expect(story(code)).toEqual(["ended SB_REFUSED 42"]);
    });
  });

  test("a_blind_transfer_to_a_number_outside_takes_a_slot_of_its_own", async () => {
    const code = codeFor("V");
    await withViciCarriers({}, async () => {
      await vici.autoDial(code, APEX);
      await vici.redirect(await answeredLeg(vici, code), "7113105550177");
      await vici.agree(2);
      expect(await legs()).toEqual(["apex_sip apex", "apex_sip apex"]);
      await hangUpTrunks(vici);
    });
  });

  describe("calls that come in", () => {
    const callIn = (number: string) =>
      runSipp({
        ...{ scenario: caller({ holdMs: 300 }), service: number, remote: VICI_AT.sip },
        ...{ localIp: VICI_CARRIERS.apex_sip, artefacts: vici.folder, deadlineMs: 20_000 },
      });
    const arrived = (place: string) => logged(vici, `ARRIVAL ${place}`);

    test("to_a_number_of_nobody_are_vicidial's", async () => {
      expect((await callIn("12125559876")).problem).toBe("");
      await arrived("trunkinbound:12125559876 tenant= exit=no");
    });

    test("to_an_in_group_go_by_the_did_that_vicidial_knows", async () => {
      expect((await callIn("12125550100")).problem).toBe("");
      await arrived("default:99909*17*APEX_IN**DID tenant=apex exit=no");
    });

    test("or_by_its_agi", async () => {
      await callIn("12125550101");
      const options =
        "CID-----LB-----APEX_IN-----12125550101-----Closer-----park----------999-----1-----APEXOUT";
      await logged(vici, `inbound.agi,${options}`);
    });
  });

  describe("while no node runs", () => {
    beforeAll(() => vici.stopNode());
    afterAll(() => vici.startNode());

    test("dialled_calls_are_refused_without_a_word_about_the_number", async () => {
      const [automatic, manual] = [codeFor("V"), codeFor("M")];
      await vici.autoDial(automatic, APEX);
      await vici.manualDial(manual, APEX, HOLD);
      await vici.ended(automatic);
      await vici.ended(manual);
      expect(story(automatic)).toEqual(["ended SB_REFUSED 42"]);
      expect(story(manual)).toEqual(["begun", "ended CONGESTION 42"]);
    });

    test.each(["12125554321", "12125550101"])("%s goes VICIdial's own way", async (number) => {
      const result = await runSipp({
        ...{ scenario: caller({ holdMs: 300 }), service: number, remote: VICI_AT.sip },
        ...{ localIp: VICI_CARRIERS.apex_sip, artefacts: vici.folder, deadlineMs: 20_000 },
      });
      expect(result.problem).toBe("");
      const tenant = number.endsWith("0101") ? "apex" : "";
      await logged(vici, `ARRIVAL trunkinbound:${number} tenant=${tenant} exit=no`);
    });
  });

  test("34_was_never_told", () => {
    expect(vici.callLog.entries.filter(({ cause }) => cause === "34" || cause === "38")).toEqual([]);
  });
});
