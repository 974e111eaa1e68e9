// A part of a bench in a process of its own, on a core of its own where there are two: what it costs is then its own
// and not the measuring side's.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { endsWithUs, onEnd } from "../lab/ending.ts";
import { LabError } from "../lab/lab-error.ts";

export type Worker = {
  readonly pid: number;
  /** Sends one message and waits for its answer; one at a time. Rejects with `bench_worker_ended`. */
  ask<Answer>(message: unknown): Promise<Answer>;
  stop(): Promise<void>;
};

const TASKSET = "/usr/bin/taskset";

/** Starts load/bench/SCRIPT with ARGS and waits for its first message, which is only a sign of life. */
export async function startWorker(script: string, args: readonly string[], core: number): Promise<Worker> {
  const node = [process.execPath, join(import.meta.dirname, script), ...args];
  const pinned = existsSync(TASKSET) && availableParallelism() > 1;
  const [command = "", ...rest] = pinned ? [TASKSET, "-c", String(core), ...node] : node;
  const child = spawn(command, rest, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  const letGo = child.pid === undefined ? () => {} : endsWithUs(child.pid);
  const ended = once(child, "exit");
  void ended.then(letGo);
  onEnd(() => void child.kill("SIGKILL"));
  await answerOf(child, script);
  return {
    pid: child.pid ?? 0,
    ask: async <Answer>(message: unknown) => {
      const answer = answerOf(child, script);
      if (child.connected) child.send(message as object);
      return (await answer) as Answer;
    },
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function answerOf(child: ChildProcess, script: string): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new LabError("bench_worker_ended", `${script} has ended in the middle; run it by hand to see why`);
  }
  const gone = new AbortController();
  try {
    return await Promise.race([
      once(child, "message", { signal: gone.signal }).then(([message]) => message),
      once(child, "exit", { signal: gone.signal }).then(([code]) => {
        throw new LabError("bench_worker_ended", `${script} ended with ${code}; run it by hand to see why`);
      }),
    ]);
  } finally {
    gone.abort();
  }
}

/** In the worker: answers each message with what `answer` gives, and lives until it is stopped. */
export function answerAll<Question>(answer: (question: Question) => Promise<unknown> | unknown): void {
  process.on("message", (question) => {
    void Promise.resolve(answer(question as Question)).then((value) => process.send?.(value ?? null));
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.("here");
}
