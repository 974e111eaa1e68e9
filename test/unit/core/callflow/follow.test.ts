import { describe, expect, test } from "vitest";
import { decodeState, encodeState } from "../../../../src/core/callflow/call-state.ts";
import { advance, begin } from "../../../../src/core/callflow/callflow.ts";
import type { Outcome } from "../../../../src/core/routing/instruction.ts";
import { calmConditions } from "../../../../src/core/snapshot/conditions.ts";
import { at, hoursWith, menuWith, path, snapshotWith, type WrittenTenant } from "../../../builders.ts";
import { drive, inboundOffer, momentWith, returnWith, stateWith } from "../../../driving.ts";

const apex: WrittenTenant = {
  dids: { "+12125550100": "main" },
  plan: {
    targets: {
      "routes.main": {
        type: "hours",
        hours: "office",
        open: path("routes.main.open"),
        closed: path("routes.main.closed"),
        holiday: path("routes.main.holiday"),
      },
      "routes.main.open": { type: "menu", menu: "welcome" },
      "routes.main.closed": { type: "announce", prompt: "closed", then: path("routes.main.closed.then") },
      "routes.main.closed.then": { type: "voicemail", mailbox: "100", greeting: "unavailable" },
      "routes.main.holiday": { type: "announce", prompt: "holiday", then: null },
      "routes.bye": { type: "announce", prompt: "bye", then: path("routes.bye.then") },
      "routes.bye.then": { type: "hangup", cause: 16 },
      "routes.later": { type: "announce", prompt: "later", then: path("routes.later.then") },
      "routes.later.then": { type: "route", route: "bye" },
      "routes.loop": { type: "route", route: "loop" },
      "menus.welcome.choices.1": { type: "ingroup", ingroup: "APEX_INBOUND" },
      "menus.welcome.choices.2": {
        type: "dial",
        endpoint: "PJSIP/100",
        ringSeconds: 20,
        noAnswer: path("routes.main.closed.then"),
        busy: null,
      },
      "menus.welcome.choices.*": { type: "menu", menu: "welcome" },
      "menus.welcome.exhausted": { type: "hangup", cause: 16 },
    },
    menus: {
      welcome: menuWith({
        invalidPrompt: "wrong",
        language: "fr",
        choices: new Map(["1", "2", "*"].map((key) => [key, path(`menus.welcome.choices.${key}`)])),
      }),
    },
    hours: {
      office: hoursWith({
        weekly: { "mon-fri": "09:00-18:00" },
        holidays: { country: "US", state: "NY", region: null },
      }),
    },
  },
};
const snapshot = snapshotWith({ tenants: { apex } });
const noon = momentWith(snapshot);

/** One whole call: the offer, then each outcome, with the state passed on as the switch would carry it. */
function call(outcomes: readonly Outcome[], moment = noon) {
  const decisions = [drive(begin(inboundOffer(), moment)).decision];
  for (const outcome of outcomes) {
    const carried = decisions.at(-1)?.state ?? null;
    const state = carried === null ? null : decodeState(encodeState(carried));
    if (state === null) throw new Error("the call was over before it was brought back");
    decisions.push(drive(advance(returnWith(outcome), state, moment)).decision);
  }
  const last = decisions.at(-1);
  if (last === undefined) throw new Error("no decision");
  return { decisions, last };
}

const press = (digits: string): Outcome => ({ type: "digits", digits });

describe("open, closed or holiday", () => {
  test.each([
    ["open", "2026-11-23T09:00:00-05:00", "collect"],
    ["closed", "2026-11-23T18:00:00-05:00", "play"],
    ["holiday", "2026-12-25T10:00:00-05:00", "play"],
  ])("%s", (schedule, now, performs) => {
    const { last } = call([], momentWith(snapshot, { now: at(now) }));
    expect(last).toMatchObject({ schedule, instruction: { do: performs } });
    expect(last.trace.some((line) => line.rule === "hours" && line.says.includes(schedule))).toBe(true);
  });

  test("an_override_by_hand_wins_for_its_own_tenant_and_hours_alone", () => {
    const set = (key: string) =>
      momentWith(snapshot, {
        conditions: { ...calmConditions, hoursOverrides: new Map([[key, { state: "closed", until: null }]]) },
      });
    expect(call([], set("apex/office")).last.schedule).toBe("closed");
    expect(call([], set("zen/office")).last.schedule).toBe("open");
    expect(call([], set("apex/other")).last.schedule).toBe("open");
  });
});

describe("a menu", () => {
  test("right_at_once", () => {
    const { last } = call([press("1")]);
    expect(last.instruction).toMatchObject({ do: "goto", extension: "APEX_INBOUND" });
    expect(last).toMatchObject({ state: null, stamp: null, refusal: null });
  });

  test("wrong_then_right", () => {
    const { decisions, last } = call([press("9"), press("1")]);
    expect(decisions[1]?.instruction).toMatchObject({
      do: "collect",
      files: ["signalbox/apex/wrong", "signalbox/apex/welcome"],
    });
    expect(decisions[1]?.state).toMatchObject({ attempt: 2, steps: 3 });
    expect(last.instruction).toMatchObject({ do: "goto" });
  });

  test("no_input_to_exhaustion", () => {
    const { decisions, last } = call([{ type: "silence" }, { type: "silence" }, { type: "silence" }]);
    expect(decisions.slice(0, 3).every((each) => each.instruction.do === "collect")).toBe(true);
    expect(last).toMatchObject({ ended: true, instruction: { do: "hangup", cause: 16 }, state: null });
  });

  test("star_starts_it_over_with_all_its_attempts", () => {
    const { last } = call([press("9"), press("9"), press("*")]);
    expect(last.state).toMatchObject({ at: "menus.welcome.choices.*", attempt: 1 });
  });

  test("its_language_stays_with_the_call", () => {
    const { decisions } = call([press("9")]);
    expect(decisions.map((each) => each.language)).toEqual(["fr", "fr"]);
    expect(decisions[0]?.state?.language).toBe("fr");
  });

  test("only_the_first_step_stamps", () => {
    const { decisions } = call([press("9"), press("2")]);
    expect(decisions.map((each) => each.stamp === null)).toEqual([false, true, true]);
  });
});

describe("what returns goes on", () => {
  const closed = momentWith(snapshot, { now: at("2026-11-23T20:00:00-05:00") });

  test("announced_then_voicemail", () => {
    const { last } = call([{ type: "played" }], closed);
    expect(last.instruction).toMatchObject({ do: "voicemail", mailbox: "100", context: "apex" });
    expect(last.state).toBeNull();
  });

  test("an_announcement_ends_the_call_only_where_nothing_but_a_hangup_follows", () => {
    expect(call([], closed).last).toMatchObject({ instruction: { do: "play" }, ended: false });
    const played = (entry: string) => {
      const told = snapshotWith({ tenants: { apex: { ...apex, dids: { "+12125550100": entry } } } });
      return drive(begin(inboundOffer(), momentWith(told))).decision;
    };
    expect(played("bye")).toMatchObject({ instruction: { do: "play" }, ended: true });
    expect(played("later")).toMatchObject({ instruction: { do: "play" }, ended: true });
    const holiday = momentWith(snapshot, { now: at("2026-12-25T10:00:00-05:00") });
    expect(call([], holiday).last).toMatchObject({ instruction: { do: "play" }, ended: true });
  });

  test("no_answer_goes_to_voicemail", () => {
    const { last } = call([press("2"), { type: "dialled", status: "NOANSWER", cause: 19 }]);
    expect(last.instruction).toMatchObject({ do: "voicemail" });
  });

  test("answered_ends", () => {
    const { last } = call([press("2"), { type: "dialled", status: "ANSWER", cause: 16 }]);
    expect(last).toMatchObject({ ended: true, instruction: { do: "hangup", cause: 16 } });
  });
});

describe("no chain is endless", () => {
  test("targets_that_lead_to_themselves", () => {
    const looped = snapshotWith({ tenants: { apex: { ...apex, dids: { "+12125550100": "loop" } } } });
    const { decision } = drive(begin(inboundOffer(), momentWith(looped)));
    expect(decision).toMatchObject({
      refusal: { reason: "too_many_steps" },
      instruction: { do: "hangup", cause: 25 },
      state: null,
    });
  });

  test("a_caller_who_keeps_pressing_star", () => {
    const menu = stateWith({ at: path("menus.welcome.choices.*"), steps: 99 });
    const pressed = drive(advance(returnWith(press("*")), menu, noon)).decision;
    expect(pressed.state?.steps).toBe(100);
    const again = drive(advance(returnWith(press("*")), { ...menu, steps: 100 }, noon)).decision;
    expect(again).toMatchObject({ refusal: { reason: "too_many_steps" }, state: null });
  });
});

describe("a reload in mid-call", () => {
  test("a_target_of_another_kind_in_its_place_takes_the_numbers_route_again", () => {
    const plan = { targets: { "routes.main": { type: "announce", prompt: "holiday", then: null } } } as const;
    const changed = snapshotWith({ tenants: { apex: { dids: { "+12125550100": "main" }, plan } } });
    const moment = momentWith(changed);
    const { decision } = drive(
      advance(returnWith(press("1")), stateWith({ at: path("routes.main") }), moment),
    );
    expect(decision.instruction).toMatchObject({ do: "play" });
    expect(decision.trace[0]).toMatchObject({ rule: "reload" });
  });

  test("who_has_talked_already_is_not_sent_round_again", () => {
    const answered = returnWith({ type: "dialled", status: "ANSWER", cause: 16 });
    const { decision } = drive(advance(answered, stateWith({ at: path("menus.old.choices.1") }), noon));
    expect(decision).toMatchObject({ ended: true, instruction: { do: "hangup", cause: 16 } });
    expect(decision.trace[0]).toMatchObject({ rule: "reload" });
  });

  test("a_target_that_is_gone_takes_the_numbers_route_again", () => {
    const { decision } = drive(
      advance(returnWith(press("1")), stateWith({ at: path("menus.old.choices.1") }), noon),
    );
    expect(decision.instruction).toMatchObject({ do: "collect" });
    expect(decision.trace[0]).toMatchObject({ rule: "reload" });
  });

  test("a_number_that_is_gone_too_ends_the_call", () => {
    const state = stateWith({ at: path("menus.old.choices.1"), did: "+12125550999" });
    const { decision } = drive(advance(returnWith(press("1")), state, noon));
    expect(decision).toMatchObject({ ended: true, instruction: { do: "hangup", cause: 41 }, state: null });
  });

  test("a_conversation_that_outlived_its_tenant_is_over_and_refused_nothing", () => {
    const answered = returnWith({ type: "dialled", status: "ANSWER", cause: 16 });
    const { decision } = drive(advance(answered, stateWith(), momentWith(snapshotWith({ tenants: {} }))));
    expect(decision).toMatchObject({ refusal: null, ended: true, instruction: { do: "hangup", cause: 16 } });
  });

  test("a_tenant_that_is_gone_is_unknown", () => {
    const { decision } = drive(
      advance(returnWith(press("1")), stateWith(), momentWith(snapshotWith({ tenants: {} }))),
    );
    expect(decision).toMatchObject({ refusal: { reason: "unknown_tenant" }, stamp: null, state: null });
  });
});

test("the_same_inputs_give_the_same_decision", () => {
  expect(call([press("9"), press("2")])).toEqual(call([press("9"), press("2")]));
});
