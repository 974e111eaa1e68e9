// A private Redis for tests, load and fault runs: loopback, own folder, no persistence unless asked.
// It never connects to, or stops, a Redis that it did not start.
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { assertPortFree } from "./ports.ts";
import { type ExitStatus, startChild } from "./processes.ts";

export type RedisOptions = {
  /** Private folder, created. */
  readonly folder: string;
  readonly port: number;
  readonly host?: string;
  /** Keeps what was written over a restart in the same folder (append-only file, synced at every write). */
  readonly persistent?: boolean;
  /** Further settings, such as { requirepass: "…" }. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What is run instead of redis-server, such as a Valkey. */
  readonly program?: readonly [string, ...string[]];
};

export type RunningRedis = {
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
  /** SIGKILL for a crash, SIGSTOP and SIGCONT for a server that hangs. */
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<ExitStatus>;
};

/** Resolves when it accepts connections; rejects with `port_taken`, `command_missing` or `child_exited`. */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const host = options.host ?? "127.0.0.1";
  await assertPortFree(host, options.port, "tcp", "the private Redis");
  const folder = resolve(options.folder);
  await mkdir(folder, { recursive: true });
  const settings: Readonly<Record<string, string>> = {
    port: String(options.port),
    bind: host,
    dir: folder,
    save: "",
    appendonly: options.persistent === true ? "yes" : "no",
    appendfsync: "always",
    daemonize: "no",
    ...options.settings,
  };
  const [command, ...before] = options.program ?? ["redis-server"];
  const child = await startChild({
    name: "Redis",
    command,
    args: [...before, ...Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value])],
    cwd: folder,
  });
  try {
    await child.waitForLine(/Ready to accept connections/, 20_000);
  } catch (error) {
    await child.stop({ signal: "SIGKILL" });
    throw error;
  }
  const password = options.settings?.requirepass;
  const login = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  return {
    pid: child.pid,
    url: `redis://${login}${host}:${options.port}/0`,
    stop: async () => {
      await child.stop();
    },
    kill: child.kill,
    exited: child.exited,
  };
}
