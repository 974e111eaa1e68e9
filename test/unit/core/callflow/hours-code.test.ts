import { describe, expect, test } from "vitest";
import { advance, begin } from "../../../../src/core/callflow/callflow.ts";
import type { Command } from "../../../../src/core/callflow/commands.ts";
import type { Decision } from "../../../../src/core/callflow/decision.ts";
import type { Outcome } from "../../../../src/core/routing/instruction.ts";
import type { Snapshot } from "../../../../src/core/snapshot/snapshot.ts";
import { hoursWith, snapshotWith } from "../../../builders.ts";
import { inboundOffer, momentWith, returnWith } from "../../../driving.ts";
import { drive, type World } from "../../../outbound-builders.ts";

const PIN = "4711";

const snapshot = snapshotWith({
  tenants: {
    apex: {
      hoursCode: { code: "*21", pin: PIN, hours: "office" },
      plan: {
        hours: { office: hoursWith() },
        sounds: Object.fromEntries(
          [
            "pin-please",
            "pin-wrong",
            "code-locked",
            "line-choice",
            "line-opened",
            "line-closed",
            "line-normal",
          ].map((name) => [name, `S/${name}`]),
        ),
      },
    },
    beta: {},
  },
});

const silence: Outcome = { type: "silence" };
const keys = (digits: string): Outcome => ({ type: "digits", digits });

type Call = {
  readonly decisions: readonly Decision[];
  readonly last: Decision;
  readonly commands: readonly Command[];
};

/** Dials the code from a phone of apex and answers each question in turn. */
function call(
  outcomes: readonly Outcome[],
  world: World = {},
  offered: Parameters<typeof inboundOffer>[0] = {},
): Call {
  const offer = inboundOffer({
    direction: "outbound",
    channel: "PJSIP/100-00000001",
    dialled: "*21",
    callerNumber: "100",
    accountcode: "apex",
    ...offered,
  });
  let { decision, commands } = drive(begin(offer, momentWith(snapshot)), world);
  const decisions = [decision];
  const all = [...commands];
  for (const outcome of outcomes) {
    if (decision.state === null) throw new Error("the call is over before everything was typed");
    ({ decision, commands } = drive(
      advance(returnWith(outcome), decision.state, momentWith(snapshot)),
      world,
    ));
    decisions.push(decision);
    all.push(...commands);
  }
  return { decisions, last: decision, commands: all };
}

/** What the caller hears at the end. */
const confirmed = ({ last }: Call): unknown =>
  last.instruction.do === "hangup" ? last.instruction.announce : null;
const override = ({ commands }: Call): unknown => {
  const set = commands.filter(({ type }) => type === "set_override");
  return set.length === 0
    ? "none"
    : set.map((each) => (each.type === "set_override" ? each.override : ""))[0];
};

describe("from the code to its confirmation", () => {
  test("the_code_asks_for_the_pin_without_telling_its_length", () => {
    const { last, commands } = call([]);
    expect(last.instruction).toEqual({
      do: "collect",
      files: ["S/pin-please"],
      firstDigitSeconds: 8,
      nextDigitSeconds: 4,
      prefixes: [],
      digits: 10,
    });
    expect(last.state).toMatchObject({
      at: "hours_code.pin",
      attempt: 1,
      direction: "outbound",
      caller: "100",
    });
    expect(last.stamp).toMatchObject({ tenant: "apex", direction: "outbound", did: null, trunk: null });
    expect(commands).toEqual([]);
  });

  test("the_right_pin_asks_what_to_do", () => {
    const { last, commands } = call([keys(PIN)]);
    expect(last.instruction).toMatchObject({
      do: "collect",
      files: ["S/line-choice"],
      prefixes: [],
      digits: null,
    });
    expect(last.state).toMatchObject({ at: "hours_code.choice", attempt: 1, steps: 3 });
    expect(commands).toEqual([
      { type: "pin_tried", call: "ast1-1764000000.1", tenant: "apex", right: true, by: "100" },
    ]);
  });

  test.each([
    ["1_opens", "1", { state: "open", until: null }, "S/line-opened"],
    ["2_closes", "2", { state: "closed", until: null }, "S/line-closed"],
    ["0_clears", "0", null, "S/line-normal"],
  ])("%s", (_name, key, set, says) => {
    const done = call([keys(PIN), keys(key)]);
    expect(done.commands[1]).toEqual({
      type: "set_override",
      call: "ast1-1764000000.1",
      tenant: "apex",
      hours: "office",
      override: set,
      by: "100",
    });
    expect(confirmed(done)).toBe(says);
    expect(done.last).toMatchObject({ ended: true, state: null, refusal: null });
    expect(done.last.target).toEqual({ path: "hours_code.choice", shown: { hours_code: "office" } });
  });

  test("what_could_not_be_kept_is_not_confirmed", () => {
    const done = call([keys(PIN), keys("2")], { setOverride: () => ({ kept: false }) });
    expect(confirmed(done)).toBe("signalbox/apex/system-error");
  });
});

describe("the pin", () => {
  test.each([
    ["one_key_off", "4712"],
    ["first_key_off", "5711"],
    ["a_key_short", "471"],
    ["a_key_too_many", "47110"],
    ["the_longest", "4711471147"],
    ["longer_than_any", "47114711471147114711"],
    ["with_a_star", "471*"],
    ["one_key", "4"],
  ])("%s_is_wrong", (_name, typed) => {
    const wrong = call([keys(typed)]);
    expect(wrong.last.instruction).toMatchObject({ do: "collect", files: ["S/pin-wrong", "S/pin-please"] });
    expect(wrong.last.state).toMatchObject({ at: "hours_code.pin", attempt: 2 });
    expect(wrong.commands).toMatchObject([{ type: "pin_tried", right: false, by: "100" }]);
  });

  test("right_at_the_last_attempt", () => {
    expect(call([keys("1"), keys("2"), keys(PIN)]).last.state?.at).toBe("hours_code.choice");
  });

  test("three_wrong_ones_end_the_call", () => {
    const done = call([keys("1"), keys("2"), keys("3")]);
    expect(confirmed(done)).toBe("S/pin-wrong");
    expect(done.commands).toHaveLength(3);
  });

  test("no_input_is_asked_again_and_counts_as_no_wrong_pin", () => {
    const done = call([silence, silence, silence]);
    expect(done.commands).toEqual([]);
    expect(done.last.instruction).toMatchObject({ do: "hangup" });
  });

  test("a_locked_code_lets_nobody_in_with_the_right_pin_neither", () => {
    for (const typed of [PIN, "1234"]) {
      const done = call([keys(typed)], { pinTried: () => ({ locked: true }) });
      expect(confirmed(done)).toBe("S/code-locked");
      expect(override(done)).toBe("none");
    }
  });

  test("neither_it_nor_what_was_typed_is_in_anything_that_leaves_the_step", () => {
    for (const typed of [PIN, "860257"]) {
      const { decisions, commands } = call([keys(typed)]);
      const text = JSON.stringify({ decisions, commands });
      expect(text).not.toContain(PIN);
      expect(text).not.toContain("860257");
    }
  });
});

describe("the choice", () => {
  test("wrong_keys_and_silence_use_up_three_attempts", () => {
    const done = call([keys(PIN), keys("5"), silence, keys("#")]);
    expect(done.decisions[2]?.state).toMatchObject({ at: "hours_code.choice", attempt: 2 });
    expect(override(done)).toBe("none");
    expect(confirmed(done)).toBe("signalbox/apex/invalid-choice");
  });

  test("the_pin_again_is_no_choice", () => {
    expect(override(call([keys(PIN), keys(PIN)]))).toBe("none");
  });
});

describe("who may", () => {
  test("a_trunk_leg_that_was_transferred_there_is_refused", () => {
    const { last } = call([], {}, { channel: "PJSIP/pool_a-00000001" });
    expect(last).toMatchObject({ refusal: { reason: "bad_number" }, instruction: { do: "hangup" } });
  });

  test("another_clients_phone_is_refused", () => {
    expect(call([], {}, { accountcode: "beta" }).last.refusal?.reason).toBe("bad_number");
  });

  test("nobodys_phone_is_refused", () => {
    expect(call([], {}, { accountcode: "" }).last.refusal?.reason).toBe("unknown_tenant");
  });

  test("a_suspended_clients_phone_is_refused", () => {
    const moment = momentWith(snapshot);
    const suspended = { ...moment.conditions, suspendedTenants: new Set(snapshot.tenants.keys()) };
    const offer = inboundOffer({
      direction: "outbound",
      channel: "PJSIP/100-1",
      dialled: "*21",
      accountcode: "apex",
    });
    const { decision } = drive(begin(offer, { ...moment, conditions: suspended }));
    expect(decision.refusal?.reason).toBe("tenant_suspended");
  });

  test("a_code_taken_out_in_mid_call_ends_it", () => {
    const { last } = call([keys(PIN)]);
    if (last.state === null) throw new Error("it waits for a choice");
    const without: Snapshot = snapshotWith({ tenants: { apex: {} } });
    const { decision } = drive(advance(returnWith(keys("2")), last.state, momentWith(without)));
    expect(decision).toMatchObject({ ended: true, instruction: { do: "hangup" } });
  });
});
