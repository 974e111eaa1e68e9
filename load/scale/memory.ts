// What this process takes of the machine's memory, as the kernel counts it: all threads together.
import { readFileSync } from "node:fs";

/** The most at one time since the process began, in MB of 1,000,000 bytes. */
export function peakRssMb(): number {
  return line("VmHWM");
}

export function rssMb(): number {
  return line("VmRSS");
}

function line(name: string): number {
  const status = readFileSync("/proc/self/status", "utf8");
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (found === undefined) throw new Error(`/proc/self/status has no ${name}: this needs Linux`);
  return (Number(found) * 1024) / 1e6;
}
