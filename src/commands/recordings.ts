import { join } from "node:path";
import type { RecordingBook, RecordingQuery, StoredRecording } from "../calls/recording-port.ts";
import { userName } from "../platform/user.ts";
import { type ListedRecording, recordingJson, recordingsTable } from "../reports/recordings-text.ts";
import { momentOf } from "./calls.ts";
import { askNode } from "./control-client.ts";
import { type Common, counted, type Io, WrongUse } from "./io.ts";
import { JsonArray } from "./json-array.ts";
import { PagedTable } from "./paged-table.ts";
import type { PauseAnswer } from "./recording-pause.ts";
import { type RecordingPlace, wholeNumber, withRecordings, zoneOfTenant } from "./records-of.ts";

/** Which recordings, as written on the command line. */
export type Chosen = Common & {
  readonly tenant?: string;
  readonly server?: string;
  readonly call?: string;
  readonly since?: string;
  readonly until?: string;
};

export type RecordingsListOptions = Chosen & {
  /** Those that were deleted, are missing or never began too. */
  readonly all?: boolean;
  readonly limit?: string;
  readonly json?: boolean;
};

/** What `chosen` means to the book. Times without an offset are the client's own, or UTC's. */
export function queryOf(chosen: Omit<Chosen, keyof Common>, { snapshot }: RecordingPlace): RecordingQuery {
  const { tenant, server, call, since, until } = chosen;
  const zone = zoneOfTenant(snapshot, tenant ?? null);
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(server === undefined ? {} : { server }),
    ...(call === undefined ? {} : { calls: [call] }),
    ...momentOf(since, "--since", zone),
    ...momentOf(until, "--until", zone),
  };
}

/** Files are looked at within seconds of a call's end, or a minute later are said to be missing. */
const LOOKED_AT_MS = 10 * 60_000;

/** True for a recording that no node has looked at and none is about to: without a checksum there is nothing to hold it against. */
export function isLeftUnseen({ state, callEndedAt }: StoredRecording): boolean {
  return state === "begun" && Date.now() - callEndedAt > LOOKED_AT_MS;
}

export const UNSEEN =
  "no node has looked at it: one must run on the machine of its switch and may read its file";

/** Lists recordings, oldest first, a page at a time. */
export async function listRecordings(options: RecordingsListOptions, io: Io): Promise<number> {
  return withRecordings(options, io, {}, async (book, place) => {
    const array = new JsonArray(io);
    const table = new PagedTable(
      recordingsTable((tenant) => zoneOfTenant(place.snapshot, tenant)),
      io,
    );
    for await (const page of chosen(book, place, options)) {
      if (options.json !== true) table.add(page);
      else for (const each of page) array.add(recordingJson(each));
    }
    (options.json === true ? array : table).end();
    return 0;
  });
}

/** Prints the absolute paths of recordings, one a line; 1 when there is none. */
export async function recordingPaths(options: RecordingsListOptions, io: Io): Promise<number> {
  return withRecordings(options, io, {}, async (book, place) => {
    let found = 0;
    for await (const page of chosen(book, place, { ...options, all: false })) {
      io.out(page.map(({ path }) => `${path}\n`).join(""));
      found += page.length;
    }
    if (found === 0) io.err("signalbox: there is no such recording\n");
    return found === 0 ? 1 : 0;
  });
}

async function* chosen(
  book: RecordingBook,
  place: RecordingPlace,
  options: RecordingsListOptions,
): AsyncGenerator<readonly ListedRecording[]> {
  const pages = book.pages({
    ...queryOf(options, place),
    ...(options.all === true ? {} : { states: ["kept"] as const }),
    ...(options.limit === undefined ? {} : { limit: wholeNumber(options.limit, "--limit") }),
  });
  for await (const page of pages)
    yield page.map((each) => ({ ...each, path: join(place.directory, each.file) }));
}

export type HoldOptions = Common & { readonly calls: readonly string[]; readonly why: string };

/** Keeps recordings whatever their time, until they are released. 1 when one of them is not there. */
export async function holdRecordings(options: HoldOptions, io: Io): Promise<number> {
  const { calls, why } = options;
  if (why.trim() === "") throw new WrongUse("--why takes the reason, for who looks later");
  const by = userName();
  return ofCalls(options, io, async (book, { file, call, part }) => {
    if (!(await book.hold(file, { at: Date.now(), by, why: why.trim() }))) return false;
    if (part === "mixed") io.out(`${call} is held\n`);
    return true;
  }).then((found) => finish(found, calls, io));
}

export async function releaseRecordings(options: Omit<HoldOptions, "why">, io: Io): Promise<number> {
  return ofCalls(options, io, async (book, { file, call, part, hold }) => {
    if (hold === null || !(await book.release(file))) return false;
    if (part === "mixed") io.out(`${call} is released; it was held by ${hold.by}: ${hold.why}\n`);
    return true;
  }).then((found) => finish(found, options.calls, io));
}

async function ofCalls(
  options: Common & { readonly calls: readonly string[] },
  io: Io,
  work: (book: RecordingBook, recording: StoredRecording) => Promise<boolean>,
): Promise<ReadonlySet<string> | null> {
  const found = new Set<string>();
  const code = await withRecordings(options, io, { write: true }, async (book) => {
    const listed = await book.list({ calls: options.calls });
    for (const recording of listed) if (await work(book, recording)) found.add(recording.call);
    return 0;
  });
  return code === 0 ? found : null;
}

function finish(found: ReadonlySet<string> | null, calls: readonly string[], io: Io): number {
  if (found === null) return 1;
  const missing = calls.filter((call) => !found.has(call));
  for (const call of missing) io.err(`signalbox: ${call} has no recording to do this with\n`);
  if (missing.length > 0) io.err(`signalbox: ${counted(missing.length, "call")} left as they were\n`);
  return missing.length === 0 ? 0 : 1;
}

export type PauseOptions = Common & { readonly call: string };

/** Asks the running node to pause or resume the recording of a call that is on. */
export async function pauseRecording(
  what: "pause" | "resume",
  { call, variables }: PauseOptions,
  io: Io,
): Promise<number> {
  const body = { call, by: userName() };
  const path = `/recordings/${what}`;
  const { recording } = (await askNode(variables, { method: "POST", path, body })) as PauseAnswer;
  const says = {
    paused: "is not recorded until it is resumed",
    resumed: "is recorded again",
    stopped: "is not recorded any more: the switch did not confirm a pause, so its recording was ended",
  };
  io.out(`${call} ${says[recording]}\n`);
  return 0;
}
