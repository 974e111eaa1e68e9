// CPU time of a process that is not ours to ask, all threads together, as the kernel counts it.
import { readFileSync } from "node:fs";

/** The kernel's USER_HZ, the same on every Linux since 2.6. */
const TICKS_PER_SECOND = 100;

/** User and system seconds so far; throws when the process has gone. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold spaces; what follows it may not. utime and stime are fields 14 and 15.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of a process in MB of 1,000,000 bytes. */
export function residentMb(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(found) * 1024) / 1e6;
}
