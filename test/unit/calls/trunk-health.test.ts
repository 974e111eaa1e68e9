import { describe, expect, test } from "vitest";
import type { DecidedStep } from "../../../src/calls/ports.ts";
import { TrunkHealthBook } from "../../../src/calls/trunk-health.ts";
import type { Outcome } from "../../../src/core/routing/instruction.ts";
import { returnWith } from "../../driving.ts";
import { call, outboundSnapshot } from "../../outbound-builders.ts";

const { trunks } = outboundSnapshot();
const T = 1_764_000_000_000;
const congestion: Outcome = { type: "dialled", status: "CONGESTION", cause: 34 };

function book(): TrunkHealthBook {
  return new TrunkHealthBook(() => trunks);
}

/** The step after an attempt on apex_sip that ended in `outcome`. */
function stepAfter(outcome: Outcome, at: number): DecidedStep {
  const { decision } = call();
  const ended = { ...decision, instruction: { do: "hangup", cause: 16, announce: null } as const };
  const event = returnWith(outcome);
  return { event, state: decision.state, decision: ended, at, seconds: 0.001, revision: "0" };
}

describe("a book of trunks", () => {
  test("skips_a_dead_carrier_and_lets_one_call_try_later", () => {
    const health = book();
    for (let turn = 0; turn < 5; turn++) health.decided(stepAfter(congestion, T));
    expect([...health.unhealthyTrunks(T)]).toEqual(["apex_sip"]);
    expect([...health.unhealthyTrunks(T + 15_000)]).toEqual([]);
    health.decided({ ...stepAfter(congestion, T + 15_000), state: null, decision: call().decision });
    expect([...health.unhealthyTrunks(T + 15_001)]).toEqual(["apex_sip"]);
    health.answered("apex_sip", "ast1-2.1", T + 16_000);
    expect([...health.unhealthyTrunks(T + 16_000)]).toEqual([]);
  });

  describe("whose_trying_call_is_given_up", () => {
    const trying = call().decision.call;

    /** A trunk that `trying` tries since T + 15 s. */
    function tried(): TrunkHealthBook {
      const health = book();
      for (let turn = 0; turn < 5; turn++) health.decided(stepAfter(congestion, T));
      health.decided({ ...stepAfter(congestion, T + 15_000), state: null, decision: call().decision });
      return health;
    }

    test("takes_calls_again_where_it_rang", () => {
      const health = tried();
      health.givenUp("apex_sip", "ast1-old", null, T + 18_000);
      expect([...health.unhealthyTrunks(T + 18_000)]).toEqual(["apex_sip"]);
      health.givenUp("apex_sip", trying, null, T + 18_000);
      expect([...health.unhealthyTrunks(T + 18_000)]).toEqual([]);
    });

    test("lets_another_try_soon_where_nothing_was_learnt", () => {
      const health = tried();
      health.givenUp("apex_sip", "ast1-old", 3000, T + 18_000);
      health.givenUp("apex_sip", trying, 3000, T + 19_000);
      expect([...health.unhealthyTrunks(T + 33_999)]).toEqual(["apex_sip"]);
      expect([...health.unhealthyTrunks(T + 34_000)]).toEqual([]);
      expect(health.view(T + 34_000)[0]).toMatchObject({ breaker: "open", openings: 1, probing: false });
    });

    test("stays_shut_for_longer_where_it_said_nothing_for_too_long", () => {
      const health = tried();
      health.givenUp("apex_sip", trying, 9000, T + 24_000);
      expect([...health.unhealthyTrunks(T + 53_999)]).toEqual(["apex_sip"]);
    });
  });

  test("begins_anew_with_a_trunk_that_leads_elsewhere_and_with_no_other", () => {
    let configured = trunks;
    const health = new TrunkHealthBook(() => configured);
    health.follow();
    for (let turn = 0; turn < 5; turn++) health.decided(stepAfter(congestion, T));
    health.reachable("apex_sip", false, T);
    configured = new Map(trunks);
    health.follow();
    expect(health.view(T)[0]).toMatchObject({ trunk: "apex_sip", breaker: "open" });
    configured = new Map([...trunks].map(([name, trunk]) => [name, { ...trunk, address: "127.0.0.9:5060" }]));
    health.follow();
    expect(health.view(T)[0]).toMatchObject({ breaker: "closed", failuresInRow: 0, reachable: false });
    health.reachable("apex_sip", true, T);
    expect([...health.unhealthyTrunks(T)]).toEqual([]);
  });

  test("counts_an_answer_once_however_it_is_learnt", () => {
    const health = book();
    const step = stepAfter({ type: "dialled", status: "ANSWER", cause: 16 }, T + 60_000);
    health.answered("apex_sip", step.decision.call, T);
    health.answered("apex_sip", step.decision.call, T);
    health.decided(step);
    expect(health.view(T)[0]).toMatchObject({ trunk: "apex_sip", recent: { attempts: 1, answers: 1 } });
  });

  test("a_caller_who_gives_up_says_nothing_of_the_carrier", () => {
    const health = book();
    health.decided(stepAfter({ type: "dialled", status: "CANCEL", cause: null }, T));
    expect(health.view(T)[0]).toMatchObject({ answerRatio: null });
  });

  test("callers_who_give_up_in_silence_shut_a_carrier", () => {
    const health = book();
    for (let turn = 0; turn < 4; turn++) health.givenUp("apex_sip", `ast1-${turn}`, 9000, T);
    health.givenUp("apex_sip", "ast1-3", 9000, T);
    health.givenUp("apex_sip", "ast1-short", 3000, T);
    expect(health.unhealthyTrunks(T).size).toBe(0);
    health.givenUp("apex_sip", "ast1-4", 9000, T);
    expect([...health.unhealthyTrunks(T)]).toEqual(["apex_sip"]);
  });

  test("one_that_a_dialler_waited_out_shuts_it_at_once", () => {
    const health = book();
    health.givenUp("apex_sip", "ast1-1", 26_000, T);
    expect([...health.unhealthyTrunks(T)]).toEqual(["apex_sip"]);
  });

  test("a_step_after_a_silence_does_not_call_it_work", () => {
    const health = book();
    const step = stepAfter({ type: "dialled", status: "NOANSWER", cause: null }, T);
    health.givenUp("apex_sip", step.decision.call, 9000, T);
    health.decided(step);
    expect(health.view(T)[0]).toMatchObject({ failuresInRow: 1 });
  });

  test("phones_that_are_all_busy_shut_a_carrier_in_the_end_until_one_answers", () => {
    const health = book();
    const busy: Outcome = { type: "dialled", status: "BUSY", cause: 17 };
    for (let turn = 0; turn < 301; turn++) health.decided(stepAfter(busy, T));
    expect([...health.unhealthyTrunks(T)]).toEqual(["apex_sip"]);
    const dials = { ...stepAfter(busy, T + 15_000), state: null, decision: call().decision };
    health.decided(dials);
    health.decided(stepAfter(busy, T + 16_000));
    expect([...health.unhealthyTrunks(T + 16_000)]).toEqual(["apex_sip"]);
    health.decided({ ...dials, at: T + 31_000 });
    health.answered("apex_sip", "ast1-3.1", T + 40_000);
    expect(health.unhealthyTrunks(T + 40_000).size).toBe(0);
    expect(health.view(T + 40_000)[0]?.lastFailure?.why).toBe("0 of about 300 calls were answered");
  });

  test("busy_phones_are_a_carrier_at_work", () => {
    const health = book();
    for (let turn = 0; turn < 30; turn++)
      health.decided(stepAfter({ type: "dialled", status: "BUSY", cause: 17 }, T));
    expect(health.unhealthyTrunks(T).size).toBe(0);
    expect(health.view(T)[0]).toMatchObject({ answerRatio: 0, lastFailure: null });
  });

  test("the_switchs_probing_shuts_a_trunk_and_opens_it", () => {
    const health = book();
    health.reachable("pool_a", false, T);
    expect([...health.unhealthyTrunks(T)]).toEqual(["pool_a"]);
    health.reachable("pool_a", true, T + 1);
    expect(health.unhealthyTrunks(T + 1).size).toBe(0);
  });

  test("trunks_that_are_not_configured_are_not_kept", () => {
    const health = book();
    health.reachable("gone", false, T);
    expect(health.unhealthyTrunks(T).size).toBe(0);
    expect(health.view(T).map(({ trunk }) => trunk)).toEqual([...trunks.keys()]);
  });
});
