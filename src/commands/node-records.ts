import type { Logger } from "pino";
import type { RecordStore } from "../calls/record-port.ts";
import { RecordWatcher } from "../calls/record-watcher.ts";
import type { CallRecord } from "../core/record/record.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { messageOf } from "../platform/errors.ts";
import { createRecordStore } from "../records/store.ts";

export type NodeRecordsOptions = {
  readonly snapshot: () => Snapshot;
  /** Directory for what is written; it exists. */
  readonly variables: string;
  readonly log: Logger;
  readonly hears?: (server: string) => boolean;
  readonly onEnd?: (record: CallRecord) => void;
};

export type NodeRecords = {
  readonly watcher: RecordWatcher;
  readonly store: RecordStore;
  stop(): Promise<void>;
};

const SETTLE_EVERY_MS = 500;

/** The call records of a running node. What it finds of a killed one is taken up in the background: calls go first. */
export function startRecords(options: NodeRecordsOptions): NodeRecords {
  const { snapshot, variables, log, hears = () => true, onEnd = () => {} } = options;
  const store = createRecordStore({ records: snapshot().system.records, variables, log });
  const watcher = new RecordWatcher({ store, snapshot, log, hears, onEnd });
  let stopped = false;
  const restore = (): void => {
    if (stopped) return;
    watcher.restore(Date.now()).then(
      (count) => log.info({ event: "records.restored", calls: count }),
      (error: unknown) => {
        log.error({ event: "records.not_restored", code: "records_not_restored" }, messageOf(error));
        setTimeout(restore, 5000).unref();
      },
    );
  };
  restore();
  const timer = setInterval(() => watcher.settle(Date.now()), SETTLE_EVERY_MS);
  timer.unref();
  return {
    watcher,
    store,
    async stop() {
      stopped = true;
      clearInterval(timer);
      watcher.settle(Date.now());
      await store.close();
    },
  };
}
