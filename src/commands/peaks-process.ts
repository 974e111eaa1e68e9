/** A program of its own, started by peaks-before.ts: reads the day's peaks, says them once, and ends. */
import { DateTime } from "luxon";
import { messageOf } from "../platform/errors.ts";
import { stepBehind } from "../platform/niceness.ts";
import { openRecords } from "../records/open.ts";
import type { PeaksAnswer, PeaksOrder } from "./peaks-before.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", () => process.exit(0));
process.once("message", async (order) => {
  stepBehind("later");
  const answer = await read(order as PeaksOrder).catch((error: unknown) => ({ why: messageOf(error) }));
  process.send?.(answer, () => process.disconnect());
});

async function read({ records: where, variables, now, tenants }: PeaksOrder): Promise<PeaksAnswer> {
  const records = await openRecords(where, variables);
  try {
    const peaks = new Map<string, number>();
    for (const { id, timezone } of tenants) {
      const midnight = DateTime.fromMillis(now, { zone: timezone }).startOf("day").toMillis();
      const { channels } = await records.peak(id, midnight, Math.ceil(now / 60_000) * 60_000);
      peaks.set(id, channels);
    }
    return { peaks };
  } finally {
    await records.close();
  }
}
