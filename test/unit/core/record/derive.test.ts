import { describe, expect, test } from "vitest";
import { billedSeconds, increments } from "../../../../src/core/billing/increments.ts";
import type { CdrLeg } from "../../../../src/core/record/cdr.ts";
import { recordOf, stampRecord } from "../../../../src/core/record/derive.ts";
import type { CallFacts, LegNote, StepNote } from "../../../../src/core/record/record.ts";
import { dayOf, sharesOf } from "../../../../src/core/record/usage.ts";
import { at, tenantId } from "../../../builders.ts";
import { callFacts, legNote, noon, outboundCall, stampedCall, stepNote } from "../../../record-builders.ts";

function factsWith(steps: readonly Partial<StepNote>[], legs: readonly Partial<LegNote>[]): CallFacts {
  return { ...callFacts(), steps: steps.map(stepNote), legs: legs.map(legNote) };
}

const phone = {
  uniqueid: "1764000000.2",
  channel: "PJSIP/100-00000002",
  trunk: null,
  dialledBy: "1764000000.1",
};
const rings = {
  does: "dial",
  dial: { dial: "PJSIP/100", trunk: null, number: null, callerId: null },
} as const;
const back = (status: string, cause: number | null = null) => ({ type: "dialled", status, cause }) as const;

/** A phone sends its caller, whom a menu led there, on to somebody outside. */
const sentOn = {
  turn: "offer",
  at: noon + 30_000,
  direction: "outbound",
  did: null,
  dialled: "14155550199",
} as const;
const dialsOut = {
  does: "dial",
  dial: { dial: "PJSIP/x@pool_a", trunk: "pool_a", number: "+14155550199", callerId: "+12125550100" },
} as const;
const legOut = {
  uniqueid: "1764000000.3",
  channel: "PJSIP/pool_a-00000003",
  dialledBy: "1764000000.1",
  dialAt: noon + 30_000,
  upAt: null,
  answeredAt: noon + 33_000,
  direction: "inbound",
} as const;

test("a_leg_of_which_no_channel_was_heard_is_the_one_that_the_cdr_tells", () => {
  const cdr: CdrLeg = {
    ...{
      channel: "PJSIP/pool_a-00000001",
      uniqueid: "1764000000.1",
      trunk: { name: "pool_a", shared: true },
    },
    ...{ startedAt: noon, answeredAt: noon + 2000, endedAt: noon + 62_000, cause: 16 },
    ...{ tenant: tenantId("apex"), zone: "America/New_York", direction: "inbound", asked: null },
  };
  const facts = factsWith(
    [{}],
    [{ channel: null, upAt: null, endedAt: null, cause: null, seenAt: noon + 9000 }],
  );
  const record = recordOf({ ...facts, lostAt: noon + 70_000, cdr: [cdr] });
  expect(record.legs).toHaveLength(1);
  expect(record).toMatchObject({ billableSeconds: 60, outcome: "answered", endedAt: noon + 62_000 });
});

describe("a caller who is transferred out", () => {
  const menu = { does: "collect", choice: null } as const;
  const pressed = {
    turn: "2/0",
    at: noon + 3000,
    back: { type: "digits", status: null, cause: null },
    ...rings,
  } as const;

  test("stays_a_call_in_with_a_leg_out_and_keeps_the_turns_of_both_ways", () => {
    const facts = factsWith(
      [
        menu,
        pressed,
        { ...sentOn, ...dialsOut },
        { ...sentOn, at: noon + 31_000, ...dialsOut },
        { ...sentOn, turn: "2/0", at: noon + 62_000, back: back("ANSWER"), does: "hangup", cause: 16 },
      ],
      [{}, { ...phone, answeredAt: noon + 5000 }, legOut],
    );
    const record = recordOf(facts);
    expect(record).toMatchObject({
      direction: "inbound",
      did: "+12125550100",
      to: { dialled: "+12125550100", sent: "+14155550199" },
      outcome: "answered",
      billableSeconds: 60,
      legs: [
        { direction: "inbound", billableSeconds: 60 },
        { direction: "outbound", billableSeconds: 29 },
      ],
    });
    // Asked again after a second, the step out counts once; the first way's second turn is not the other's.
    expect(record.attempts).toHaveLength(1);
    expect(record.trace).toHaveLength(4);
  });

  test("is_no_refused_call_because_that_is_refused", () => {
    const refusal = { reason: "destination_not_allowed", says: "no" } as const;
    const facts = factsWith(
      [{ ...rings }, { ...sentOn, refusal, does: "hangup", cause: 42 }],
      [{}, { ...phone, answeredAt: noon + 5000 }],
    );
    expect(recordOf(facts)).toMatchObject({
      outcome: "answered",
      refusal: { reason: "destination_not_allowed" },
      legs: [{ refused: false, billableSeconds: 60 }],
    });
  });

  test("was_answered_by_whoever_the_call_was_handed_to_though_nobody_answers_there", () => {
    const gone = {
      ...sentOn,
      turn: "2/0",
      at: noon + 50_000,
      back: back("NOANSWER"),
      does: "hangup",
      cause: 19,
    } as const;
    const facts = factsWith([{ does: "goto" }, { ...sentOn, ...dialsOut }, gone], [{}]);
    expect(recordOf(facts).outcome).toBe("answered");
  });
});

describe("outcome", () => {
  test.each([
    ["ANSWER", "answered"],
    ["BUSY", "busy"],
    ["NOANSWER", "no_answer"],
    ["CHANUNAVAIL", "failed"],
    ["CANCEL", "abandoned"],
  ])("a_phone_that_gave_%s_is_%s", (status, outcome) => {
    const facts = factsWith(
      [rings, { at: noon + 9000, turn: "2/0", back: back(status), does: "hangup", cause: 16, ended: true }],
      [{ answeredAt: null }, { ...phone, answeredAt: null }],
    );
    expect(recordOf(facts).outcome).toBe(outcome);
  });

  test("an_announcement_and_a_hangup_by_configuration_is_ended", () => {
    const facts = factsWith([{ does: "hangup", cause: 16, ended: true, target: { hangup: 16 } }], [{}]);
    expect(recordOf(facts)).toMatchObject({ outcome: "ended", hungUpBy: "signalbox" });
  });

  describe("of a caller whom a queue answered", () => {
    const waits = { does: "queue", queue: "apex-claims", target: { queue: "apex-claims" } } as const;
    const rang = { ...phone, dialAt: noon + 3000, upAt: null, answeredAt: null, endedAt: noon + 61_000 };

    test("is_abandoned_where_no_agent_took_him", () => {
      const facts = factsWith([waits], [{ byFarEnd: true }, rang]);
      expect(recordOf(facts)).toMatchObject({
        outcome: "abandoned",
        hungUpBy: "caller",
        answeredAt: noon + 2000,
        billableSeconds: 60,
      });
    });

    test("is_answered_where_one_did", () => {
      const facts = factsWith([waits], [{ byFarEnd: true }, { ...rang, answeredAt: noon + 9000 }]);
      expect(recordOf(facts).outcome).toBe("answered");
    });

    test("is_answered_where_somebody_left_him_or_an_agent_may_have_gone_unheard", () => {
      expect(recordOf(factsWith([waits], [{ byFarEnd: false }])).outcome).toBe("answered");
      const cdr: CdrLeg = {
        ...{ channel: "PJSIP/pool_a-00000001", uniqueid: "1764000000.1", cause: 16 },
        ...{ trunk: { name: "pool_a", shared: true }, startedAt: noon, answeredAt: noon + 2000 },
        ...{ endedAt: noon + 62_000, tenant: tenantId("apex"), zone: "America/New_York" },
        ...{ direction: "inbound", asked: null },
      };
      expect(recordOf({ ...factsWith([waits], [{}]), cdr: [cdr] }).outcome).toBe("answered");
    });
  });

  test("a_caller_who_leaves_in_the_menu_has_abandoned", () => {
    expect(recordOf(factsWith([{ does: "collect", target: { menu: "welcome" } }], [{}]))).toMatchObject({
      outcome: "abandoned",
      hungUpBy: "caller",
    });
  });

  test("a_caller_who_leaves_while_a_second_phone_rings_has_abandoned_whatever_the_first_one_said", () => {
    const second = { ...rings, turn: "2/0", at: noon + 4000, back: back("BUSY", 17) };
    const facts = factsWith([rings, second], [{ answeredAt: null }, { ...phone, answeredAt: null }]);
    expect(recordOf(facts)).toMatchObject({ outcome: "abandoned", hungUpBy: "caller" });
  });

  test("a_caller_who_hangs_up_during_the_notice_was_not_handed_over", () => {
    const recording = {
      file: "apex/2026/11/23/x.wav",
      format: "wav",
      notice: "notice",
      keepDays: null,
    } as const;
    const told = factsWith([{ does: "goto", recording }], [{}]);
    expect(recordOf(told).outcome).toBe("answered");
    const marks = [{ at: noon + 3000, what: "unnoticed" }] as const;
    expect(recordOf({ ...told, marks }).outcome).toBe("abandoned");
  });

  test.each([
    ["inbound", "abandoned"],
    ["outbound", "cancelled"],
  ] as const)("an_%s_caller_gone_before_the_decision_has_%s_and_met_no_refusal", (direction, outcome) => {
    const facts = factsWith([{ direction, does: "hangup", cause: 16 }], [{ answeredAt: null }]);
    expect(recordOf(facts)).toMatchObject({ outcome, refusal: null, hungUpBy: "caller" });
  });

  test("a_caller_gone_between_two_trunks_has_cancelled", () => {
    const facts = factsWith(
      [
        { direction: "outbound", ...rings },
        {
          turn: "1/1",
          at: noon + 3000,
          direction: "outbound",
          back: back("CONGESTION", 42),
          does: "hangup",
          cause: 16,
        },
      ],
      [{ answeredAt: null }],
    );
    expect(recordOf(facts)).toMatchObject({ outcome: "cancelled", refusal: null });
  });

  test("a_refusal_at_the_door_stays_one_when_a_mailbox_takes_the_call", () => {
    const refusal = { reason: "tenant_full", says: "full" } as const;
    expect(recordOf(factsWith([{ refusal, does: "voicemail" }], [{}]))).toMatchObject({
      outcome: "refused",
      refusal: { scope: "tenant" },
      legs: [{ refused: true, talkSeconds: 60, billableSeconds: 0 }],
      billableSeconds: 0,
    });
  });

  test("a_forward_that_is_refused_later_leaves_the_callers_leg_counted", () => {
    const refusal = { reason: "no_trunk", says: "none" } as const;
    const facts = factsWith(
      [
        { does: "collect" },
        { turn: "2/0", at: noon + 5000, back: back("BUSY"), refusal, does: "hangup", cause: 42 },
      ],
      [{}],
    );
    expect(recordOf(facts)).toMatchObject({ outcome: "refused", legs: [{ refused: false }] });
  });

  test("a_leg_whose_end_was_told_after_all_is_no_unknown_end", () => {
    expect(recordOf({ ...callFacts(), lostAt: noon + 99_000 }).outcome).toBe("answered");
    const open = factsWith([{}], [{ endedAt: null, cause: null, seenAt: noon + 30_000 }]);
    expect(recordOf({ ...open, lostAt: noon + 99_000 })).toMatchObject({
      outcome: "unknown_end",
      endedAt: noon + 30_000,
      billableSeconds: 28,
      hungUpBy: null,
    });
  });
});

describe("who hung up", () => {
  test("the_far_end_of_the_callers_leg_is_the_caller", () => {
    expect(recordOf(factsWith([{}], [{ byFarEnd: true }])).hungUpBy).toBe("caller");
  });

  test("whose_time_was_over_has_not_hung_up", () => {
    expect(recordOf(factsWith([{ does: "queue" }], [{ cause: 16, overtime: true }])).hungUpBy).toBe(
      "signalbox",
    );
  });

  test("a_dial_that_came_back_answered_was_ended_by_the_callee", () => {
    const steps = [
      rings,
      { turn: "2/0", at: noon + 60_000, back: back("ANSWER", 16), does: "hangup" as const, cause: 16 },
    ];
    expect(recordOf(factsWith(steps, [{}, phone])).hungUpBy).toBe("callee");
  });

  test("a_dial_that_nobody_answered_and_that_never_came_back_was_ended_by_the_caller", () => {
    expect(recordOf(factsWith([rings], [{}, { ...phone, answeredAt: null }])).hungUpBy).toBe("caller");
  });

  test("of_an_answered_dial_that_never_came_back_the_legs_tell", () => {
    const by = (own: boolean | null, others: boolean | null) =>
      recordOf(factsWith([rings], [{ byFarEnd: own }, { ...phone, byFarEnd: others }])).hungUpBy;
    expect(by(true, false)).toBe("caller");
    expect(by(false, true)).toBe("callee");
    // A phone is no leg of ours and says nothing.
    expect(by(false, null)).toBe("callee");
    expect(by(null, null)).toBeNull();
    const refusing = { ...phone, answeredAt: null, byFarEnd: true };
    const busy = {
      at: noon + 9000,
      turn: "2/0",
      back: back("BUSY"),
      does: "hangup" as const,
      cause: 17,
      ended: true,
    };
    expect(recordOf(factsWith([rings, busy], [{ cause: 17 }, refusing])).hungUpBy).toBe("signalbox");
  });

  test("after_a_hand_over_nobody_knows", () => {
    expect(recordOf(factsWith([{}], [{}])).hungUpBy).toBeNull();
  });
});

describe("legs", () => {
  test("a_forwarded_call_has_one_leg_in_and_one_out_and_is_billed_by_the_one_in", () => {
    const dial = {
      dial: "PJSIP/+1@pool_b",
      trunk: "pool_b",
      number: "+14155550100",
      callerId: "+12125550100",
    };
    const out = {
      uniqueid: "1764000000.2",
      trunk: { name: "pool_b", shared: true },
      dialledBy: "1764000000.1",
    };
    const facts = factsWith(
      [{ does: "dial", dial }],
      [
        {},
        { ...out, upAt: noon + 1000, dialAt: noon + 1000, answeredAt: noon + 4000, endedAt: noon + 61_000 },
      ],
    );
    const record = recordOf(facts);
    expect(record.legs.map((leg) => [leg.direction, leg.trunk, leg.billableSeconds])).toEqual([
      ["inbound", "pool_a", 60],
      ["outbound", "pool_b", 57],
    ]);
    expect(record).toMatchObject({ direction: "inbound", billableSeconds: 60, trunk: "pool_a" });
    const stamped = stampRecord(record);
    expect(stamped && sharesOf(stamped).legs.map((leg) => [leg.direction, leg.did, leg.seconds])).toEqual([
      ["inbound", "+12125550100", 60],
      ["outbound", "+12125550100", 57],
    ]);
  });

  test("an_answer_that_nobody_told_is_that_of_the_phone_it_rang", () => {
    const facts = factsWith([rings], [{ answeredAt: null }, { ...phone, answeredAt: noon + 7000 }]);
    expect(recordOf(facts)).toMatchObject({ answeredAt: noon + 7000, billableSeconds: 55 });
  });

  test("a_begun_second_is_billable_and_a_whole_one_is_talked", () => {
    const record = outboundCall({ talkMs: 1001 });
    expect(record.legs).toMatchObject([{ talkSeconds: 1, billableSeconds: 2, ringSeconds: 2 }]);
  });

  test("a_call_without_any_step_is_whose_its_legs_say", () => {
    const leg = { tenant: tenantId("apex"), direction: "inbound" } as const;
    expect(stampRecord(recordOf({ ...factsWith([], [leg]) }))?.stamp.tenant).toBe("apex");
    expect(stampRecord(recordOf(factsWith([], [{}])))).toBeNull();
  });
});

describe("billing", () => {
  test.each([
    [0, 0, 0, 0],
    [1, 6, 30, 60],
    [6, 6, 30, 60],
    [7, 12, 30, 60],
    [30, 30, 30, 60],
    [31, 36, 36, 60],
    [60, 60, 60, 60],
    [61, 66, 66, 120],
  ])("%i_seconds", (seconds, six, thirty, sixty) => {
    expect(billedSeconds(seconds, increments["6/6"])).toBe(six);
    expect(billedSeconds(seconds, increments["30/6"])).toBe(thirty);
    expect(billedSeconds(seconds, increments["60/60"])).toBe(sixty);
  });

  test("a_call_counts_for_the_day_it_began_on_there", () => {
    const call = (text: string) => dayOf({ zone: "America/New_York", startedAt: at(text) });
    expect(call("2026-11-01T00:00:00-04:00")).toBe("2026-11-01");
    expect(call("2026-10-31T23:59:59-04:00")).toBe("2026-10-31");
    expect(call("2026-11-01T01:30:00-05:00")).toBe("2026-11-01");
  });

  test("a_refused_leg_is_nobodys_use", () => {
    const refusal = { reason: "tenant_full", says: "full" } as const;
    const shares = sharesOf(stampedCall({ step: { refusal, does: "hangup", cause: 17 } }));
    expect(shares).toMatchObject({ call: { reason: "tenant_full" }, legs: [], occupations: [] });
  });
});
