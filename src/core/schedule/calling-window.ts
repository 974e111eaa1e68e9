import type { MinuteRange } from "./hours.ts";
import { wallClock } from "./wall-clock.ts";

export type WindowVerdict =
  | { readonly inside: true }
  /** The first zone in which it is too early or too late, and the time there. */
  | { readonly inside: false; readonly zone: string; readonly time: string };

/**
 * Whether `now` (epoch ms) lies within `window` in every one of `zones`, by what the clock on the wall shows there:
 * a repeated hour counts twice, a missing hour never occurs. The window is half-open; one whose end is not after its
 * start runs past midnight. A zone that does not exist is outside, since nobody can say what time it is there.
 */
export function withinWindow(window: MinuteRange, zones: readonly string[], now: number): WindowVerdict {
  for (const zone of zones) {
    const clock = wallClock(zone, now);
    if (clock === null) return { inside: false, zone, time: "unknown" };
    if (!contains(window, clock.minute)) return { inside: false, zone, time: timeText(clock.minute) };
  }
  return { inside: true };
}

function contains({ from, to }: MinuteRange, minute: number): boolean {
  if (to > 1440) return minute >= from || minute < to - 1440;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** `545` → `09:05`. */
function timeText(minute: number): string {
  const hours = String(Math.floor(minute / 60)).padStart(2, "0");
  return `${hours}:${String(minute % 60).padStart(2, "0")}`;
}
