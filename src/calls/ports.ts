import type { CallEvent } from "../core/callflow/call-event.ts";
import type { CallState } from "../core/callflow/call-state.ts";
import type { Command, CommandAnswer } from "../core/callflow/commands.ts";
import type { Decision } from "../core/callflow/decision.ts";
import type { Conditions } from "../core/snapshot/conditions.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { Soon } from "../platform/soon.ts";

/** What a step may ask of the world. */
export type CommandPorts = {
  /** MUST answer within 200 ms, whatever is down; never rejects for an outage. */
  readonly perform: (command: Command) => Soon<CommandAnswer>;
};

/** What is true at the moment a step begins. */
export type MomentPort = {
  readonly snapshot: () => Snapshot;
  readonly conditions: () => Conditions;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** A step that has been decided, for those who count, record and learn from it. */
export type DecidedStep = {
  readonly event: CallEvent;
  /** What the call came back with; null for an offer. */
  readonly state: CallState | null;
  readonly decision: Decision;
  /** Epoch milliseconds. */
  readonly at: number;
  /** How long the decision took. */
  readonly seconds: number;
  readonly revision: string;
};

/** Whose call the step belongs to, null for nobody's; also where the call ends with it and carries no state on. */
export function tenantOfStep({ decision, state }: DecidedStep): TenantId | null {
  return decision.stamp?.tenant ?? decision.state?.tenant ?? state?.tenant ?? null;
}

export type StepWatcher = {
  /** MUST return at once and never throw: it stands on the path of every call. */
  readonly decided: (step: DecidedStep) => void;
};

/** Decides one step, at once where no port has to be waited for. `state` is null for an offer and never for a return. */
export type DecideStep = (event: CallEvent, state: CallState | null) => Soon<Decision>;
