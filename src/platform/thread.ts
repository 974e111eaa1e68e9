import { setFlagsFromString } from "node:v8";
import { isMainThread, Worker } from "node:worker_threads";

/**
 * Starts a thread on `module`. What it holds for a moment is kept small, since nobody waits for it; the limits of a
 * Worker do not reach below the flag that the whole process was started with, so that one is lowered for it.
 */
export function startThread(module: URL, workerData: unknown): Worker {
  setFlagsFromString("--max-semi-space-size=1");
  return new Worker(module, { workerData });
}

/**
 * Clears away what loading has left behind: a third of the memory of a node without calls. In a thread of its own, where
 * nobody waits, the emptied pages are given back as well, which takes some passes.
 */
export function clearAway(): void {
  if (isMainThread) void globalThis.gc?.();
  else void globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}
