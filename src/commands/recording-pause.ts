/**
 * Pauses and resumes the recording of a call that is on, over the manager interface. It fails to paused: what the
 * switch does not confirm is ended for good, and only when that fails too the caller is told that it goes on.
 */
import type { Logger } from "pino";
import { AmiError } from "../ami/connection.ts";
import type { Switches } from "../ami/switches.ts";
import type { RecordWatcher } from "../calls/record-watcher.ts";
import type { CallFacts, LegNote, RecordingMark } from "../core/record/record.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { CallId } from "../core/tenant/stamp.ts";
import type { ControlRequest, ControlRoute } from "../http/control.ts";
import { readOrder } from "../http/order.ts";
import { messageOf, SignalboxError } from "../platform/errors.ts";

export type RecordingPauseOptions = {
  readonly snapshot: () => Snapshot;
  readonly watcher: RecordWatcher;
  readonly switches: Pick<Switches, "connection">;
  readonly log: Logger;
};

/** What is answered to an order. */
export type PauseAnswer = { readonly call: string; readonly recording: "paused" | "resumed" | "stopped" };

const ORDER = { call: { least: 1, most: 120 }, by: { least: 1, most: 100 } };

/** `POST /recordings/pause` and `POST /recordings/resume`. */
export function recordingRoutes(options: RecordingPauseOptions): readonly ControlRoute[] {
  const route = (path: string, work: (asked: Asked) => Promise<PauseAnswer["recording"]>): ControlRoute => ({
    method: "POST",
    path,
    handler: async (request): Promise<PauseAnswer> => {
      const asked = readAsked(request, options);
      const recording = await work(asked);
      const { call, by } = asked;
      options.watcher.marked(call, { at: Date.now(), what: recording });
      options.log.info({ event: `recording.${recording}`, call, by });
      return { call, recording };
    },
  });
  return [route("/recordings/pause", pause), route("/recordings/resume", resume)];
}

type Asked = {
  readonly call: CallId;
  readonly by: string;
  readonly legs: readonly string[];
  readonly act: (action: string, fields: Readonly<Record<string, string>>) => Promise<void>;
};

function readAsked({ body }: ControlRequest, options: RecordingPauseOptions): Asked {
  const { snapshot, watcher, switches } = options;
  if (!snapshot().system.recordingsPause) {
    const remedy = "set `recordings: {pause: true}` in signalbox.yaml, render, and reload the manager";
    throw new SignalboxError("recording_pause_off", `recordings cannot be paused here: ${remedy}`);
  }
  const read = readOrder(body, ORDER);
  if (read === null) throw new SignalboxError("bad_order", "an order names a call and by whom it is");
  const call = read.call as CallId;
  const facts = watcher.factsOf(call);
  const legs = facts === null ? [] : recordedLegs(facts);
  if (facts === null || legs.length === 0) {
    const says = `no call ${call} is on here that is recorded; ask the node that listens to its switch`;
    throw new SignalboxError("recording_unknown", says);
  }
  const act: Asked["act"] = async (action, fields) => {
    const connection = switches.connection(facts.server);
    if (connection === null) throw new SignalboxError("switch_unknown", `${facts.server} is not configured`);
    await connection.action(action, fields);
  };
  return { call, by: read.by, legs: legs.map(({ channel }) => channel ?? ""), act };
}

/** A call that came in is recorded on the leg it came in on, one that goes out on what it dialled. */
function recordedLegs({ steps, legs }: CallFacts): readonly LegNote[] {
  const recorded = steps.filter((step) => step.recording !== undefined);
  const asking = new Set(recorded.map((step) => step.uniqueid));
  const inbound = recorded[0]?.direction === "inbound";
  return legs.filter((leg) => {
    if (leg.channel === null || leg.endedAt !== null) return false;
    if (inbound) return asking.has(leg.uniqueid);
    return leg.trunk !== null && recorded.length > 0 && !asking.has(leg.uniqueid);
  });
}

/** The mark on the channel keeps a later instruction from beginning anew what is paused. */
async function pause({ call, legs, act }: Asked): Promise<RecordingMark["what"] & ("paused" | "stopped")> {
  const confirmed = await firstThat(legs, async (Channel) => {
    await act("Setvar", { Channel, Variable: "SB_PAUSED", Value: "muted" });
    await act("MixMonitorMute", { Channel, Direction: "both", State: "1" });
  });
  if (confirmed === null) return "paused";
  const stopped = await firstThat(legs, (Channel) => act("StopMixMonitor", { Channel }));
  if (stopped === null) return "stopped";
  const why = `the switch confirms neither a pause nor an end (${confirmed}; ${stopped})`;
  const remedy = "let nothing be said that must not be recorded, and look whether the switch is connected";
  throw new SignalboxError("recording_not_paused", `${call} may still be recorded: ${why}; ${remedy}`);
}

async function resume({ call, legs, act }: Asked): Promise<"resumed"> {
  const failed = await firstThat(legs, async (Channel) => {
    await act("MixMonitorMute", { Channel, Direction: "both", State: "0" });
    // It runs again, whatever becomes of the mark.
    await act("Setvar", { Channel, Variable: "SB_PAUSED", Value: "" }).catch(() => {});
  });
  if (failed === null) return "resumed";
  const why = `${call} stays paused: ${failed}`;
  throw new SignalboxError(
    "recording_not_resumed",
    `${why}; a pause by feature code is ended by feature code`,
  );
}

/** Null as soon as one leg takes it, else why the last did not. */
async function firstThat(
  legs: readonly string[],
  work: (channel: string) => Promise<void>,
): Promise<string | null> {
  let why = "";
  for (const leg of legs) {
    try {
      await work(leg);
      return null;
    } catch (error) {
      why = error instanceof AmiError ? `${error.code}: ${error.message}` : messageOf(error);
    }
  }
  return why;
}
