import type { Hash } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { type BadLines, MOST_BAD_LINES, NumberLines } from "../core/number/number-lines.ts";
import type { NumberFile } from "../core/snapshot/snapshot.ts";
import type { ConfigPath, Report } from "./issue.ts";
import { eachChunk, problemOf, readRegular } from "./read.ts";

/** Where the name of a file stands. */
export type Mention = { readonly file: string; readonly path: ConfigPath };

/** Files of numbers that the configuration names, relative to its directory or absolute. */
export type ListedFiles = {
  /** Its text, "" after an error, which is reported where the file is named. */
  readonly read: (name: string, at: Mention) => string;
  /** A list that somebody else reads when it is used; here it only has to be one. National forms are `country`'s. */
  readonly numberFile: (name: string, country: string, at: Mention) => NumberFile;
  /** Absolute paths of all that were asked for, whether they are there or not. */
  readonly paths: readonly string[];
};

/** Of callers. */
const MOST_BYTES = 160 * 1024 * 1024;
/** Ten million numbers, however they are written. */
const MOST_LIST_BYTES = 1024 * 1024 * 1024;

/** `thorough`: also look at every line of the lists. Contents count for the revision. */
export function createListedFiles(
  root: string,
  hash: Hash,
  { thorough, report }: { readonly thorough: boolean; readonly report: Report },
): ListedFiles {
  const paths: string[] = [];
  const pathOf = (name: string) => {
    const path = isAbsolute(name) ? name : join(root, name);
    paths.push(path);
    return path;
  };
  const reading = <T>(name: string, { file, path }: Mention, read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      report.error(file, path, `${name}: ${problemOf(error)}`);
      return null;
    }
  };
  return {
    paths,
    read(name, at) {
      const path = pathOf(name);
      const bytes = reading(name, at, () => readRegular(path, MOST_BYTES)) ?? Buffer.alloc(0);
      hash.update(`${name}\0${bytes.length}\0`).update(bytes);
      return bytes.toString("utf8");
    },
    numberFile(name, country, at) {
      const path = pathOf(name);
      hash.update(`${name}\0`);
      const lines = new NumberLines(country, () => {});
      reading(name, at, () =>
        eachChunk(path, MOST_LIST_BYTES, (chunk) => {
          hash.update(chunk);
          if (thorough) lines.push(chunk);
        }),
      );
      if (thorough) reportBadLines(lines.end(), { name, path }, at, report);
      return { file: path };
    },
  };
}

/** A line without its comment and the spaces, dots and brackets that people write into numbers. */
export function numberIn(line: string): string {
  return line.replace(/#.*$/, "").replace(/[\s().-]/g, "");
}

/** Read as they will be when calls are judged, so that no line is good here and nothing there. */
function reportBadLines(
  { count, first }: BadLines,
  { name, path }: { readonly name: string; readonly path: string },
  at: Mention,
  report: Report,
): void {
  if (count === 0) return;
  for (const [line, text] of linesOf(path, new Set(first))) {
    const says = `"${numberIn(text)}" is no telephone number: write one number a line`;
    report.error(at.file, at.path, `${name}, line ${line}: ${says}`);
  }
  if (count > MOST_BAD_LINES)
    report.error(at.file, at.path, `${name}: ${count - MOST_BAD_LINES} more lines are no telephone numbers`);
}

/** The beginnings of single lines of a file, which may be much too large to have as a whole. */
function linesOf(path: string, wanted: ReadonlySet<number>): Map<number, string> {
  const found = new Map([...wanted].map((line): [number, number[]] => [line, []]));
  let line = 1;
  eachChunk(path, MOST_LIST_BYTES, (chunk) => {
    for (const byte of chunk) {
      const bytes = found.get(line);
      if (byte === 10) line++;
      else if (bytes !== undefined && bytes.length < 40) bytes.push(byte);
    }
  });
  // A letter that was cut in two at the end is left out.
  const textOf = (bytes: number[]) => new TextDecoder().decode(Uint8Array.from(bytes), { stream: true });
  return new Map([...found].map(([at, bytes]) => [at, textOf(bytes).trim()]));
}
