/**
 * A pool for the tests of real parts: the worker of each file has a network of its own, so that files may run at the
 * same time although Asterisk, SIPp and the databases of all of them listen on the same loopback ports, and nothing
 * else on the machine is in their way. It takes root and Linux; `networksCanBeMade` says whether it is possible.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import type { PoolOptions, PoolRunnerInitializer, PoolWorker } from "vitest/node";

const NAME = "own-network";
const STOP_MS = 5000;

/** `unshare` gives the network, in which the loopback is down at first. */
const UNSHARE = ["--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];

export function networksCanBeMade(): boolean {
  try {
    execFileSync("unshare", [...UNSHARE, "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export const ownNetwork: PoolRunnerInitializer = { name: NAME, createPoolWorker };

/** Like vitest's own pool of forked processes, but for the network. */
function createPoolWorker({ distPath, execArgv, env }: PoolOptions): PoolWorker {
  let child: ChildProcess | undefined;
  const started = (): ChildProcess => {
    if (child === undefined) throw new Error("bug: vitest uses a worker that it has not started");
    return child;
  };
  return {
    name: NAME,
    cacheFs: true,
    async start() {
      const program = [process.execPath, ...execArgv, join(distPath, "workers/forks.js")];
      child = spawn("unshare", [...UNSHARE, ...program], {
        env,
        stdio: ["ignore", "inherit", "inherit", "ipc"],
        serialization: "advanced",
      });
    },
    stop: () => end(started()),
    on: (event, callback) => void started().on(event, callback),
    off: (event, callback) => void started().off(event, callback),
    send: (message) => void started().send(message),
    deserialize: (data) => data,
  };
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const impatient = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.once("exit", () => {
      clearTimeout(impatient);
      resolve();
    });
    child.kill();
  });
}
