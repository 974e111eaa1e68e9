/**
 * The configuration of a running node: the snapshot in force, and its replacement. A new one is read, judged and
 * compiled in a process of its own, comes over a few tenants at a time so that no call waits, and is put in force by
 * setting one variable: all or nothing. It never changes a snapshot, and what is wrong never replaces what works.
 */
import { setImmediate } from "node:timers/promises";
import { deserialize } from "node:v8";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import { messageOf, SignalboxError } from "../platform/errors.ts";
import { createHolidaysAhead } from "./holidays-ahead.ts";
import type { Issue } from "./issue.ts";
import { type SentTenant, startReading } from "./reading.ts";
import { createSnapshotBuilder } from "./snapshot-builder.ts";
import { folderMarks, joinMarks, marksOf, type Watched, watchFiles } from "./watch-files.ts";

export type ConfigurationOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory of prompts; the configuration's own (soundsFolder) unless said otherwise. */
  readonly sounds?: string | undefined;
  /** Done with a snapshot before it is put in force; when it rejects, the old one stays and the reason is an error. */
  readonly prepare?: (next: Snapshot) => Promise<void>;
  /** How soon a reload is tried again that failed for another reason than what stands in the files. */
  readonly againMs?: number;
};

/** A machine without room for one more process has it a little later; no file changes then, and nobody would ask. */
const AGAIN_MS = 15_000;

/** `changed`: another revision is in force than before. With errors nothing has changed. */
export type ReloadResult = {
  readonly changed: boolean;
  /** The files may be sound: what judges them failed, and does so again by itself. */
  readonly again?: true;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
};

export type Configuration = {
  /** The snapshot in force. Throws `configuration_not_loaded` before the first reload that succeeded. */
  readonly current: () => Snapshot;
  /** Server → the revision of the dialplan that `render` would write for it from this snapshot. */
  readonly rendered: () => ReadonlyMap<string, string>;
  /** Of the code that this node was started with (program-mark.ts); "" before the first reload. */
  readonly program: () => string;
  /** Reads everything again. Never rejects; calls while one runs share the next one. */
  readonly reload: () => Promise<ReloadResult>;
  /** Reloads on SIGHUP and when a file changes, until the returned function is called. */
  readonly watch: (onResult: (result: ReloadResult) => void) => () => void;
  /** Ends watching and a reload under way. */
  readonly close: () => Promise<void>;
};

export function createConfiguration(directory: string, options: ConfigurationOptions): Configuration {
  let snapshot: Snapshot | null = null;
  let digests: ReadonlyMap<TenantId, string> = new Map();
  let rendered: ReadonlyMap<string, string> = new Map();
  let files: readonly string[] = [];
  /** What the files were like before they were last read: a node reads them some time before it watches them. */
  let asRead: string | null = null;
  /** The code that this node was started with, as far as it makes snapshots. */
  let program: string | null = null;
  const holidays = createHolidaysAhead(Date.now);
  const closing = new AbortController();
  const endings = new Set<() => void>();

  const run = async (): Promise<ReloadResult> => {
    try {
      const inForce = { tenants: snapshot?.tenants ?? new Map(), digests };
      const marks = await folderMarks(directory);
      const read = await readElsewhere({ ...options, directory, inForce }, closing.signal);
      files = read.files;
      asRead = joinMarks(await marksOf(files), marks);
      program ??= read.program;
      if (read.program !== program) return { changed: false, errors: [updated(directory)], warnings: [] };
      if (read.snapshot === null) return { changed: false, errors: read.errors, warnings: read.warnings };
      await options.prepare?.(read.snapshot);
      const changed = read.snapshot.revision !== snapshot?.revision;
      snapshot = read.snapshot;
      digests = read.digests;
      rendered = read.rendered;
      holidays.prepare(snapshot);
      return { changed, errors: [], warnings: read.warnings };
    } catch (error) {
      const message = `could not be put in force: ${messageOf(error)}`;
      const issue: Issue = { file: directory, path: [], message, position: null };
      return { changed: false, again: true, errors: [issue], warnings: [] };
    }
  };
  const { reload, idle } = inTurn(run);

  const watch: Configuration["watch"] = (onResult) => {
    let told: ReloadResult | null = null;
    let ended = false;
    let timer: NodeJS.Timeout | undefined;
    const again = async () => {
      clearTimeout(timer);
      const result = await reload();
      // Two that asked at the same time share one run, and so its result. A node that stops cares for none any more.
      if (ended || result === told) return;
      told = result;
      if (result.again) timer = setTimeout(again, options.againMs ?? AGAIN_MS).unref();
      onResult(result);
    };
    const stop = onChange({ directory, files: () => files }, asRead, again);
    const end = () => {
      ended = true;
      clearTimeout(timer);
      stop();
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
    rendered: () => rendered,
    program: () => program ?? "",
    reload,
    watch,
    async close() {
      for (const end of [...endings]) end();
      closing.abort();
      holidays.end();
      await idle();
    },
  };
}

/** What another version has compiled has names that this one does not know: no call could be decided with it. */
function updated(directory: string): Issue {
  const message =
    "is not read again: the program was updated under this node, which would not understand it: restart this node";
  return { file: directory, path: [], message, position: null };
}

/** Changed files and SIGHUP, until the returned function is called. */
function onChange(watched: Watched, asRead: string | null, again: () => void): () => void {
  const files = watchFiles(watched, again, asRead);
  process.on("SIGHUP", again);
  return () => {
    files.stop();
    process.off("SIGHUP", again);
  };
}

type Turns = {
  readonly reload: () => Promise<ReloadResult>;
  /** Resolves when no run is under way. */
  readonly idle: () => Promise<unknown>;
};

/** One run at a time. What runs may have read the files already: whoever asks meanwhile shares one more run. */
function inTurn(run: () => Promise<ReloadResult>): Turns {
  let running: Promise<ReloadResult> | null = null;
  let next: Promise<ReloadResult> | null = null;
  const reload = (): Promise<ReloadResult> => {
    if (running === null) {
      running = run().finally(() => {
        running = null;
      });
      return running;
    }
    next ??= running.then(() => {
      next = null;
      return reload();
    });
    return next;
  };
  return { reload, idle: () => Promise.resolve(running) };
}

type Read = {
  readonly snapshot: Snapshot | null;
  readonly digests: ReadonlyMap<TenantId, string>;
  readonly rendered: ReadonlyMap<string, string>;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
  readonly files: readonly string[];
  readonly program: string;
};

type ReadOptions = ConfigurationOptions & {
  readonly directory: string;
  /** Tenants that have not changed are taken over as they are. */
  readonly inForce: {
    readonly tenants: ReadonlyMap<TenantId, Tenant>;
    readonly digests: ReadonlyMap<TenantId, string>;
  };
};

async function readElsewhere(options: ReadOptions, signal: AbortSignal): Promise<Read> {
  const { directory, sounds, env, inForce } = options;
  const order = { directory, sounds, env: { ...env }, digests: inForce.digests };
  const reading = startReading(order, signal);
  try {
    const { head: all, errors, warnings, files, program } = await reading.head();
    const digests = new Map<TenantId, string>();
    const told = { errors, warnings, files, program };
    if (all === null) return { snapshot: null, digests, rendered: new Map(), ...told };
    const { rendered, ...head } = all;
    const builder = createSnapshotBuilder(head);
    let coming = reading.tenants();
    for (let batch = await coming; batch.length > 0; batch = await coming) {
      // The next ones are got ready meanwhile, and no more of them.
      coming = reading.tenants();
      coming.catch(() => {}); // heard in its turn
      for (const each of batch) {
        digests.set(each.id, each.digest);
        builder.add([unpacked(each, inForce.tenants)]);
      }
      // A turn of the event loop for whoever waits for a decision.
      await setImmediate();
    }
    return { snapshot: builder.done(), digests, rendered, ...told };
  } finally {
    reading.end();
  }
}

function unpacked({ id, bytes }: SentTenant, inForce: ReadonlyMap<TenantId, Tenant>): Tenant {
  if (bytes !== null) return deserialize(bytes) as Tenant;
  const same = inForce.get(id);
  if (same === undefined) throw new Error(`bug: the tenant ${id} was taken for one that is known`);
  return same;
}
