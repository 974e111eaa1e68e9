import { resolve } from "node:path";
import type { Logger } from "pino";
import { RecordLooks, type RecordLooksOptions } from "../calls/record-looks.ts";
import type { RecordStore } from "../calls/record-port.ts";
import { RecordWatcher } from "../calls/record-watcher.ts";
import type { CallRecord } from "../core/record/record.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { createClockSteps } from "../platform/clock-steps.ts";
import { messageOf } from "../platform/errors.ts";
import { type RecordingKeeper, startRecordingKeeper } from "../records/recordings/keeper.ts";
import { createRecordStore } from "../records/store.ts";
import { CdrKeeping } from "./cdr-keeping.ts";
import { ownAddresses, switchesBeside } from "./node-recordings.ts";

export type NodeRecordsOptions = {
  readonly snapshot: () => Snapshot;
  /** Directory for what is written; it exists. */
  readonly variables: string;
  readonly log: Logger;
  readonly hears?: (server: string) => boolean;
  readonly handsOver?: (server: string) => boolean;
  /** For calls on switches that another node listens to by now; without it they are closed when nothing is heard. */
  readonly eyes?: RecordLooksOptions["eyes"];
  /** The directory that a switch writes its logs to; without it no call detail records are read. */
  readonly logDirectory?: (server: string) => Promise<string>;
  readonly onEnd?: (record: CallRecord) => void;
};

export type NodeRecords = {
  readonly watcher: RecordWatcher;
  readonly store: RecordStore;
  readonly recordings: RecordingKeeper;
  /** A switch is seen again: what ended meanwhile is looked up in its call detail records. */
  seen(server: string): void;
  stop(): Promise<void>;
};

const SETTLE_EVERY_MS = 500;
const LOOK_EVERY_MS = 10_000;
/** The configuration may have changed. */
const BESIDE_EVERY_MS = 30_000;

const ADDRESSES_UNKNOWN =
  "this machine's addresses cannot be asked for, so only switches on the loopback are taken to be beside it: give its unit AF_NETLINK in RestrictAddressFamilies";

/** The call records and recordings of a running node. What it finds of a killed one is taken up in the background: calls go first. */
export function startRecords(options: NodeRecordsOptions): NodeRecords {
  const { snapshot, variables, log, hears = () => true, handsOver = () => false } = options;
  const { onEnd = () => {} } = options;
  const store = createRecordStore({ records: snapshot().system.records, variables, log });
  const recordings = startRecordingKeeper({
    records: snapshot().system.records,
    variables,
    directory: resolve(variables, snapshot().system.recordingsDirectory),
    log,
  });
  const ended = (record: CallRecord): void => {
    if (record.recorded !== null) recordings.wake();
    onEnd(record);
  };
  const watcher = new RecordWatcher({
    store,
    snapshot,
    log,
    hears,
    handsOver,
    onEnd: ended,
    clockStep: createClockSteps(),
    elapsed: () => performance.now(),
  });
  const cdr = cdrOf(options, { watcher, store });
  let stopped = false;
  // What a row adds to a call that was on has to find that call: it would otherwise take its place.
  const restored = Promise.withResolvers<void>();
  const restore = (): void => {
    if (stopped) return;
    watcher.restore(Date.now()).then(
      (count) => {
        log.info({ event: "records.restored", calls: count });
        restored.resolve();
      },
      (error: unknown) => {
        log.error({ event: "records.not_restored", code: "records_not_restored" }, messageOf(error));
        setTimeout(restore, 5000).unref();
      },
    );
  };
  restore();
  const timer = setInterval(() => watcher.settle(Date.now()), SETTLE_EVERY_MS);
  const looks = options.eyes && new RecordLooks({ watcher, eyes: options.eyes, hears, log });
  const looking = setInterval(() => void looks?.look(), LOOK_EVERY_MS).unref();
  const beside = setInterval(() => recordings.beside(switchesBeside(snapshot())), BESIDE_EVERY_MS);
  recordings.beside(switchesBeside(snapshot()));
  if (ownAddresses() === null) log.warn({ event: "recordings.addresses_unknown" }, ADDRESSES_UNKNOWN);
  beside.unref();
  timer.unref();
  return {
    watcher,
    store,
    recordings,
    seen: (server) => void restored.promise.then(() => cdr?.seen(server)),
    async stop() {
      stopped = true;
      clearInterval(timer);
      clearInterval(looking);
      clearInterval(beside);
      watcher.settle(Date.now());
      await cdr?.stop();
      await Promise.all([store.close(), recordings.close()]);
    },
  };
}

function cdrOf(
  { snapshot, variables, log, handsOver = () => false, logDirectory }: NodeRecordsOptions,
  { watcher, store }: Pick<NodeRecords, "watcher" | "store">,
): CdrKeeping | null {
  if (logDirectory === undefined) return null;
  const beside = () => switchesBeside(snapshot());
  return new CdrKeeping({
    snapshot,
    variables,
    log,
    watcher,
    store,
    beside,
    logDirectory,
    leaves: handsOver,
  });
}
