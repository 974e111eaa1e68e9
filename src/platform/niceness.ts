import { readdirSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";
import { isMainThread } from "node:worker_threads";

/** That of most programs, the switch among them; and behind what everybody else on this machine does. */
const { PRIORITY_NORMAL: USUAL, PRIORITY_BELOW_NORMAL: LATER } = constants.priority;
/** Linux has a niceness for each thread, takes a thread's number for a process', and 0 for whoever asks. */
const THREADS = "/proc/self/task";
const MYSELF = 0;

/**
 * Puts the calling thread where `niceness` says, -20 (before all others) to 19, and no other one: callers wait for the
 * thread that decides, and for nothing else here. Returns why not, or null; nothing is asked where none is given.
 */
export function takePlace(niceness: string | undefined): string | null {
  if (niceness === undefined || niceness === "") return null;
  const wanted = /^-?[0-9]{1,2}$/.test(niceness) ? Number(niceness) : Number.NaN;
  if (!(wanted >= -20 && wanted <= 19)) return "SIGNALBOX_NICE is no whole number from -20 to 19";
  try {
    setPriority(MYSELF, wanted);
    return null;
  } catch {
    return `this user may not have the niceness ${wanted} (SIGNALBOX_NICE): allow it with LimitNICE=${wanted} in the unit`;
  }
}

/**
 * Lets a thread that a node started, or a program that it started with all its threads, stand behind the thread that
 * decides, whose place it would have otherwise. Never forward; where it is forbidden, the work itself is not less needed.
 */
export function stepBehind(how: "usual" | "later" = "usual"): void {
  const wanted = how === "later" ? LATER : USUAL;
  try {
    const threads = isMainThread ? readdirSync(THREADS).map(Number) : [MYSELF];
    for (const thread of threads) if (getPriority(thread) < wanted) setPriority(thread, wanted);
  } catch {}
}
