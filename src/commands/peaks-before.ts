import { DateTime } from "luxon";
import type { Logger } from "pino";
import type { TodayBook } from "../calls/today.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { messageOf } from "../platform/errors.ts";
import { openRecords } from "../records/open.ts";

/**
 * Tells the book what the day's peaks were before this node began, as far as the records know: a restart at noon must
 * not hide the morning. Never rejects; without records the day begins now.
 */
export async function recallPeaks(
  today: TodayBook,
  { system, tenants }: Snapshot,
  { variables, log, now }: { readonly variables: string; readonly log: Logger; readonly now: number },
): Promise<void> {
  try {
    const records = await openRecords(system.records, variables);
    try {
      for (const { id, timezone } of tenants.values()) {
        const midnight = DateTime.fromMillis(now, { zone: timezone }).startOf("day").toMillis();
        const { channels: total } = await records.peak(id, midnight, Math.ceil(now / 60_000) * 60_000);
        const use = { total, inbound: 0, outbound: 0, pool: 0 };
        today.saw({ tenants: new Map([[id, use]]), trunks: new Map() }, now);
      }
    } finally {
      await records.close();
    }
  } catch (error) {
    log.info({ event: "live.peaks_unknown" }, messageOf(error));
  }
}
