import type { Logger } from "pino";
import type { CallRecord } from "../core/record/record.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { RecordStore } from "./record-port.ts";

export type RecordWatcherOptions = {
  readonly store: RecordStore;
  readonly snapshot: () => Snapshot;
  readonly log: Logger;
  /**
   * False for a switch that this node does not listen to: what is only heard of there is another node's to record. A
   * call that was begun here is followed to its end all the same.
   */
  readonly hears?: (server: string) => boolean;
  /**
   * True for a switch that another node is sure to listen to: should this machine not come back, what it decided is in
   * the store. The call is followed here all the same, since the other may be cut from the switch when it ends.
   */
  readonly handsOver?: (server: string) => boolean;
  /** Told of every call that ended, of clients and of nobody; it MUST return at once. */
  readonly onEnd?: (record: CallRecord) => void;
  /** How far the clock that all times here come from was set since it was last asked, milliseconds. */
  readonly clockStep?: () => number;
  /** Milliseconds of a clock that is never set, for knowing when the process stood still. */
  readonly elapsed?: () => number;
  /** How long after its last leg's end a call may still learn something, milliseconds. */
  readonly settleMs?: number;
  /** Most calls at a time. */
  readonly most?: number;
};
