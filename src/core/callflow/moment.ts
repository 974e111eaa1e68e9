import type { Conditions } from "../snapshot/conditions.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

/** What one step sees of the world, taken once at its start. */
export type Moment = {
  readonly snapshot: Snapshot;
  readonly conditions: Conditions;
  /** Epoch milliseconds. */
  readonly now: number;
};
