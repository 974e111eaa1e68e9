/**
 * The configuration of a running node: the snapshot in force, and its replacement. A new one is read, judged and
 * compiled in a worker, comes over a few tenants at a time so that no call waits, and is put in force by setting one
 * variable: all or nothing. It never changes a snapshot, and what is wrong never replaces what works.
 */
import { setImmediate } from "node:timers/promises";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { messageOf, SignalboxError } from "../platform/errors.ts";
import type { Issue } from "./issue.ts";
import { createSnapshotBuilder } from "./snapshot-builder.ts";
import { watchFiles } from "./watch-files.ts";
import { startReloadWorker } from "./worker-port.ts";

export type ConfigurationOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory of prompts; `sounds` beside the configuration unless said otherwise. */
  readonly sounds?: string | undefined;
};

/** `changed`: another revision is in force than before. With errors nothing has changed. */
export type ReloadResult = {
  readonly changed: boolean;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
};

export type Configuration = {
  /** The snapshot in force. Throws `configuration_not_loaded` before the first reload that succeeded. */
  readonly current: () => Snapshot;
  /** Reads everything again. Never rejects; calls while one runs share the next one. */
  readonly reload: () => Promise<ReloadResult>;
  /** Reloads on SIGHUP and when a file changes, until the returned function is called. */
  readonly watch: (onResult: (result: ReloadResult) => void) => () => void;
  /** Ends watching and a reload under way. */
  readonly close: () => Promise<void>;
};

export function createConfiguration(directory: string, options: ConfigurationOptions): Configuration {
  let snapshot: Snapshot | null = null;
  let running: Promise<ReloadResult> | null = null;
  let next: Promise<ReloadResult> | null = null;
  const closing = new AbortController();
  const endings = new Set<() => void>();

  const run = async (): Promise<ReloadResult> => {
    try {
      const read = await readInWorker(directory, options, closing.signal);
      if (read.snapshot === null) return { changed: false, errors: read.errors, warnings: read.warnings };
      const changed = read.snapshot.revision !== snapshot?.revision;
      snapshot = read.snapshot;
      return { changed, errors: [], warnings: read.warnings };
    } catch (error) {
      const message = `could not be read: ${messageOf(error)}`;
      return {
        changed: false,
        errors: [{ file: directory, path: [], message, position: null }],
        warnings: [],
      };
    }
  };

  const reload = (): Promise<ReloadResult> => {
    if (running === null) {
      running = run().finally(() => {
        running = null;
      });
      return running;
    }
    // What runs may have read the files already: one more run sees what changed since.
    next ??= running.then(() => {
      next = null;
      return reload();
    });
    return next;
  };

  const watch: Configuration["watch"] = (onResult) => {
    const again = () => void reload().then(onResult);
    const files = watchFiles(directory, again);
    process.on("SIGHUP", again);
    const end = () => {
      files.stop();
      process.off("SIGHUP", again);
      endings.delete(end);
    };
    endings.add(end);
    return end;
  };

  return {
    current() {
      if (snapshot !== null) return snapshot;
      const says = "no configuration is loaded yet: await reload() and look at its errors";
      throw new SignalboxError("configuration_not_loaded", says);
    },
    reload,
    watch,
    async close() {
      for (const end of [...endings]) end();
      closing.abort();
      await running;
    },
  };
}

type Read = {
  readonly snapshot: Snapshot | null;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
};

async function readInWorker(
  directory: string,
  { env, sounds }: ConfigurationOptions,
  signal: AbortSignal,
): Promise<Read> {
  const worker = startReloadWorker({ directory, sounds, env: { ...env } }, signal);
  try {
    const { head, errors, warnings } = await worker.head();
    if (head === null) return { snapshot: null, errors, warnings };
    const builder = createSnapshotBuilder(head);
    for (let batch = await worker.tenants(); batch.length > 0; batch = await worker.tenants()) {
      builder.add(batch);
      // A turn of the event loop for whoever waits for a decision.
      await setImmediate();
    }
    return { snapshot: builder.done(), errors, warnings };
  } finally {
    await worker.end();
  }
}
