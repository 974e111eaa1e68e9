import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  writeSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { StoredRecording } from "../calls/recording-port.ts";
import { makeFolder } from "../platform/folder.ts";
import { OutsideError, openRecording, problemOf } from "../records/recordings/place.ts";
import { counted, type Io, WrongUse } from "./io.ts";
import { type Chosen, isLeftUnseen, queryOf, UNSEEN } from "./recordings.ts";
import { tenantName, withRecordings } from "./records-of.ts";

export type RecordingsExportOptions = Chosen & {
  readonly tenant: string;
  /** Absolute, or relative to --var; `exports/TENANT-TIME` there unless given. */
  readonly to?: string;
};

/** What `sha256sum -c` reads. */
const MANIFEST = "SHA256SUMS";

/**
 * Copies one client's recordings with a manifest of their checksums. A file that is not what its row says, lies outside
 * the client's own folder, or was never looked at, is named and not copied; then the exit code is 1.
 */
export async function exportRecordings(options: RecordingsExportOptions, io: Io): Promise<number> {
  const tenant = tenantName(options.tenant);
  const time = new Date().toISOString().replaceAll(/[-:]|\.[0-9]+/g, "");
  const target = resolve(options.variables, options.to ?? join("exports", `${tenant}-${time}`));
  if (existsSync(target) && (!lstatSync(target).isDirectory() || readdirSync(target).length > 0))
    throw new WrongUse(`${target} is not empty: an export goes into a new directory`);
  return withRecordings(options, io, {}, async (book, place) => {
    makeFolder(target);
    const manifest = openSync(join(target, MANIFEST), "wx", 0o640);
    const counts = { copied: 0, faults: 0 };
    try {
      for await (const rows of book.pages({ ...queryOf(options, place), tenant, states: ["kept"] })) {
        for (const row of rows) {
          const problem = await copy(row, { directory: place.directory, target });
          // The shape of its name was looked at with its place: nothing in it needs quoting.
          if (problem === null) writeSync(manifest, `${row.sha256}  ${row.file}\n`);
          else io.err(`signalbox: ${row.file} is not exported: ${problem}\n`);
          counts[problem === null ? "copied" : "faults"] += 1;
        }
      }
    } finally {
      closeSync(manifest);
    }
    for await (const rows of book.pages({ ...queryOf(options, place), tenant, states: ["begun"] })) {
      for (const row of rows.filter(isLeftUnseen)) {
        io.err(`signalbox: ${row.file} is not exported: ${UNSEEN}\n`);
        counts.faults += 1;
      }
    }
    io.out(`${counted(counts.copied, "recording")} of ${tenant} in ${target}; check them there with`);
    io.out(` sha256sum -c ${MANIFEST}\n`);
    return counts.faults === 0 ? 0 : 1;
  });
}

type Way = { readonly directory: string; readonly target: string };

/** Null once it is copied, else why not; nothing is left of a copy that failed. */
async function copy(row: StoredRecording, { directory, target }: Way): Promise<string | null> {
  let to: string | null = null;
  try {
    const from = openRecording(directory, row);
    const hash = createHash("sha256");
    const summing = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    const reading = createReadStream("", { fd: from });
    if (!fstatSync(from).isFile()) {
      reading.destroy();
      throw new OutsideError("no plain file");
    }
    to = join(target, row.file);
    makeFolder(dirname(to));
    await pipeline(reading, summing, createWriteStream(to, { mode: 0o640, flags: "wx" }));
    if (hash.digest("hex") === row.sha256) return null;
    await rm(to);
    return "it has changed since it was recorded; `signalbox recordings verify` names all such files";
  } catch (error) {
    if (to !== null) await rm(to, { force: true });
    return problemOf(error) ?? "it is gone";
  }
}
