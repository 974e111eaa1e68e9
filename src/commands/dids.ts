import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { messageOf } from "../platform/errors.ts";
import { openRecords } from "../records/open.ts";
import { inventory, inventoryCsv, inventoryJson, inventoryText } from "../reports/inventory.ts";
import type { Common, Io } from "./io.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { isConfigured, wholeNumber } from "./records-of.ts";

export type DidsOptions = Common & {
  readonly tenant?: string;
  readonly unusedDays?: string;
  readonly format?: "table" | "csv" | "json";
};

/** The numbers there are, whose they are and when they were last called. */
export async function dids(options: DidsOptions, io: Io): Promise<number> {
  const unusedDays =
    options.unusedDays === undefined ? undefined : wholeNumber(options.unusedDays, "--unused-days");
  const snapshot = loadSnapshot(options.config, "simulate", io);
  if (snapshot === null) return 1;
  if (!isConfigured(snapshot, options.tenant)) {
    io.err(`signalbox: there is no client ${options.tenant}\n`);
    return 1;
  }
  const lastCalls = await lastCallsOf(snapshot, options, io);
  // Without records every number would look unused, and somebody might give it back.
  if (lastCalls === null && unusedDays !== undefined) return 1;
  const lines = inventory(snapshot, {
    now: Date.now(),
    lastCalls: lastCalls ?? new Map(),
    tenant: options.tenant,
    unusedDays,
  });
  if (options.format === "json") io.out(`${JSON.stringify(inventoryJson(lines), null, 2)}\n`);
  else io.out(options.format === "csv" ? inventoryCsv(lines) : inventoryText(lines));
  return 0;
}

/** A number's last call is whoever's it was: it may have been another client's, or its client have had another name. */
async function lastCallsOf(
  snapshot: Snapshot,
  { variables }: DidsOptions,
  io: Io,
): Promise<ReadonlyMap<string, number> | null> {
  try {
    const records = await openRecords(snapshot.system.records, variables);
    try {
      return await records.lastCalls();
    } finally {
      await records.close();
    }
  } catch (error) {
    io.err(`signalbox: last calls are not known: ${messageOf(error)}\n`);
    return null;
  }
}
