import { expect, test } from "vitest";
import { AgiDecoder } from "../../../src/agi/codec.ts";
import { decisionVariables, readStep } from "../../../src/agi/variables.ts";
import { encodeState } from "../../../src/core/callflow/call-state.ts";
import { ofNobody } from "../../../src/core/callflow/decision.ts";
import type { CallId } from "../../../src/core/tenant/stamp.ts";
import { stateWith } from "../../driving.ts";

function stepOf(header: string) {
  const [message] = new AgiDecoder().push(Buffer.from(header));
  if (message?.type !== "request") throw new Error("no request");
  return readStep(message.request, "ast1");
}

test.each([
  ["allowed", "0", false],
  ["allowed_and_screened", "3", false],
  ["withheld", "32", true],
  ["withheld_and_screened", "35", true],
  ["not_there", "67", false],
  ["nothing", "", false],
  ["no_number", "x32", false],
])("a_presentation_that_is %s", (_name, presentation, withheld) => {
  const header = `agi_request: agi://h/inbound\nagi_channel: PJSIP/a-1\nagi_uniqueid: 1.1\nagi_callingpres: ${presentation}\n\n`;
  expect(stepOf(header)).toMatchObject({ type: "offer", offer: { withheld } });
});

test.each([
  ["with_its_first_step", true, { __SB_TENANT: "apex", __SB_CALL: "ast1-1.1" }],
  ["later", false, {}],
])("a_leg_that_is_stamped_already_names_what_it_dials_%s", (_name, begins, marks) => {
  const state = stateWith({ call: "ast1-1.1" as CallId, direction: "outbound" });
  const instruction = { do: "play", files: [] } as const;
  const decision = { ...ofNobody, call: state.call, state, instruction, trace: [] };
  const set = decisionVariables(decision, "/recordings", begins).filter(([name]) => name.startsWith("__"));
  expect(Object.fromEntries(set)).toEqual(marks);
});

test.each([
  ["TIMEOUT.4", { status: "TIMEOUT", place: 4 }],
  ["TIMEOUT", { status: "TIMEOUT" }],
  [".1", { status: "UNKNOWN" }],
  ["TIMEOUT.0", { status: "UNKNOWN" }],
])("a_queue_that_gave %s", (result, outcome) => {
  const state = encodeState(stateWith({ call: "ast1-1.1" as CallId }));
  const header = `agi_request: agi://h/next\nagi_channel: PJSIP/a-1\nagi_uniqueid: 1.1\nagi_arg_1: ${state}\nagi_arg_2: queued\nagi_arg_3: ${result}\n\n`;
  expect(stepOf(header)).toMatchObject({
    type: "return",
    event: { outcome: { type: "queued", ...outcome } },
  });
});

test.each([
  ["nothing", "", "", {}],
  ["its_own_call", "ast1-1.1", "Up", {}],
  ["a_call_of_another_switch", "ast2-1.0", "Up", {}],
  ["no_name", "ast1-1.0;x", "Up", {}],
  ["the_call_it_was_dialled_in", "ast1-1.0", "Up", { sentFrom: { call: "ast1-1.0", isUp: true } }],
  ["one_that_still_rings", "ast1-1.0", "Ringing", { sentFrom: { call: "ast1-1.0", isUp: false } }],
])("a_channel_that_comes_in_marked_with %s", (_name, mark, channelState, sent) => {
  const args = mark === "" ? "" : `agi_arg_1: ${mark}\nagi_arg_2: ${channelState}\n`;
  const header = `agi_request: agi://h/inbound\nagi_channel: PJSIP/a-1\nagi_uniqueid: 1.1\n${args}\n`;
  const step = stepOf(header);
  const { sentFrom } = step.type === "offer" ? step.offer : {};
  expect(step.type).toBe("offer");
  expect(sentFrom === undefined ? {} : { sentFrom }).toEqual(sent);
});
