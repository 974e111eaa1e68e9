import { type Dir, lstatSync, opendirSync } from "node:fs";
import { join, relative } from "node:path";
import type { RecordingBook, StoredRecording } from "../calls/recording-port.ts";
import { lookAtFile } from "../records/recordings/file.ts";
import { problemOf, withPlace } from "../records/recordings/place.ts";
import { type Common, counted, type Io } from "./io.ts";
import { JsonArray } from "./json-array.ts";
import { isLeftUnseen, UNSEEN } from "./recordings.ts";
import { tenantName, withRecordings } from "./records-of.ts";

export type RecordingsVerifyOptions = Common & {
  readonly tenant?: string;
  /** With several switches: the one whose recordings are on this machine. */
  readonly server?: string;
  readonly json?: boolean;
};

export type Fault = {
  readonly fault: "file without a row" | "row without a file" | "changed" | "unreadable" | "never looked at";
  readonly path: string;
  readonly call: string | null;
  readonly says: string;
};

/** Holds every row against its file and every file against its row, a page at a time. 1 when they differ anywhere. */
export async function verifyRecordings(options: RecordingsVerifyOptions, io: Io): Promise<number> {
  const { server } = options;
  const tenant = options.tenant === undefined ? undefined : tenantName(options.tenant);
  return withRecordings(options, io, {}, async (book, { directory }) => {
    const teller = new Teller(io, options.json === true);
    const unseen = (path: string, says: string): void =>
      teller.tell({ fault: "unreadable", path, call: null, says });
    for (const files of filesBelow(directory, tenant, unseen))
      for (const fault of await strangers(files, book, directory)) teller.tell(fault);
    const query = {
      ...(tenant === undefined ? {} : { tenant }),
      ...(server === undefined ? {} : { server }),
    };
    let held = 0;
    for await (const rows of book.pages(query)) {
      for (const row of rows) {
        if (row.state === "kept") held += 1;
        const fault = faultOf(row, directory);
        if (fault !== null) teller.tell(fault);
      }
    }
    const count = teller.end();
    io.err(`${counted(held, "recording")} looked at, ${counted(count, "fault")}\n`);
    return count === 0 ? 0 : 1;
  });
}

class Teller {
  readonly #io: Io;
  readonly #json: JsonArray | null;
  #count = 0;

  constructor(io: Io, json: boolean) {
    this.#io = io;
    this.#json = json ? new JsonArray(io) : null;
  }

  tell(fault: Fault): void {
    this.#count += 1;
    if (this.#json !== null) this.#json.add(fault);
    else this.#io.out(`${fault.fault}: ${shown(fault.path)}: ${fault.says}\n`);
  }

  /** How many there were. */
  end(): number {
    this.#json?.end();
    return this.#count;
  }
}

/** A stranger's name may have a line break in it, or what a terminal would obey. */
function shown(path: string): string {
  return /\p{Cc}/u.test(path) ? JSON.stringify(path) : path;
}

const BATCH = 1000;

type Unseen = (path: string, says: string) => void;

/**
 * Relative paths of all files, of one client's folder if said, some at a time. Links are files and not followed.
 * Folders that cannot be looked into are told to `unseen`.
 */
function* filesBelow(
  directory: string,
  tenant: string | undefined,
  unseen: Unseen,
): Generator<readonly string[]> {
  let batch: string[] = [];
  for (const file of walk(tenant === undefined ? directory : join(directory, tenant), unseen)) {
    batch.push(relative(directory, file));
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function* walk(folder: string, unseen: Unseen): Generator<string> {
  const folders: string[] = [];
  const open = opened(folder, unseen);
  if (open === null) return;
  try {
    for (let entry = open.readSync(); entry !== null; entry = open.readSync()) {
      if (entry.isDirectory()) folders.push(entry.name);
      else yield join(folder, entry.name);
    }
  } finally {
    open.closeSync();
  }
  for (const name of folders.sort()) yield* walk(join(folder, name), unseen);
}

/** Null where nothing is, or nothing can be seen. */
function opened(folder: string, unseen: Unseen): Dir | null {
  try {
    return opendirSync(folder);
  } catch (error) {
    const problem = problemOf(error);
    if (problem !== null) unseen(folder, problem);
    return null;
  }
}

/** What is under way is asked for before the rows, so that a call that ends meanwhile is found in one of the two. */
async function strangers(
  files: readonly string[],
  book: RecordingBook,
  directory: string,
): Promise<readonly Fault[]> {
  const first = await book.statesOf(files);
  const unknown = files.filter((file) => !isThere(first.get(file)));
  if (unknown.length === 0) return [];
  const underWay = await book.underWay();
  const states = await book.statesOf(unknown);
  return unknown
    .filter((file) => !underWay.has(file) && !isThere(states.get(file)))
    .map((file) => ({
      fault: "file without a row",
      path: join(directory, file),
      call: null,
      says: states.has(file) ? "it was deleted and is there again" : "no call is known to have made it",
    }));
}

const GONE: ReadonlySet<StoredRecording["state"]> = new Set(["deleted", "void", "lost"]);

function isThere(state: StoredRecording["state"] | undefined): boolean {
  return state !== undefined && !GONE.has(state);
}

function faultOf(row: StoredRecording, directory: string): Fault | null {
  const fault = (kind: Fault["fault"], says: string): Fault => {
    return { fault: kind, path: join(directory, row.file), call: row.call, says };
  };
  if (row.state === "missing") {
    return isFile(row, directory)
      ? fault("never looked at", `it came later than it should; ${UNSEEN}`)
      : fault("row without a file", "somebody answered, and none was written");
  }
  if (isLeftUnseen(row)) return fault("never looked at", UNSEEN);
  if (row.state !== "kept") return null;
  try {
    const { sha256, bytes } = lookAtFile(directory, row);
    if (sha256 === row.sha256) return null;
    return fault("changed", `it has ${bytes} bytes and another checksum; it had ${row.bytes}`);
  } catch (error) {
    const problem = problemOf(error);
    return problem === null ? fault("row without a file", "it is gone") : fault("unreadable", problem);
  }
}

function isFile(row: StoredRecording, directory: string): boolean {
  try {
    return withPlace(directory, row, (path) => lstatSync(path).isFile());
  } catch {
    return false;
  }
}
