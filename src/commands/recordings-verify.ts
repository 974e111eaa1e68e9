import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { RecordingBook, StoredRecording } from "../calls/recording-port.ts";
import { messageOf } from "../platform/errors.ts";
import { lookAtFile } from "../records/recordings/file.ts";
import { type Common, counted, type Io } from "./io.ts";
import { withRecordings } from "./records-of.ts";

export type RecordingsVerifyOptions = Common & {
  readonly tenant?: string;
  /** With several switches: the one whose recordings are on this machine. */
  readonly server?: string;
  readonly json?: boolean;
};

export type Fault = {
  readonly fault: "file without a row" | "row without a file" | "changed" | "unreadable";
  readonly path: string;
  readonly call: string | null;
  readonly says: string;
};

/** Holds every row against its file and every file against its row. 1 when they differ anywhere. */
export async function verifyRecordings(options: RecordingsVerifyOptions, io: Io): Promise<number> {
  return withRecordings(options, io, {}, async (book, { directory }) => {
    const { tenant, server } = options;
    const files = filesBelow(directory, tenant);
    // Asked after the files were listed: what began meanwhile is no fault.
    const underWay = await book.underWay();
    const all = await book.list(tenant === undefined ? {} : { tenant });
    const rows = all.filter((row) => server === undefined || row.server === server);
    const faults = [
      ...strangers(files, all, underWay, directory),
      ...rows.flatMap((row) => faultOf(row, directory)),
    ];
    if (options.json === true) io.out(`${JSON.stringify(faults, null, 2)}\n`);
    else for (const { fault, path, says } of faults) io.out(`${fault}: ${path}: ${says}\n`);
    const held = rows.filter(({ state }) => state === "kept").length;
    io.err(`${counted(held, "recording")} looked at, ${counted(faults.length, "fault")}\n`);
    return faults.length === 0 ? 0 : 1;
  });
}

/** Relative paths of all files, of one client's folder if said. */
function filesBelow(directory: string, tenant: string | undefined): readonly string[] {
  const root = tenant === undefined ? directory : join(directory, tenant);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

function strangers(
  files: readonly string[],
  rows: Awaited<ReturnType<RecordingBook["list"]>>,
  underWay: ReadonlySet<string>,
  directory: string,
): Fault[] {
  const known = new Set(rows.filter(({ state }) => state !== "deleted").map(({ file }) => file));
  const deleted = new Set(rows.filter(({ state }) => state === "deleted").map(({ file }) => file));
  return files
    .filter((file) => !known.has(file) && !underWay.has(file))
    .map((file) => ({
      fault: "file without a row",
      path: join(directory, file),
      call: null,
      says: deleted.has(file) ? "it was deleted and is there again" : "no call is known to have made it",
    }));
}

function faultOf(row: StoredRecording, directory: string): Fault[] {
  const path = join(directory, row.file);
  const fault = (kind: Fault["fault"], says: string): Fault[] => [
    { fault: kind, path, call: row.call, says },
  ];
  if (row.state === "missing") return fault("row without a file", "somebody answered, and none was written");
  if (row.state !== "kept") return [];
  try {
    const { sha256, bytes } = lookAtFile(path);
    if (sha256 === row.sha256) return [];
    return fault("changed", `it has ${bytes} bytes and another checksum; it had ${row.bytes}`);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return fault("row without a file", "it is gone");
    return fault("unreadable", messageOf(error));
  }
}
