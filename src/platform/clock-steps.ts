import { readFileSync } from "node:fs";
import { uptime } from "node:os";

/** A clock that is only slewed, as NTP does it, moves by far less between two questions. */
const SMALLEST_MS = 1000;

/**
 * Tells how far the machine's clock was set since it was last asked, in milliseconds; 0 when it only went on. `wall`
 * and `elapsed` are the machine's, unless a test has its own.
 */
export function createClockSteps(
  wall: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): () => number {
  let offset = wall() - elapsed();
  return () => {
    const now = wall() - elapsed();
    const by = now - offset;
    offset = now;
    return Math.abs(by) < SMALLEST_MS ? 0 : Math.round(by);
  };
}

/**
 * How the machine's clock stands now, for a later process: the machine's boot, and the milliseconds since 1970 at which
 * that was by this clock. "" where the machine does not tell.
 */
export function clockMark(wall: () => number = Date.now, elapsed: () => number = upMs): string {
  return BOOT === "" ? "" : `${BOOT} ${Math.round(wall() - elapsed())}`;
}

/** Closer than this the mark of a moment ago is still right. */
const SAME_MS = 100;

/**
 * Gives clockMark, asked of the machine only when its clock was set since: that is a file to read, several times a
 * second. The clocks are the machine's, unless a test has its own.
 */
export function createClockMark(
  mark: () => string = clockMark,
  wall: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): () => string {
  let offset = Number.NaN;
  let kept = "";
  return () => {
    const now = wall() - elapsed();
    if (Math.abs(now - offset) < SAME_MS) return kept;
    offset = now;
    kept = mark();
    return kept;
  };
}

/**
 * How far the clock was set since it stood so, in milliseconds; 0 when it only went on, when the machine was started
 * anew since, and where nobody can know.
 */
export function steppedSince(
  mark: string,
  wall: () => number = Date.now,
  elapsed: () => number = upMs,
): number {
  const [boot = "", offset = ""] = mark.split(" ");
  if (boot === "" || boot !== BOOT || !/^-?[0-9]{1,15}$/.test(offset)) return 0;
  const by = wall() - elapsed() - Number(offset);
  return Math.abs(by) < SMALLEST_MS ? 0 : Math.round(by);
}

const upMs = (): number => uptime() * 1000;

const BOOT = bootOfMachine();

function bootOfMachine(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return ""; // no Linux
  }
}
