/**
 * One step of one call, from event to decision: takes the snapshot and the conditions once, runs the core over the
 * ports, and tells whoever counts and records. It holds no rule and no state of a call.
 */
import type { CallEvent } from "../core/callflow/call-event.ts";
import type { CallState } from "../core/callflow/call-state.ts";
import { advance, begin } from "../core/callflow/callflow.ts";
import type { Decision } from "../core/callflow/decision.ts";
import { createClockSteps } from "../platform/clock-steps.ts";
import type { StepLog } from "../platform/log.ts";
import { soon } from "../platform/soon.ts";
import type { CommandPorts, DecideStep, MomentPort, StepWatcher } from "./ports.ts";
import { runStep } from "./run-step.ts";

export type DecideOptions = {
  readonly moment: MomentPort;
  readonly commands: CommandPorts;
  readonly watchers: readonly StepWatcher[];
  /** Takes one line a step, of fields that this file names. */
  readonly log: StepLog;
};

export function createDecide({ moment, commands, watchers, log }: DecideOptions): DecideStep {
  return (event, state) => {
    const started = performance.now();
    const clockStep = createClockSteps(moment.now);
    const now = { snapshot: moment.snapshot(), conditions: moment.conditions(), now: moment.now() };
    const step = event.type === "offer" ? begin(event, now) : advance(event, bound(state), now);
    return soon(runStep(step, commands), (decision) => {
      const seconds = (performance.now() - started) / 1000;
      report(decision, event, state, log);
      // By the clock that whatever follows is told by, should it have been set while a port was asked.
      const at = now.now + clockStep();
      const decided = { event, state, decision, at, seconds, revision: now.snapshot.revision };
      for (const watcher of watchers) watcher.decided(decided);
      return decision;
    });
  };
}

function bound(state: CallState | null): CallState {
  if (state === null) throw new Error("bug: a call came back without a state and was decided all the same");
  return state;
}

/**
 * One line a step, with the call, its tenant and its number. A step that ends the call leaves no state behind it, and
 * then the state it came with says whose it was. A child of the log for each call would cost more than the line.
 */
function report(decision: Decision, event: CallEvent, before: CallState | null, log: StepLog): void {
  const { stamp, refusal, call, instruction } = decision;
  const { uniqueid, channel, server } = event;
  const { tenant = null, did = null } = stamp ?? decision.state ?? before ?? {};
  if (refusal === null) {
    log.info({ uniqueid, channel, call, tenant, did, event: "call.decided", server, do: instruction.do });
    return;
  }
  const { reason, says } = refusal;
  log.warn({ uniqueid, channel, call, tenant, did, event: "call.refused", reason, server }, says);
}
