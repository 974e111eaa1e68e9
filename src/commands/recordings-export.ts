import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, lstatSync, readdirSync } from "node:fs";
import { realpath, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { StoredRecording } from "../calls/recording-port.ts";
import { messageOf } from "../platform/errors.ts";
import { makeFolder } from "../platform/folder.ts";
import { counted, type Io, WrongUse } from "./io.ts";
import { type Chosen, queryOf } from "./recordings.ts";
import { withRecordings } from "./records-of.ts";

export type RecordingsExportOptions = Chosen & { readonly tenant: string; readonly to: string };

/** What `sha256sum -c` reads. */
const MANIFEST = "SHA256SUMS";

/**
 * Copies one client's recordings with a manifest of their checksums. A file that is not what its row says, or lies
 * outside the client's own folder, is named and not copied; then the exit code is 1.
 */
export async function exportRecordings(options: RecordingsExportOptions, io: Io): Promise<number> {
  const target = resolve(options.to);
  if (existsSync(target) && (!lstatSync(target).isDirectory() || readdirSync(target).length > 0))
    throw new WrongUse(`${target} is not empty: an export goes into a new directory`);
  return withRecordings(options, io, {}, async (book, place) => {
    const rows = await book.list({ ...queryOf(options, place), states: ["kept"] });
    makeFolder(target);
    const lines: string[] = [];
    let faults = 0;
    for (const row of rows) {
      const problem = await copy(row, { tenant: options.tenant, directory: place.directory, target });
      if (problem === null) lines.push(`${row.sha256}  ${row.file}\n`);
      else {
        faults += 1;
        io.err(`signalbox: ${row.file} is not exported: ${problem}\n`);
      }
    }
    await writeFile(join(target, MANIFEST), lines.join(""), { mode: 0o640 });
    io.out(`${counted(lines.length, "recording")} of ${options.tenant} in ${target}; check them there with`);
    io.out(` sha256sum -c ${MANIFEST}\n`);
    return faults === 0 ? 0 : 1;
  });
}

type Way = { readonly tenant: string; readonly directory: string; readonly target: string };

/** Null once it is copied, else why not; nothing is left of a copy that failed. */
async function copy(row: StoredRecording, { tenant, directory, target }: Way): Promise<string | null> {
  const to = join(target, row.file);
  try {
    const own = await realpath(join(directory, tenant));
    const from = await realpath(join(directory, row.file));
    if (row.tenant !== tenant || !from.startsWith(own + sep)) return `it lies outside ${own}`;
    makeFolder(dirname(to));
    const hash = createHash("sha256");
    const summing = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(createReadStream(from), summing, createWriteStream(to, { mode: 0o640, flags: "wx" }));
    if (hash.digest("hex") === row.sha256) return null;
    await rm(to);
    return "it has changed since it was recorded; `signalbox recordings verify` names all such files";
  } catch (error) {
    await rm(to, { force: true });
    return messageOf(error);
  }
}
