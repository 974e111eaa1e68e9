/**
 * A program of its own, started by holidays-ahead.ts: works out years of holidays, says each as it is ready, and ends
 * with the node that started it.
 */
import { holidaysIn } from "../core/schedule/holidays.ts";
import { stepBehind } from "../platform/niceness.ts";
import type { HolidayWish } from "./holidays-ahead.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", () => process.exit(0));
process.once("message", async (wishes) => {
  stepBehind("later");
  for (const { place, year } of wishes as readonly HolidayWish[]) {
    const known = holidaysIn(place, year);
    await new Promise((sent) => process.send?.(known, sent));
  }
  process.disconnect();
});
