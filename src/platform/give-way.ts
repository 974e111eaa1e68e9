import type { ChildProcess } from "node:child_process";
import { constants, setPriority } from "node:os";

/**
 * Lets calls come before what a process does that was started just now. Linux keeps a priority for each thread, and a
 * thread begins with its maker's: given from outside, before the process has made any, it is that of them all, also of
 * those that collect and compile beside it.
 */
export function giveWay({ pid }: ChildProcess): void {
  if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
}
