import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RecordReader } from "../calls/record-port.ts";
import type { RecordingBook } from "../calls/recording-port.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { TENANT_ID } from "../core/tenant/tenant-id.ts";
import { openRecords } from "../records/open.ts";
import { openRecordings } from "../records/recordings/book.ts";
import { type Common, type Io, WrongUse } from "./io.ts";
import { loadSnapshot } from "./load-snapshot.ts";

/** Lends a command the configuration and the call records, read only; 1 when either cannot be had. */
export async function withRecords(
  { config, variables }: Common,
  io: Io,
  work: (records: RecordReader, snapshot: Snapshot) => Promise<number>,
): Promise<number> {
  const snapshot = loadSnapshot(config, "simulate", io);
  if (snapshot === null) return 1;
  const records = await openRecords(snapshot.system.records, variables);
  try {
    return await work(records, snapshot);
  } finally {
    await records.close();
  }
}

/** The named client's calendar; UTC for one that is not configured: calendarOf knows better. */
export function zoneOfTenant(snapshot: Snapshot, name: string | null): string {
  return [...snapshot.tenants.values()].find(({ id }) => id === name)?.timezone ?? "UTC";
}

/**
 * The named client's calendar. One that has left has calls all the same, each on a day of the clock that the client then
 * had: that of its newest call.
 */
export async function calendarOf(
  records: RecordReader,
  snapshot: Snapshot,
  tenant: string | undefined,
): Promise<string> {
  if (tenant === undefined || isConfigured(snapshot, tenant)) return zoneOfTenant(snapshot, tenant ?? null);
  const [newest] = await records.calls({ tenant, limit: 1 });
  const found = newest === undefined ? null : await records.call(newest.call);
  return found?.record.zone ?? "UTC";
}

/** Whether the configuration has this client; true where none is named. */
export function isConfigured({ tenants }: Snapshot, name: string | undefined): boolean {
  return name === undefined || [...tenants.values()].some(({ id }) => id === name);
}

/** The absolute path of a recording; null stays null. */
export function recordingPath(file: string | null, { system }: Snapshot, variables: string): string | null {
  return file === null ? null : resolve(variables, system.recordingsDirectory, file);
}

/**
 * Likewise with the rows of recordings; `write` for those who hold, release and delete. 1 for a client or switch of whom
 * nothing is known: a slip of the pen would look like one whose recordings are all in order, or deleted.
 */
export async function withRecordings(
  { config, variables, tenant, server }: Common & { readonly tenant?: string; readonly server?: string },
  io: Io,
  { write = false }: { readonly write?: boolean },
  work: (book: RecordingBook, place: RecordingPlace) => Promise<number>,
): Promise<number> {
  if (tenant !== undefined) tenantName(tenant);
  const snapshot = loadSnapshot(config, "simulate", io);
  if (snapshot === null) return 1;
  const { records, recordingsDirectory } = snapshot.system;
  const book = await openRecordings(records, variables, { write });
  try {
    const place = { snapshot, directory: resolve(variables, recordingsDirectory) };
    if (tenant !== undefined && (await isNobodys(tenant, book, place))) {
      io.err(`signalbox: there is no client ${tenant}, and no recording of one\n`);
      return 1;
    }
    if (server !== undefined && !(await isKnownSwitch(server, book, place))) {
      io.err(`signalbox: there is no switch ${server}, and no recording of one\n`);
      return 1;
    }
    return await work(book, place);
  } finally {
    await book.close();
  }
}

async function isNobodys(
  tenant: string,
  book: RecordingBook,
  { snapshot, directory }: RecordingPlace,
): Promise<boolean> {
  if (isConfigured(snapshot, tenant) || (await book.list({ tenant, limit: 1 })).length > 0) return false;
  return !existsSync(join(directory, tenant));
}

/** One that is not configured any more may have recordings. */
async function isKnownSwitch(
  server: string,
  book: RecordingBook,
  { snapshot }: RecordingPlace,
): Promise<boolean> {
  if (snapshot.system.switches.some((each) => each.server === server)) return true;
  return (await book.list({ server, limit: 1 })).length > 0;
}

/** The configuration, and the absolute directory of recordings. */
export type RecordingPlace = { readonly snapshot: Snapshot; readonly directory: string };

/** A client's name, also of one that is not configured any more. Throws WrongUse for what can be none. */
export function tenantName(text: string): string {
  if (TENANT_ID.test(text)) return text;
  throw new WrongUse(`--tenant takes the name of a client, not ${JSON.stringify(text)}`);
}

/** A whole number from 0 on. Throws WrongUse for other text. */
export function wholeNumber(text: string, option: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new WrongUse(`${option} takes a whole number, not ${text}`);
}
