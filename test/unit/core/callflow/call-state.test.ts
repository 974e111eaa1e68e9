import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CallState,
  decodeState,
  encodeState,
  fitsState,
  LONGEST_PATH,
} from "../../../../src/core/callflow/call-state.ts";
import type { E164 } from "../../../../src/core/number/e164.ts";
import type { TargetPath } from "../../../../src/core/routing/plan.ts";
import type { CallId } from "../../../../src/core/tenant/stamp.ts";
import type { TenantId } from "../../../../src/core/tenant/tenant-id.ts";
import { e164 } from "../../../builders.ts";
import { stateWith } from "../../../driving.ts";

const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,19}$/);
const number = fc.stringMatching(/^\+[1-9][0-9]{6,14}$/).map((text) => text as E164);
const whole = fc.integer({ min: 0, max: 2_000_000_000_000 });

const dialling = fc.record(
  {
    number,
    callerId: number,
    tried: fc.array(word, { minLength: 1, maxLength: 5 }),
    since: whole,
    lastSince: whole,
    ringSeconds: fc.integer({ min: 0, max: 3600 }),
    campaign: fc.stringMatching(/^[A-Za-z0-9_:%-]{0,8}$/),
  },
  { requiredKeys: ["number", "callerId", "tried", "since", "lastSince", "ringSeconds"] },
);

const common = {
  call: fc.stringMatching(/^[A-Za-z0-9_.-]{1,60}$/).map((text) => text as CallId),
  tenant: fc.stringMatching(/^[a-z][a-z0-9_-]{0,19}$/).map((text) => text as TenantId),
  caller: fc.oneof(number, fc.constant("anonymous"), fc.stringMatching(/^[A-Za-z0-9+*#_.@?-]{1,40}$/)),
  attempt: fc.integer({ min: 1, max: 1000 }),
  steps: fc.integer({ min: 1, max: 1000 }),
  language: fc.constantFrom("", "en", "fr", "pt_BR"),
  dialling: fc.option(dialling),
};

const inbound: fc.Arbitrary<CallState> = fc.record({
  ...common,
  direction: fc.constant("inbound" as const),
  did: number,
  at: fc
    .array(fc.oneof(word, fc.constantFrom("*", "#", "12")), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join(".") as TargetPath),
});

const outbound: fc.Arbitrary<CallState> = fc.record({
  ...common,
  direction: fc.constant("outbound" as const),
  did: fc.constant(""),
  at: fc.constant("" as TargetPath),
});

const state = fc.oneof(inbound, outbound);

describe("there and back", () => {
  test("every_state_survives", () => {
    fc.assert(
      fc.property(state, (before) => {
        expect(decodeState(encodeState(before))).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });

  test("one_line_that_a_channel_variable_can_hold", () => {
    fc.assert(
      fc.property(state, (before) => {
        expect(encodeState(before)).toMatch(/^[A-Za-z0-9_.:+*#=%-]{1,600}$/);
      }),
    );
  });

  test("the_longest_of_everything_at_the_longest_path_is_read_back", () => {
    const longest = stateWith({
      call: "c".repeat(120) as CallId,
      tenant: "t".repeat(20) as TenantId,
      did: "+123456789012345",
      caller: "?".repeat(40),
      at: "p".repeat(LONGEST_PATH) as TargetPath,
      attempt: 1000,
      steps: 1000,
      language: "fil_PH",
      dialling: {
        number: e164("+123456789012345"),
        callerId: e164("+123456789012345"),
        tried: Array.from({ length: 5 }, () => "t".repeat(64)),
        since: 9_999_999_999_999,
        lastSince: 9_999_999_999_999,
        ringSeconds: 3600,
      },
    });
    expect(fitsState(longest.at)).toBe(true);
    expect(fitsState(`${longest.at}p` as TargetPath)).toBe(false);
    expect(decodeState(encodeState(longest))).toEqual(longest);
  });

  test("a_call_on_its_way_out_keeps_what_was_tried", () => {
    const out = {
      number: e164("+13125550123"),
      callerId: e164("+12125550100"),
      tried: ["apex_sip", "pool_a"],
      since: 1_764_000_000_000,
      lastSince: 1_764_000_005_000,
      ringSeconds: 60,
    };
    expect(decodeState(encodeState(stateWith({ dialling: out })))?.dialling).toEqual(out);
  });
});

describe("anything else is no state", () => {
  const good = encodeState(stateWith());

  test("the_good_one_is_one", () => {
    expect(decodeState(good)).toEqual(stateWith());
  });

  test.each([
    ["empty", ""],
    ["colons_alone", ":::::::::"],
    ["another_version", good.replace(/^1/, "9")],
    ["version_of_more_fields", good.replace(/^1/, "2")],
    ["name_of_a_method_for_a_version", good.replace(/^1/, "toString")],
    ["a_field_too_many", `${good}:x`],
    ["a_field_too_few", good.slice(0, good.lastIndexOf(":"))],
    ["tenant_in_capitals", good.replace("apex", "APEX")],
    ["tenant_with_a_path", good.replace("apex", "..%2Fapex")],
    ["a_third_direction", good.replace("inbound", "sideways")],
    ["call_with_a_path", good.replace("ast1-", "..%2F")],
    ["did_not_e164", good.replace("%2B12125550100", "12125550100")],
    ["no_target", good.replace("routes.main", "")],
    ["attempt_zero", good.replace("routes.main:1:", "routes.main:0:")],
    ["attempt_negative", good.replace("routes.main:1:", "routes.main:-1:")],
    ["attempt_beyond_its_bound", good.replace("routes.main:1:", "routes.main:1001:")],
    ["attempt_no_number", good.replace("routes.main:1:", "routes.main:x:")],
    ["attempt_half", good.replace("routes.main:1:", "routes.main:1.5:")],
    ["broken_escape", good.replace("apex", "ap%ex")],
    ["escape_that_is_no_text", good.replace("apex", "ap%FFex")],
    ["longer_than_any", good.replace("routes.main", "r".repeat(2000))],
  ])("%s", (_name, text) => {
    expect(decodeState(text)).toBeNull();
  });

  test("hostile_text_never_throws", () => {
    const near = fc
      .tuple(fc.nat({ max: good.length }), fc.string({ unit: "binary", maxLength: 12 }))
      .map(([place, text]) => good.slice(0, place) + text + good.slice(place + text.length));
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: "binary", maxLength: 400 })), (text) => {
        const read = decodeState(text);
        if (read !== null) expect(read.tenant).toMatch(/^[a-z][a-z0-9_-]{0,19}$/);
      }),
      { numRuns: 2000 },
    );
  });
});
