import type { Hash } from "node:crypto";
import { isAbsolute, join } from "node:path";
import type { NumberFile } from "../core/snapshot/snapshot.ts";
import type { ConfigPath, Report } from "./issue.ts";
import { problemOf, readRegular } from "./read.ts";

/** Where the name of a file stands. */
export type Mention = { readonly file: string; readonly path: ConfigPath };

/** Files of numbers that the configuration names, relative to its directory or absolute. */
export type ListedFiles = {
  /** Its text, "" after an error, which is reported where the file is named. */
  readonly read: (name: string, at: Mention) => string;
  /** A list that somebody else reads when it is used; here it only has to be one. */
  readonly numberFile: (name: string, at: Mention) => NumberFile;
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
    numberFile(name, at) {
      const bytes = bytesOf(name, at);
      if (thorough) checkLines(bytes.toString("utf8"), name, at, report);
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

function checkLines(text: string, name: string, { file, path }: Mention, report: Report): void {
  let bad = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const number = numberIn(line);
    if (number === "" || /^\+?[0-9]{3,20}$/.test(number) || ++bad > MOST_BAD_LINES) continue;
    const says = `${name}, line ${index + 1}: "${number.slice(0, 40)}" is no telephone number: write one number a line`;
    report.error(file, path, says);
  }
}
