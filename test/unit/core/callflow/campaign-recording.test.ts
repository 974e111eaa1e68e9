import { describe, expect, test } from "vitest";
import { decodeState, encodeState } from "../../../../src/core/callflow/call-state.ts";
import { momentWith } from "../../../driving.ts";
import { call, comeBack, outboundSnapshot } from "../../../outbound-builders.ts";

const recording = (campaigns: Readonly<Record<string, number>>) => ({
  ...({ inbound: 0, outbound: 0, format: "wav", notice: null, keepDays: null, legs: false } as const),
  campaigns: new Map(Object.entries(campaigns)),
});

describe("what is recorded of a campaign", () => {
  const moment = momentWith(outboundSnapshot({ apex: { recording: recording({ SALES: 100 }) } }));

  test("is_the_same_at_every_attempt_of_a_call", () => {
    const first = call({ campaign: "sales" }, {}, moment).decision;
    expect(first.recording?.file).toMatch(/^apex\//);
    const state = first.state === null ? null : decodeState(encodeState(first.state));
    const second = comeBack(state, ["CONGESTION", 34], moment).decision;
    expect(second.instruction.do).toBe("dial");
    expect(second.recording).toEqual(first.recording);
  });

  test("is_nothing_of_another_campaign_or_of_none", () => {
    for (const campaign of ["SURVEY", null])
      expect(call({ campaign }, {}, moment).decision.recording).toBeNull();
  });

  test("costs_no_state_where_no_client_asks_for_it", () => {
    const plain = momentWith(outboundSnapshot({ apex: { recording: recording({}) } }));
    expect(call({ campaign: "sales" }, {}, plain).decision.state?.dialling).not.toHaveProperty("campaign");
  });
});
