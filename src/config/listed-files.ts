import type { Hash } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { NumberLines } from "../core/number/number-lines.ts";
import type { NumberFile } from "../core/snapshot/snapshot.ts";
import type { ConfigPath, Report } from "./issue.ts";
import { problemOf, readRegular } from "./read.ts";

/** Where the name of a file stands. */
export type Mention = { readonly file: string; readonly path: ConfigPath };

/** Files of numbers that the configuration names, relative to its directory or absolute. */
export type ListedFiles = {
  /** Its text, "" after an error, which is reported where the file is named. */
  readonly read: (name: string, at: Mention) => string;
  /** A list that somebody else reads when it is used, in the forms of `country`; here it only has to be one. */
  readonly numberFile: (name: string, country: string, at: Mention) => NumberFile;
};

/** Ten million numbers. */
const MOST_BYTES = 160 * 1024 * 1024;

/** `thorough`: also look at every line of the lists. Contents count for the revision. */
export function createListedFiles(
  root: string,
  hash: Hash,
  { thorough, report }: { readonly thorough: boolean; readonly report: Report },
): ListedFiles {
  const pathOf = (name: string) => (isAbsolute(name) ? name : join(root, name));
  const bytesOf = (name: string, { file, path }: Mention): Buffer => {
    try {
      const bytes = readRegular(pathOf(name), MOST_BYTES);
      hash.update(`${name}\0${bytes.length}\0`).update(bytes);
      return bytes;
    } catch (error) {
      report.error(file, path, `${name}: ${problemOf(error)}`);
      return Buffer.alloc(0);
    }
  };
  return {
    read: (name, at) => bytesOf(name, at).toString("utf8"),
    numberFile(name, country, at) {
      const bytes = bytesOf(name, at);
      if (thorough) checkLines({ name, bytes, country }, at, report);
      return { file: pathOf(name) };
    },
  };
}

/** After this many bad lines it is plain that the file is no list of numbers. */
export const MOST_BAD_LINES = 10;

/** A line without its comment and the spaces, dots and brackets that people write into numbers. */
export function numberIn(line: string): string {
  return line.replace(/#.*$/, "").replace(/[\s().-]/g, "");
}

type List = { readonly name: string; readonly bytes: Buffer; readonly country: string };

/** Read as they will be when calls are judged, so that no line is good here and nothing there. */
function checkLines({ name, bytes, country }: List, { file, path }: Mention, report: Report): void {
  const lines = new NumberLines(country, () => {});
  lines.push(bytes);
  const { count, first } = lines.end();
  if (count === 0) return;
  const texts = bytes.toString("utf8").split("\n");
  for (const line of first) {
    const text = numberIn(texts[line - 1] ?? "").slice(0, 40);
    const says = `${name}, line ${line}: "${text}" is no telephone number: write one number a line`;
    report.error(file, path, says);
  }
  if (count > first.length)
    report.error(file, path, `${name}: ${count - first.length} more lines are no telephone numbers`);
}
