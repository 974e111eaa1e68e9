import type { Logger } from "pino";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { StepLog } from "../platform/log.ts";

/** What every part of a running node is built on. */
export type NodeBasis = {
  readonly name: string;
  /** The configuration in force; another one after a reload, so it is asked for each time. */
  readonly snapshot: () => Snapshot;
  /** Absolute directory for what is written; it exists. */
  readonly variables: string;
  readonly log: Logger;
  /** For the one line of every step. */
  readonly stepLog: StepLog;
};
