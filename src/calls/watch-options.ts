import type { Logger } from "pino";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { SlotStore } from "./slot-port.ts";
import type { SwitchEyes } from "./switch-eyes-port.ts";
import type { Look } from "./watch-view.ts";

export type WatchOptions = {
  readonly server: string;
  readonly node: string;
  readonly slots: SlotStore;
  readonly eyes: SwitchEyes;
  readonly snapshot: () => Snapshot;
  readonly log: Logger;
  /** Told of every complete look, for others who want to know what lives. */
  readonly onLook?: (look: Look) => void;
  readonly timings?: Partial<WatchTimings>;
};

/** Milliseconds. */
export type WatchTimings = {
  readonly sweepMs: number;
  /** When a look left something open, the next one comes after this. */
  readonly againMs: number;
  readonly electionMs: number;
  readonly leaseMs: number;
  /** Without a complete list for this long the leases are frozen, as when nobody listens. */
  readonly unlistedMs: number;
  /** How often a switch that this node does not see is looked after. */
  readonly unseenMs: number;
};

/** A listener that dies is replaced within leaseMs + electionMs. Well within a slot's lease an unseen switch is frozen. */
export const watchTimings: WatchTimings = {
  sweepMs: 10_000,
  againMs: 3000,
  electionMs: 2000,
  leaseMs: 6000,
  unlistedMs: 30_000,
  unseenMs: 15_000,
};
