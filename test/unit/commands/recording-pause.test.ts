import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { AmiError } from "../../../src/ami/connection.ts";
import type { Switches } from "../../../src/ami/switches.ts";
import { RecordWatcher } from "../../../src/calls/record-watcher.ts";
import { type PauseAnswer, recordingRoutes } from "../../../src/commands/recording-pause.ts";
import { recordOf } from "../../../src/core/record/derive.ts";
import type { CallFacts } from "../../../src/core/record/record.ts";
import type { CallId } from "../../../src/core/tenant/stamp.ts";
import { snapshotWith } from "../../builders.ts";
import { callFacts, legNote, noon } from "../../record-builders.ts";

type Action = readonly [name: string, fields: Readonly<Record<string, string>>];
type Connection = NonNullable<ReturnType<Switches["connection"]>>;

const log = pino({ level: "silent" });
const CALL = "ast1-1764000000.1" as CallId;
const recording = { file: "apex/2026/11/23/x.wav", format: "wav", notice: null, keepDays: null } as const;

let done: Action[] = [];
let refused: readonly string[] = [];
let open: CallFacts[] = [];
let watcher: RecordWatcher;

/** A switch that takes every action but those of `refused`. */
const connection = {
  action: async (name: string, fields: Readonly<Record<string, string>> = {}) => {
    done.push([name, fields]);
    if (refused.includes(name)) throw new AmiError("ami_refused", `${name}: no such channel`);
  },
} as unknown as Connection;

beforeEach(async () => {
  done = [];
  refused = [];
  open = [callThatIsOn()];
  watcher = new RecordWatcher({
    store: {
      keepOpen: () => {},
      put: () => {},
      putUnowned: () => {},
      openCalls: async () => open,
      flush: async () => {},
      pending: () => ({ queued: 0, outbox: 0, lost: 0 }),
      health: () => ({ ready: true, code: null, why: "" }),
      close: async () => {},
    },
    snapshot: () => snapshotWith(),
    log,
  });
});

function callThatIsOn(step: object = { recording }): CallFacts {
  const facts = callFacts({ step, leg: { endedAt: null, channel: "PJSIP/pool_a-00000001" } });
  return {
    ...facts,
    legs: [
      ...facts.legs,
      legNote({ uniqueid: "1764000000.7", channel: "PJSIP/100-2", trunk: null, endedAt: null }),
    ],
  };
}

async function order(what: "pause" | "resume", call: string = CALL, pausing = true): Promise<PauseAnswer> {
  await watcher.restore(noon);
  const routes = recordingRoutes({
    snapshot: () => snapshotWith({ system: { recordingsPause: pausing } }),
    watcher,
    switches: { connection: () => connection },
    log,
  });
  const route = routes.find(({ path }) => path === `/recordings/${what}`);
  return (await route?.handler({ params: {}, query: {}, body: { call, by: "jane" } })) as PauseAnswer;
}

const gaps = () => recordOf(watcher.factsOf(CALL) ?? callFacts()).recorded?.gaps;
const Channel = "PJSIP/pool_a-00000001";

describe("recordingRoutes", () => {
  test("a_pause_marks_the_recorded_leg_and_mutes_it", async () => {
    expect(await order("pause")).toEqual({ call: CALL, recording: "paused" });
    expect(done).toEqual([
      ["Setvar", { Channel, Variable: "SB_PAUSED", Value: "muted" }],
      ["MixMonitorMute", { Channel, Direction: "both", State: "1" }],
    ]);
    expect(gaps()).toMatchObject([{ to: null }]);
  });
  test("a_pause_that_is_not_confirmed_ends_the_recording", async () => {
    refused = ["MixMonitorMute"];
    expect(await order("pause")).toEqual({ call: CALL, recording: "stopped" });
    expect(done.at(-1)).toEqual(["StopMixMonitor", { Channel }]);
    expect(gaps()).toMatchObject([{ to: null }]);
  });
  test("what_can_neither_be_paused_nor_ended_is_an_error_and_no_gap", async () => {
    refused = ["Setvar", "MixMonitorMute", "StopMixMonitor"];
    await expect(order("pause")).rejects.toMatchObject({ code: "recording_not_paused" });
    expect(gaps()).toEqual([]);
  });
  test("resumed_it_is_recorded_again", async () => {
    await order("pause");
    expect(await order("resume")).toEqual({ call: CALL, recording: "resumed" });
    expect(gaps()).toMatchObject([{ to: expect.any(Number) }]);
  });
  test("a_resumption_that_is_not_confirmed_leaves_it_paused", async () => {
    await order("pause");
    refused = ["MixMonitorMute"];
    await expect(order("resume")).rejects.toMatchObject({ code: "recording_not_resumed" });
    expect(gaps()).toMatchObject([{ to: null }]);
  });
  test("a_call_that_is_not_recorded_is_named", async () => {
    open = [callThatIsOn({})];
    await expect(order("pause")).rejects.toMatchObject({ code: "recording_unknown" });
    await expect(order("pause", "ast1-1764000000.9")).rejects.toMatchObject({ code: "recording_unknown" });
    expect(done).toEqual([]);
  });
  test("without_the_right_it_says_how_to_get_it", async () => {
    await expect(order("pause", CALL, false)).rejects.toMatchObject({ code: "recording_pause_off" });
  });
  test("of_a_call_that_goes_out_it_is_the_leg_on_the_trunk", async () => {
    const facts = callFacts({ step: { direction: "outbound", does: "dial", recording } });
    open = [{ ...facts, legs: facts.legs.map((leg) => ({ ...leg, endedAt: null })) }];
    expect(await order("pause")).toEqual({ call: CALL, recording: "paused" });
    expect(done[0]?.[1].Channel).toBe("PJSIP/pool_a-00000001");
  });

  test("what_is_no_call_at_all_is_said_to_be_none_that_is_on", async () => {
    await expect(order("pause", "7")).rejects.toMatchObject({ code: "recording_unknown" });
  });
});
