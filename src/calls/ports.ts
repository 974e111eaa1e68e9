import type { Command, CommandAnswer } from "../core/callflow/decision.ts";
import type { Conditions } from "../core/snapshot/conditions.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";

/** What a step may ask of the world. */
export type CommandPorts = {
  /** MUST answer within 200 ms, whatever is down; never rejects for an outage. */
  readonly perform: (command: Command) => Promise<CommandAnswer> | CommandAnswer;
};

/** What is true at the moment a step begins. */
export type MomentPort = {
  readonly snapshot: () => Snapshot;
  readonly conditions: () => Conditions;
  /** Epoch milliseconds. */
  readonly now: () => number;
};
