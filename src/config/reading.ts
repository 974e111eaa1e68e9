import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { Issue } from "./issue.ts";
import type { SnapshotHead } from "./snapshot-builder.ts";

/** What the reading process is told at its start. */
export type ReadingOrder = {
  readonly directory: string;
  readonly sounds: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What this process has already. */
  readonly digests: ReadonlyMap<TenantId, string>;
};

/** One tenant; `bytes` (v8.serialize) is null when the receiver has it with this digest. */
export type SentTenant = {
  readonly id: TenantId;
  readonly digest: string;
  readonly bytes: Uint8Array | null;
};

/** The first message; `head` is null when there are errors. */
export type Head = {
  readonly head: (SnapshotHead & { readonly rendered: ReadonlyMap<string, string> }) | null;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
  /** Absolute paths of files that the configuration names besides its own, and of the folders of prompts. */
  readonly files: readonly string[];
  /** Of the code that has read it (program-mark.ts). */
  readonly program: string;
};

/** The other side of one reload. One message answers one call, so none piles up in this process. */
export type Reading = {
  readonly head: () => Promise<Head>;
  /** The next few tenants; none when all have come. */
  readonly tenants: () => Promise<readonly SentTenant[]>;
  readonly end: () => void;
};

const PROGRAM = fileURLToPath(new URL("./reading-process.ts", import.meta.url));

/** Parsing makes much that is soon forgotten: with V8's own limit the process grows to nearly twice the size. */
const FLAGS = ["--max-semi-space-size=8"];

/**
 * Starts reading in a process of its own rather than a thread: what it took goes back to the machine whole, it is
 * collected without stopping anybody else, and it can give way to calls. Rejects with an AbortError when `signal` is
 * aborted, and when the process dies.
 */
export function startReading(order: ReadingOrder, signal: AbortSignal): Reading {
  const child = fork(PROGRAM, [], {
    execArgv: FLAGS,
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let gone: string | null = null;
  child.on("exit", (code, by) => {
    gone = `the process that reads the configuration has ended too early (${by ?? code})`;
  });
  // An error between two calls: the next call rejects, since the process is gone or never was.
  child.on("error", (error) => {
    gone = `the process that reads the configuration could not be run: ${error.message}`;
  });
  const ask = async (message: ReadingOrder | "more"): Promise<unknown> => {
    const ended = new AbortController();
    const until = { signal: AbortSignal.any([signal, ended.signal]) };
    const fail = (): never => {
      throw new Error(gone ?? "the process that reads the configuration has gone");
    };
    if (gone !== null) return fail();
    const exit = once(child, "exit", until).then(fail);
    const answer = once(child, "message", until);
    exit.catch(() => {});
    answer.catch(() => {});
    child.send(message, () => {});
    try {
      const [value] = (await Promise.race([answer, exit])) as unknown[];
      return value;
    } finally {
      ended.abort();
    }
  };
  return {
    head: async () => (await ask(order)) as Head,
    tenants: async () => (await ask("more")) as readonly SentTenant[],
    end: () => {
      child.kill("SIGKILL");
    },
  };
}
