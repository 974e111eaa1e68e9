/**
 * Reads a switch's file of call detail records from where it was left off, in pieces, whatever its size. The file is
 * Asterisk's: it grows while it is read, ends in half a line, is rotated by name or cut off. It knows nothing of rows.
 */
import { type FileHandle, open, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ownText } from "../platform/own-text.ts";

/** Where reading stopped. */
export type CdrPlace = {
  /** Names the file whatever it is called by now; "" for one that was not there yet. */
  readonly file: string;
  readonly offset: number;
  /** True within a line that is too long to be one. */
  readonly skipping?: boolean;
  /** When that was, epoch milliseconds, where an earlier process stopped. */
  readonly at?: number;
};

export type CdrPiece = {
  readonly lines: readonly string[];
  readonly place: CdrPlace;
  /** True when there is more to be read at once. */
  readonly more: boolean;
  /** Lines that were too long. */
  readonly lost: number;
  /** True when a file was gone before it was read to its end. */
  readonly gone?: boolean;
};

/** Bytes. A row has about 300. */
const PIECE = 65_536;
const LONGEST_LINE = 4096;
/** Names that are looked at for a file that was rotated away. */
const MOST_NAMES = 2000;

/** The end of the file as it is now; the beginning of the next one when there is none. */
export async function endOfCdr(path: string): Promise<CdrPlace> {
  const found = await unlessAbsent(stat(path, { bigint: true }));
  return found === null ? { file: "", offset: 0 } : { file: nameOf(found), offset: Number(found.size) };
}

/**
 * The next piece after `from`, none of it beyond `limit` bytes of that same file. Null when there is no such file.
 * Rejects with the file system's own error when it is there and cannot be read.
 */
export async function nextPiece(
  path: string,
  from: CdrPlace,
  limit = Number.POSITIVE_INFINITY,
): Promise<CdrPiece | null> {
  const current = await unlessAbsent(open(path, "r"));
  try {
    const newest = current === null ? null : nameOf(await current.stat({ bigint: true }));
    if (current !== null && (from.file === "" || from.file === newest)) {
      return await readPiece(current, { ...from, file: newest ?? "" }, limit);
    }
    const { piece, next } = await readRotated(path, from);
    if (piece?.more === true) return piece;
    const file = next ?? newest;
    if (file === null) return null;
    const place = { file, offset: 0 };
    return { lines: piece?.lines ?? [], place, more: true, lost: piece?.lost ?? 0, gone: piece === null };
  } finally {
    await current?.close();
  }
}

type Rotated = {
  /** Null when the file is gone. */
  readonly piece: CdrPiece | null;
  /** The file that was begun after it and has another name by now, too; null: there is none. */
  readonly next: string | null;
};

/** The rest of a file that has another name by now. What stands behind its last line end never becomes a line. */
async function readRotated(path: string, from: CdrPlace): Promise<Rotated> {
  const files = await rotatedFiles(path);
  const nth = files.findIndex(({ file }) => file === from.file);
  const own = files[nth];
  if (own !== undefined) {
    const piece = await readOther(own.path, from);
    if (piece !== null) return { piece, next: files[nth + 1]?.file ?? null };
  }
  // What was written after it was read last is in the files that were still written to then.
  const { at } = from;
  const next = at === undefined ? undefined : files.find(({ writtenAt }) => writtenAt >= at);
  return { piece: null, next: next?.file ?? null };
}

async function readOther(path: string, from: CdrPlace): Promise<CdrPiece | null> {
  const other = await unlessAbsent(open(path, "r"));
  try {
    if (other === null || nameOf(await other.stat({ bigint: true })) !== from.file) return null;
    return await readPiece(other, from, Number.POSITIVE_INFINITY);
  } finally {
    await other?.close();
  }
}

const PACKED = /\.(gz|bz2|xz|zst|lz4|Z)$/;

/** Those that lie beside it under its name with something behind, the oldest first. */
async function rotatedFiles(path: string) {
  const folder = dirname(path);
  const own = basename(path);
  const names = (await unlessAbsent(readdir(folder))) ?? [];
  const rotated = names.filter((name) => name !== own && name.startsWith(own) && !PACKED.test(name));
  const files: { readonly path: string; readonly file: string; readonly writtenAt: number }[] = [];
  for (const name of rotated.slice(0, MOST_NAMES)) {
    const found = await unlessAbsent(stat(join(folder, name), { bigint: true }));
    if (found?.isFile() !== true) continue;
    files.push({ path: join(folder, name), file: nameOf(found), writtenAt: Number(found.mtimeMs) });
  }
  return files.sort((a, b) => a.writtenAt - b.writtenAt);
}

async function readPiece(handle: FileHandle, from: CdrPlace, limit: number): Promise<CdrPiece> {
  const { size } = await handle.stat();
  // Cut off and begun anew under the same name.
  const start = size < from.offset ? 0 : from.offset;
  const wanted = Math.max(0, Math.min(PIECE, size - start, limit - start));
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(wanted), 0, wanted, start);
  const read = buffer.subarray(0, bytesRead);
  const end = read.lastIndexOf(0x0a) + 1;
  if (end === 0) {
    const tooLong = bytesRead > LONGEST_LINE;
    const place = tooLong
      ? { ...from, offset: start + bytesRead, skipping: true }
      : { ...from, offset: start };
    return {
      lines: [],
      place,
      more: tooLong && bytesRead === PIECE,
      lost: tooLong && !from.skipping ? 1 : 0,
    };
  }
  const text = read.subarray(0, end).toString("utf8");
  const all = text.split("\n").slice(from.skipping === true && start === from.offset ? 1 : 0, -1);
  const lines = all.filter((line) => line !== "" && line.length <= LONGEST_LINE).map(ownText);
  const lost = all.filter((line) => line.length > LONGEST_LINE).length;
  return { lines, place: { file: from.file, offset: start + end }, more: bytesRead === PIECE, lost };
}

/** Where the last process stopped; null when none did, or what it left cannot be read. */
export async function readPlace(file: string): Promise<CdrPlace | null> {
  const text = await unlessAbsent(readFile(file, "utf8"));
  const [, name, offset] = /^([0-9]+:[0-9]+|-) ([0-9]{1,15})\n$/.exec(text ?? "") ?? [];
  if (name === undefined) return null;
  const at = (await unlessAbsent(stat(file)))?.mtimeMs;
  return { file: name === "-" ? "" : name, offset: Number(offset), ...(at === undefined ? {} : { at }) };
}

/** A kill leaves the old place or the new one. */
export async function keepPlace(file: string, { file: name, offset }: CdrPlace): Promise<void> {
  await writeFile(`${file}.new`, `${name === "" ? "-" : name} ${offset}\n`);
  await rename(`${file}.new`, file);
}

function nameOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

async function unlessAbsent<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return null;
    throw error;
  }
}
