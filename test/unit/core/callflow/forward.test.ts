import { describe, expect, test } from "vitest";
import type { CallState } from "../../../../src/core/callflow/call-state.ts";
import { decodeState, encodeState } from "../../../../src/core/callflow/call-state.ts";
import { advance, begin } from "../../../../src/core/callflow/callflow.ts";
import type { Command } from "../../../../src/core/callflow/commands.ts";
import type { DialStatus } from "../../../../src/core/routing/instruction.ts";
import type { TargetSpec } from "../../../../src/core/routing/targets/index.ts";
import { hoursWith, path } from "../../../builders.ts";
import { inboundOffer, momentWith, returnWith } from "../../../driving.ts";
import {
  asked,
  drive,
  fullOn,
  granted,
  outboundSnapshot,
  policy,
  type World,
  windowOf,
} from "../../../outbound-builders.ts";

const forward: TargetSpec = {
  type: "forward",
  number: "+16465550123",
  ringSeconds: 25,
  noAnswer: path("routes.main.no_answer"),
  busy: null,
};
const voicemail: TargetSpec = { type: "voicemail", mailbox: "100", greeting: "unavailable" };

function momentOf(main: TargetSpec = forward, outbound: Partial<typeof policy> = {}) {
  const targets = { "routes.main": main, "routes.main.no_answer": voicemail };
  const apex = {
    dids: { "+12125550100": "main" },
    plan: { targets },
    outbound: { ...policy, ...outbound },
    limits: { longestCallMinutes: 60, callsPerSecond: 1 },
  };
  return momentWith(outboundSnapshot({ apex }));
}

const offer = inboundOffer({ channel: "PJSIP/apex_sip-00000001" });

function forwarded(world: World = {}, moment = momentOf()) {
  return drive(begin(offer, moment), world);
}

function back(
  state: CallState | null,
  [status, cause]: readonly [DialStatus, number | null],
  world: World = {},
  moment = momentOf(),
) {
  if (state === null) throw new Error("no state");
  return drive(advance(returnWith({ type: "dialled", status, cause }), state, moment), world);
}

describe("a forward", () => {
  test("takes_a_slot_of_its_own_beside_the_inbound_one", () => {
    const { commands, decision } = forwarded();
    expect(commands).toMatchObject([
      { type: "acquire", request: { leg: "own", direction: "inbound", trunk: "apex_sip" } },
      { type: "acquire", request: { leg: "dialled", direction: "outbound", trunk: "apex_sip" } },
    ]);
    expect(decision).toMatchObject({
      instruction: {
        do: "dial",
        dial: "PJSIP/+16465550123@apex_sip",
        trunk: "apex_sip",
        ringSeconds: 25,
        callerId: "+12125550100",
        limitSeconds: 3600,
      },
      stamp: { direction: "inbound" },
      target: { path: "routes.main", shown: { forward: "+16465550123" } },
      state: { at: "routes.main", did: "+12125550100", direction: "inbound", caller: "+13125550123" },
    });
  });

  test("tells_the_hours_that_led_to_it", () => {
    const hours = { type: "hours", hours: "office", open: path("away"), closed: path("away") } as const;
    const plan = {
      targets: { "routes.main": { ...hours, holiday: path("away") }, away: forward },
      hours: { office: hoursWith({ weekly: { daily: "09:00-11:00" } }) },
    };
    const apex = { dids: { "+12125550100": "main" }, plan, outbound: policy };
    const { decision } = forwarded({}, momentWith(outboundSnapshot({ apex })));
    expect(decision).toMatchObject({ schedule: "closed", instruction: { do: "dial" } });
  });

  test("begins_no_second_call_of_its_client", () => {
    const requests = forwarded().commands.flatMap((each) => (each.type === "acquire" ? [each.request] : []));
    expect(requests.map(({ rates }) => rates.tenant)).toEqual([1, null]);
  });

  test("shows_the_number_that_was_called_and_never_the_callers", () => {
    expect(forwarded().decision.dialled).toEqual({ number: "+16465550123", callerId: "+12125550100" });
  });

  test("its_state_survives_the_channel_variable", () => {
    const { state } = forwarded().decision;
    if (state === null) throw new Error("no state");
    expect(decodeState(encodeState(state))).toEqual(state);
  });

  test("fails_over_to_the_pool", () => {
    const result = back(forwarded().decision.state, ["CONGESTION", 34]);
    expect(asked(result)).toEqual(["pool_a"]);
    expect(result.decision.state).toMatchObject({
      at: "routes.main",
      dialling: { tried: ["apex_sip", "pool_a"] },
    });
  });

  test("goes_on_to_the_next_trunk_when_nothing_rang_in_time", () => {
    const state = forwarded().decision.state;
    if (state === null) throw new Error("no state");
    const silent = { type: "dialled", status: "NOANSWER", cause: null, silent: true } as const;
    const result = drive(advance(returnWith(silent), state, momentOf()), {});
    expect(result.decision.instruction).toMatchObject({ trunk: "pool_a", ringSeconds: 25 });
  });

  test("may_ring_for_less_than_another_trunk_is_worth_waiting_for", () => {
    const short = momentOf({ ...forward, ringSeconds: 3 });
    const first = forwarded({}, short).decision;
    expect(first.instruction).toMatchObject({ trunk: "apex_sip", ringSeconds: 3 });
    const second = back(first.state, ["CONGESTION", 42], {}, short).decision;
    expect(second.instruction).toMatchObject({ trunk: "pool_a", ringSeconds: 3 });
  });

  test("shows_its_number_though_the_caller_withholds_his", () => {
    expect(forwarded().decision.instruction).toMatchObject({ carrier: { shown: true, stamped: false } });
  });

  test("goes_on_to_what_follows_when_nobody_answers", () => {
    const result = back(forwarded().decision.state, ["NOANSWER", 19]);
    expect(result.decision.instruction).toMatchObject({ do: "voicemail", mailbox: "100" });
    expect(result.commands.map((command) => command.type)).toEqual(["release"]);
  });

  test("is_over_when_it_was_answered", () => {
    const result = back(forwarded().decision.state, ["ANSWER", 16]);
    expect(result.decision.instruction).toMatchObject({ do: "hangup", cause: 16 });
  });

  test("goes_on_to_what_follows_when_no_trunk_has_room", () => {
    const world: World = {
      slots: ({ leg }) => (leg === "own" ? granted : { granted: false, scope: "tenant_full" }),
    };
    const { decision } = forwarded(world);
    expect(decision).toMatchObject({ instruction: { do: "voicemail" }, refusal: null });
  });

  test("is_dropped_without_a_word_when_its_caller_has_gone", () => {
    const world: World = {
      slots: ({ leg }) => (leg === "own" ? granted : { granted: false, scope: "gone" }),
    };
    expect(forwarded(world).decision).toMatchObject({
      instruction: { do: "hangup", cause: 16 },
      refusal: null,
    });
    const late = back(forwarded().decision.state, ["CONGESTION", 42], world);
    expect(late.decision).toMatchObject({ instruction: { do: "hangup", cause: 16 }, refusal: null });
  });

  test("is_refused_with_its_reason_when_nothing_follows", () => {
    const moment = momentOf({ ...forward, noAnswer: null }, { destinations: { allow: [], deny: ["+1646"] } });
    const { decision } = forwarded({}, moment);
    expect(decision).toMatchObject({
      instruction: { do: "hangup", cause: 21 },
      refusal: { reason: "destination_not_allowed" },
      stamp: { direction: "inbound" },
    });
  });

  test("reaches_a_night_desk_outside_the_calling_window", () => {
    const callingWindow = windowOf({ from: "08:00", to: "08:01" });
    expect(forwarded({}, momentOf(forward, { callingWindow })).decision.instruction.do).toBe("dial");
  });

  test("asks_for_its_own_place_in_the_days_spending_and_a_failover_for_none", () => {
    const spending = { callsPerDay: 9, minutesPerDay: null, perPrefix: [] };
    const moment = momentOf({ ...forward, noAnswer: path("routes.main") }, { spending });
    const placings = ({ commands }: { readonly commands: readonly Command[] }) =>
      commands.flatMap((command) => (command.type === "spend" ? [command.request.placing] : []));
    const first = forwarded({}, moment);
    const again = forwarded({}, moment);
    const failed = back(first.decision.state, ["CONGESTION", 34], {}, moment);
    const second = back(failed.decision.state, ["NOANSWER", 19], {}, moment);
    const [one = 0, two = 0] = [first, second].flatMap(placings);
    expect([again, failed].map(placings)).toEqual([[one], []]);
    expect(two).toBeGreaterThan(one);
  });

  test("that_follows_itself_ends_all_the_same", () => {
    const moment = momentOf({ ...forward, noAnswer: path("routes.main") });
    const world: World = {
      slots: ({ leg }) => (leg === "own" ? granted : { granted: false, scope: "no_trunk" }),
    };
    expect(forwarded(world, moment).decision.refusal?.reason).toBe("too_many_steps");
  });
});

test("a_full_clients_outbound_call_may_have_a_target_of_its_own", () => {
  const apex = {
    plan: { targets: { "limits.when_full.outbound": voicemail } },
    outbound: policy,
    limits: {
      whenFull: {
        inbound: { kind: "hangup", cause: 17, announce: null },
        outbound: { kind: "target", target: path("limits.when_full.outbound") },
      },
    },
  } as const;
  const moment = momentWith(outboundSnapshot({ apex }));
  const outgoing = {
    ...offer,
    direction: "outbound",
    channel: "PJSIP/100-00000001",
    accountcode: "apex",
  } as const;
  const { decision } = drive(
    begin({ ...outgoing, dialled: "6465550123" }, moment),
    fullOn({ "*": "outbound_full" }),
  );
  expect(decision).toMatchObject({ instruction: { do: "voicemail" }, refusal: { reason: "outbound_full" } });
});
