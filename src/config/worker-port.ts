import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { Issue } from "./issue.ts";
import type { SnapshotHead } from "./snapshot-builder.ts";

/** What the worker is told at its start. */
export type ReloadOrder = {
  readonly directory: string;
  readonly sounds: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What this thread has already. */
  readonly digests: ReadonlyMap<TenantId, string>;
};

/** One tenant; `bytes` (v8.serialize) is null when the receiver has it with this digest. */
export type SentTenant = {
  readonly id: TenantId;
  readonly digest: string;
  readonly bytes: Uint8Array | null;
};

/** The worker's first message; `head` is null when there are errors. */
export type ReloadHead = {
  readonly head: SnapshotHead | null;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
};

/** The worker's side of one reload. One message answers one call, so none piles up in this thread. */
export type ReloadWorker = {
  readonly head: () => Promise<ReloadHead>;
  /** The next few tenants; none when all have come. */
  readonly tenants: () => Promise<readonly SentTenant[]>;
  readonly end: () => Promise<void>;
};

/** Parsing makes much that is soon forgotten: with V8's own limit the worker grows to twice the size. */
const YOUNG_MB = 12;

/** Rejects with the worker's own error when it dies, with an AbortError when `signal` is aborted. */
export function startReloadWorker(order: ReloadOrder, signal: AbortSignal): ReloadWorker {
  const worker = new Worker(new URL("./reload-worker.ts", import.meta.url), {
    workerData: order,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  // An error between two calls: the next call rejects, since the worker is gone.
  worker.on("error", () => {});
  let gone = false;
  worker.on("exit", () => {
    gone = true;
  });
  const message = async (): Promise<unknown> => {
    if (gone) throw new Error("the worker that reads the configuration has died");
    const ended = new AbortController();
    const exit = once(worker, "exit", { signal: ended.signal }).then(
      () => {
        throw new Error("the worker that reads the configuration has ended too early");
      },
      () => new Promise<never>(() => {}),
    );
    try {
      const [value] = await Promise.race([once(worker, "message", { signal }), exit]);
      return value;
    } finally {
      ended.abort();
    }
  };
  return {
    head: async () => (await message()) as ReloadHead,
    tenants: async () => {
      const answer = message();
      worker.postMessage("more");
      return (await answer) as readonly SentTenant[];
    },
    end: async () => {
      await worker.terminate();
    },
  };
}
