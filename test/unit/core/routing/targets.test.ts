import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Outcome } from "../../../../src/core/routing/instruction.ts";
import { resolveTarget, resumeTarget } from "../../../../src/core/routing/resolve.ts";
import type { RawTarget, ResolveContext } from "../../../../src/core/routing/target-type.ts";
import { dial } from "../../../../src/core/routing/targets/dial.ts";
import { hangup } from "../../../../src/core/routing/targets/hangup.ts";
import type { TargetSpec } from "../../../../src/core/routing/targets/index.ts";
import * as words from "../../../../src/core/routing/words.ts";
import type { OpenState } from "../../../../src/core/schedule/hours.ts";
import { menuWith, path, planWith } from "../../../builders.ts";

const welcome = menuWith({
  attempts: 2,
  invalidPrompt: "wrong",
  silentPrompt: "still-there",
  choices: new Map([
    ["1", path("menus.welcome.choices.1")],
    ["12", path("menus.welcome.choices.12")],
  ]),
});

function contextWith(given: Partial<ResolveContext> = {}): ResolveContext {
  return {
    tenant: "apex",
    plan: planWith({
      menus: { welcome, french: { ...welcome, language: "fr" } },
      sounds: { "fr/welcome": "F" },
    }),
    attempt: 1,
    hoursState: () => ({ state: "open", why: "Monday" }),
    sound: (prompt) => `S/${prompt}` as ReturnType<ResolveContext["sound"]>,
    ...given,
  };
}

const resumed = (spec: TargetSpec, outcome: Outcome, attempt = 1) =>
  resumeTarget(spec, outcome, contextWith({ attempt }));
const dialled = (status: "ANSWER" | "BUSY" | "NOANSWER" | "CHANUNAVAIL" | "CONGESTION") =>
  ({ type: "dialled", status, cause: null }) as const;

describe("hours", () => {
  const spec = {
    type: "hours",
    hours: "office",
    open: path("o"),
    closed: path("c"),
    holiday: path("h"),
  } as const;
  test.each<[OpenState, string]>([
    ["open", "o"],
    ["closed", "c"],
    ["holiday", "h"],
  ])("%s", (state, to) => {
    const context = contextWith({ hoursState: () => ({ state, why: "because" }) });
    expect(resolveTarget(spec, context)).toEqual({
      kind: "go",
      to,
      says: `office is ${state}: because`,
      hours: state,
    });
  });
});

describe("menu", () => {
  const spec = { type: "menu", menu: "welcome" } as const;

  test("asks_with_its_prompt_and_waits_longer_where_a_choice_goes_on", () => {
    expect(resolveTarget(spec, contextWith())).toMatchObject({
      kind: "perform",
      instruction: { do: "collect", files: ["S/welcome"], firstDigitSeconds: 5, prefixes: ["1"] },
      attempt: 1,
    });
  });

  test("more_beginnings_than_can_be_sent_give_way_to_a_length", () => {
    const numbers = Array.from({ length: 400 }, (_, index) => `${1_000_003 + index * 7919}`);
    const choices = new Map([...numbers, "0"].map((keys) => [keys, path("menus.welcome.exhausted")]));
    const context = contextWith();
    const menus = new Map([["welcome", menuWith({ choices })]]);
    expect(resolveTarget(spec, { ...context, plan: { ...context.plan, menus } })).toMatchObject({
      instruction: { do: "collect", prefixes: [], digits: 7 },
    });
  });

  test("a_wrong_choice_is_told_and_asked_again", () => {
    expect(resumed(spec, { type: "digits", digits: "9" })).toMatchObject({
      instruction: { files: ["S/wrong", "S/welcome"] },
      attempt: 2,
    });
  });

  test("silence_has_its_own_words", () => {
    expect(resumed(spec, { type: "silence" })).toMatchObject({
      instruction: { files: ["S/still-there", "S/welcome"] },
      attempt: 2,
    });
  });

  test("the_last_attempt_is_exhausted", () => {
    expect(resumed(spec, { type: "silence" }, 2)).toMatchObject({ kind: "go", to: welcome.exhausted });
  });

  test("right_at_the_last_attempt", () => {
    expect(resumed(spec, { type: "digits", digits: "12" }, 2)).toMatchObject({
      kind: "go",
      to: "menus.welcome.choices.12",
    });
  });

  test("with_a_language_of_its_own", () => {
    const french = resolveTarget({ type: "menu", menu: "french" }, contextWith());
    expect(french).toMatchObject({ instruction: { files: ["F"] }, language: "fr" });
  });

  test("gone_since_the_call_began", () => {
    const gone = { type: "menu", menu: "gone" } as const;
    expect(resolveTarget(gone, contextWith())).toMatchObject({ kind: "end", cause: 41 });
    expect(resumed(gone, { type: "silence" })).toMatchObject({ kind: "end", cause: 41 });
  });
});

describe("dial", () => {
  const spec = {
    type: "dial",
    endpoint: "PJSIP/100",
    ringSeconds: 20,
    noAnswer: path("n"),
    busy: path("b"),
  } as const;
  const bare = { ...spec, noAnswer: null, busy: null };

  test("rings_one_phone_and_no_trunk", () => {
    expect(resolveTarget(spec, contextWith())).toMatchObject({
      instruction: { do: "dial", dial: "PJSIP/100", ringSeconds: 20, trunk: null },
    });
  });

  test("answered_is_over", () => {
    expect(resumed(spec, dialled("ANSWER"))).toMatchObject({ kind: "end", cause: 16 });
  });

  test.each(["NOANSWER", "CHANUNAVAIL", "CONGESTION"] as const)("%s goes to no_answer", (status) => {
    expect(resumed(spec, dialled(status))).toMatchObject({ kind: "go", to: "n" });
  });

  test("busy_goes_to_busy_else_to_no_answer", () => {
    expect(resumed(spec, dialled("BUSY"))).toMatchObject({ kind: "go", to: "b" });
    expect(resumed({ ...spec, busy: null }, dialled("BUSY"))).toMatchObject({ kind: "go", to: "n" });
  });

  test("busy_is_busy_to_the_carrier_where_nothing_follows", () => {
    expect(resumed(bare, dialled("BUSY"))).toMatchObject({ kind: "end", cause: 17 });
    expect(resumed(bare, dialled("NOANSWER"))).toMatchObject({ kind: "end", cause: 19 });
  });

  const target: z.ZodType<RawTarget> = z.record(z.string(), z.unknown());
  test.each(["PJSIP/100&PJSIP/101", "PJSIP/100@carrier/1", "100", "PJSIP/", "Local/1@a,b", "PJSIP/1\n"])(
    "refuses %j",
    (text) => {
      expect(dial.schema(words, target).safeParse({ dial: text }).success).toBe(false);
    },
  );
});

describe("what returns leads on or ends", () => {
  test("announce_with_and_without_then", () => {
    const spec = { type: "announce", prompt: "closed", then: path("t") } as const;
    expect(resolveTarget(spec, contextWith())).toMatchObject({
      instruction: { do: "play", files: ["S/closed"] },
    });
    expect(resumed(spec, { type: "played" })).toMatchObject({ kind: "go", to: "t" });
    expect(resumed({ ...spec, then: null }, { type: "played" })).toMatchObject({ kind: "end", cause: 16 });
  });

  test("queue_with_and_without_time_out", () => {
    const spec = { type: "queue", queue: "claims", waitSeconds: 60, timeout: path("t") } as const;
    expect(resumed(spec, { type: "queued", status: "TIMEOUT" })).toMatchObject({ kind: "go", to: "t" });
    expect(resumed({ ...spec, timeout: null }, { type: "queued", status: "TIMEOUT" })).toMatchObject({
      kind: "end",
      cause: 16,
    });
    expect(resumed(spec, { type: "queued", status: "TIMEOUT", place: 4 })).toMatchObject({
      says: "queue claims gave TIMEOUT to a caller who had come in at place 4",
    });
  });

  test("ingroup_goes_to_its_context", () => {
    expect(resolveTarget({ type: "ingroup", ingroup: "APEX_INBOUND" }, contextWith())).toMatchObject({
      instruction: { do: "goto", context: "signalbox-ingroup", extension: "APEX_INBOUND", priority: 1 },
    });
  });

  test("voicemail_stands_in_the_tenants_own_context", () => {
    const spec = { type: "voicemail", mailbox: "100", greeting: "unavailable" } as const;
    expect(resolveTarget(spec, contextWith())).toMatchObject({
      instruction: { mailbox: "100", context: "apex" },
    });
  });

  test("forward_leaves_by_the_outbound_rules", () => {
    const spec = {
      type: "forward",
      number: "+12125550199",
      ringSeconds: 60,
      noAnswer: null,
      busy: null,
    } as const;
    expect(resolveTarget(spec, contextWith())).toMatchObject({
      kind: "forward",
      number: "+12125550199",
    });
  });
});

describe("hangup", () => {
  const target: z.ZodType<RawTarget> = z.record(z.string(), z.unknown());
  test.each([
    ["busy", 17],
    ["congestion", 42],
    ["normal", 16],
    ["1", 1],
    ["127", 127],
  ])("%s is cause %i", (text, cause) => {
    expect(hangup.schema(words, target).parse({ hangup: text })).toEqual({ hangup: cause });
  });

  test.each(["0", "128", "-1", "017", "off", "", "toString"])("refuses %j", (text) => {
    expect(hangup.schema(words, target).safeParse({ hangup: text }).success).toBe(false);
  });
});
