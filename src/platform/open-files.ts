import { readFileSync } from "node:fs";

/** How many files and connections this process may have open at a time, as the kernel says; Infinity where it does not. */
export function mostOpenFiles(): number {
  try {
    const most = /^Max open files +([0-9]+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return most === undefined ? Number.POSITIVE_INFINITY : Number(most);
  } catch {
    return Number.POSITIVE_INFINITY; // no Linux
  }
}
