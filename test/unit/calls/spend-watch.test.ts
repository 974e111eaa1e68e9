import { setImmediate } from "node:timers/promises";
import { pino } from "pino";
import { expect, test } from "vitest";
import { SpendWatch } from "../../../src/calls/spend-watch.ts";
import type { CallId } from "../../../src/core/tenant/stamp.ts";

const T = 1_764_000_000_000;
const leg = { server: "ast1", uniqueid: "1.2" };

function watching(counted: readonly string[] = ["ast1-1.1"]) {
  const ended: [string, number][] = [];
  const ledger = {
    begin: async () => ({ within: true }) as const,
    ended: async (call: string, seconds: number) => {
      if (counted.includes(call)) ended.push([call, seconds]);
      return counted.includes(call);
    },
  };
  return { watch: new SpendWatch(ledger, pino({ level: "silent" })), ended };
}

test("a_call_costs_from_its_answer_to_its_end_and_begun_seconds_whole", () => {
  const { watch, ended } = watching();
  watch.answered(leg, ["ast1-1.1"], T);
  watch.answered(leg, ["ast1-1.1"], T + 5000);
  watch.ended(leg, T + 60_001);
  expect(ended).toEqual([["ast1-1.1", 61]]);
});

test("a_record_tells_of_its_legs_that_went_out", () => {
  const { watch, ended } = watching();
  const call = "ast1-1.1" as CallId;
  const out = (billableSeconds: number) => ({ direction: "outbound", billableSeconds }) as const;
  watch.recorded({ call, legs: [{ direction: "inbound", billableSeconds: 90 }, out(40), out(2)] });
  watch.recorded({ call, legs: [out(0)] });
  expect(ended).toEqual([["ast1-1.1", 42]]);
});

test("an_end_counts_once_and_only_after_an_answer", () => {
  const { watch, ended } = watching();
  watch.ended(leg, T);
  watch.answered(leg, ["ast1-1.1"], T);
  watch.ended({ server: "ast2", uniqueid: "1.2" }, T);
  watch.ended(leg, T);
  watch.ended(leg, T + 60_000);
  expect(ended).toEqual([["ast1-1.1", 1]]);
});

test("a_leg_that_is_transferred_out_is_paid_for_by_the_call_that_asked_for_it", async () => {
  const transferred = ["ast1-1.9", "ast1-1.1"];
  for (const [counted, pays] of [
    [transferred, "ast1-1.9"],
    [["ast1-1.1"], "ast1-1.1"],
  ] as const) {
    const { watch, ended } = watching(counted);
    watch.answered(leg, transferred, T);
    watch.ended(leg, T + 60_000);
    await setImmediate();
    expect(ended).toEqual([[pays, 60]]);
  }
});
