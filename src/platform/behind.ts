import { readdirSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";
import { isMainThread } from "node:worker_threads";

/** That of most programs, the switch among them; and behind what everybody else on this machine does. */
const { PRIORITY_NORMAL: USUAL, PRIORITY_BELOW_NORMAL: LATER } = constants.priority;
/** Linux has a niceness for each thread, takes a thread's number for a process', and 0 for whoever asks. */
const THREADS = "/proc/self/task";
const MYSELF = 0;

/**
 * Lets a thread that a node started, or a program that it started with all its threads, stand behind the thread that
 * decides calls, for which callers wait: a unit puts a node before the rest of the machine (`Nice=`), and whatever it
 * starts would stand there too. Never forward; where it is forbidden, the work itself is not less needed.
 */
export function stepBehind(how: "usual" | "later" = "usual"): void {
  const wanted = how === "later" ? LATER : USUAL;
  try {
    const threads = isMainThread ? readdirSync(THREADS).map(Number) : [MYSELF];
    for (const thread of threads) if (getPriority(thread) < wanted) setPriority(thread, wanted);
  } catch {}
}
