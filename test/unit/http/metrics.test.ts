import { describe, expect, test } from "vitest";
import type { DecidedStep } from "../../../src/calls/ports.ts";
import { createMetrics } from "../../../src/http/metrics.ts";
import { tenantId } from "../../builders.ts";

const apex = tenantId("apex");

/** A step with what the counters read of it; an inbound offer that is routed unless given. */
function stepWith(step: { event?: object; state?: object | null; decision?: object } = {}): DecidedStep {
  const { event, state = null, decision } = step;
  const read = {
    at: 0,
    seconds: 0.001,
    revision: "r",
    state,
    event: { type: "offer", direction: "inbound", ...event },
    decision: {
      stamp: { tenant: apex },
      state: null,
      refusal: null,
      ended: false,
      instruction: { do: "goto" },
      ...decision,
    },
  };
  return read as unknown as DecidedStep;
}

async function told(name: string, ...steps: DecidedStep[]): Promise<string[]> {
  const { watcher, registry } = createMetrics();
  for (const step of steps) watcher.decided(step);
  return (await registry.metrics()).split("\n").filter((line) => line.startsWith(`${name}{`));
}

const refusal = { reason: "tenant_full", says: "full" };
const dialling = { tried: ["apex_sip"] };
const returned = {
  event: { type: "return", outcome: { type: "dialled", status: "CHANUNAVAIL", cause: 20 } },
  state: { tenant: apex, dialling },
};

describe("calls", () => {
  test("count_once_by_how_they_go_on", async () => {
    const steps = [
      stepWith(),
      stepWith({ decision: { ended: true } }),
      stepWith({ decision: { refusal } }),
      stepWith({ decision: { instruction: { do: "hangup" } } }),
      stepWith({ ...returned, decision: { stamp: null } }),
    ];
    expect(await told("signalbox_calls_total", ...steps)).toEqual([
      'signalbox_calls_total{tenant="apex",direction="inbound",outcome="routed"} 1',
      'signalbox_calls_total{tenant="apex",direction="inbound",outcome="ended"} 1',
      'signalbox_calls_total{tenant="apex",direction="inbound",outcome="refused"} 1',
      'signalbox_calls_total{tenant="apex",direction="inbound",outcome="abandoned"} 1',
    ]);
  });
});

describe("refusals", () => {
  test("of_nobody's_calls_are_none's", async () => {
    expect(await told("signalbox_refusals_total", stepWith({ decision: { refusal, stamp: null } }))).toEqual([
      'signalbox_refusals_total{tenant="none",reason="tenant_full"} 1',
    ]);
  });

  test("at_a_later_step_are_the_client's_whose_call_it_was", async () => {
    const last = stepWith({ ...returned, decision: { refusal, stamp: null, instruction: { do: "hangup" } } });
    expect(await told("signalbox_refusals_total", last)).toEqual([
      'signalbox_refusals_total{tenant="apex",reason="tenant_full"} 1',
    ]);
  });
});

describe("failovers", () => {
  const dial = (trunk: string | null) => ({ stamp: null, instruction: { do: "dial", trunk } });

  test("count_on_the_trunk_that_failed_by_what_it_met", async () => {
    expect(
      await told("signalbox_failovers_total", stepWith({ ...returned, decision: dial("pool_a") })),
    ).toEqual(['signalbox_failovers_total{trunk="apex_sip",reason="chanunavail"} 1']);
  });

  test.each([
    ["the_first_attempt", stepWith({ decision: dial("pool_a") })],
    ["a_phone_that_is_rung_next", stepWith({ ...returned, decision: dial(null) })],
    ["a_call_that_ends_there", stepWith({ ...returned, decision: { instruction: { do: "hangup" } } })],
  ])("%s_is_none", async (_, step) => {
    expect(await told("signalbox_failovers_total", step)).toEqual([]);
  });
});

test("sessions_count_by_how_they_ended_and_refused_ones_take_no_time", async () => {
  const { agiEnded, registry } = createMetrics();
  for (const outcome of ["decided", "decided", "refused"]) agiEnded({ outcome, seconds: 0.002 });
  const text = await registry.metrics();
  expect(text).toContain('signalbox_agi_sessions_total{outcome="decided"} 2\n');
  expect(text).toContain('signalbox_agi_sessions_total{outcome="refused"} 1\n');
  expect(text).toContain("signalbox_agi_session_seconds_count 2\n");
});
