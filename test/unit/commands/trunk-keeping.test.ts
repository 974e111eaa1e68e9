import { pino } from "pino";
import { expect, test } from "vitest";
import { createSwitches } from "../../../src/ami/switches.ts";
import { SpendWatch } from "../../../src/calls/spend-watch.ts";
import { TrunkHealthBook } from "../../../src/calls/trunk-health.ts";
import { TrunkKeeping } from "../../../src/commands/trunk-keeping.ts";
import { snapshotWith, trunkWith } from "../../builders.ts";

const T = 1_764_000_000_000;
const HOUR = 3_600_000;
const log = pino({ level: "silent" });
const snapshot = snapshotWith({ trunks: [trunkWith("pool_a")] });
const switches = createSwitches({ log, onMessage: () => {}, onState: () => {} });

const dial = {
  ...{ uniqueid: "1.1", channel: "PJSIP/100-00000001", accountCode: "apex", sbCall: "ast1-1.1" },
  ...{ sbDirection: "outbound", destUniqueid: "1.2", destChannel: "PJSIP/pool_a-00000002" },
  ...{ destAccountCode: "apex", destSbCall: "ast1-1.1", destSbDirection: "outbound" },
};
const hangup = {
  ...{ uniqueid: "1.2", channel: "PJSIP/pool_a-00000002", accountCode: "apex", cause: 16 },
  ...{ sbCall: "ast1-1.1", sbDirection: "outbound", sbMarks: null },
};

function keeping() {
  const spent: [string, number][] = [];
  const ledger = {
    begin: async () => ({ within: true }) as const,
    ended: async (call: string, seconds: number) => spent.push([call, seconds]) > 0,
  };
  const health = new TrunkHealthBook(() => snapshot.trunks);
  let elapsed = 0;
  const trunks = new TrunkKeeping({
    ...{ health, spending: new SpendWatch(ledger, log), switches: () => switches },
    ...{ snapshot: () => snapshot, log, elapsed: () => elapsed },
  });
  const pass = (ms: number): void => {
    elapsed += ms;
  };
  return { trunks, health, spent, pass };
}

test("a_call_costs_what_it_lasted_though_the_clock_was_set", () => {
  const { trunks, spent, pass } = keeping();
  trunks.news("ast1", { ...dial, type: "dial_end", status: "ANSWER" }, T);
  pass(10_000);
  trunks.news("ast1", { ...hangup, type: "hangup" }, T + HOUR + 10_000);
  expect(spent).toEqual([["ast1-1.1", 10]]);
});

test("a_carrier_is_not_held_for_silent_for_as_long_as_the_clock_was_set", () => {
  const { trunks, health, pass } = keeping();
  trunks.news("ast1", { type: "dial_state", destUniqueid: "0.1" }, T);
  trunks.news("ast1", { ...dial, type: "dial_begin" }, T);
  pass(2000);
  trunks.news("ast1", { ...dial, type: "dial_end", status: "CANCEL" }, T + HOUR + 2000);
  expect(health.unhealthyTrunks(T + HOUR + 2000)).toEqual(new Set());
});
