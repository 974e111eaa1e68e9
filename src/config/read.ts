import { createHash, type Hash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { FAILSAFE_SCHEMA, load, YAMLException } from "js-yaml";
import type { Report } from "./issue.ts";
import { complexKeyIn } from "./positions.ts";

/** The texts of the configuration directory. Values are made one file at a time: all at once they are ten times as large. */
export type Sources = {
  /** File name relative to the directory → text, `tenants/*.yaml` in alphabetical order. */
  readonly texts: ReadonlyMap<string, string>;
  /** Files that are there and could not be read, which is reported. */
  readonly unread: readonly string[];
  /** Which tenants there are is not known: their folder could not be listed, which is reported. */
  readonly unlisted: boolean;
  /** What a file says, every scalar a string; undefined after an error, which is reported. */
  readonly parse: (name: string) => unknown;
  /** Fed with every name and content; other files that belong to the configuration are added to it. */
  readonly hash: Hash;
};

/** A tenant with 100 numbers is 8 kB; a file of this size is no configuration. */
const MOST_BYTES = 16 * 1024 * 1024;

export const SYSTEM_FILE = "signalbox.yaml";
export const TRUNKS_FILE = "trunks.yaml";

/** Reads `signalbox.yaml`, `trunks.yaml` and `tenants/*.yaml` of `directory`. */
export function readSources(directory: string, report: Report): Sources {
  const texts = new Map<string, string>();
  const unread: string[] = [];
  const hash = createHash("sha256");
  const files = filesOf(directory, report);
  for (const name of files.names) {
    const text = readText(directory, name, report);
    if (text === null) {
      unread.push(name);
      continue;
    }
    texts.set(name, text);
    hash.update(`${name}\0${text.length}\0`).update(text);
  }
  const parseFile = (name: string): unknown => {
    const text = texts.get(name);
    return text === undefined ? undefined : parse(text, name, report);
  };
  return { texts, unread, unlisted: files.unlisted, parse: parseFile, hash };
}

function filesOf(
  directory: string,
  report: Report,
): { readonly names: string[]; readonly unlisted: boolean } {
  const problem = folderProblem(directory);
  if (problem !== null) {
    report.error(basename(directory), [], problem);
    return { names: [], unlisted: true };
  }
  const tenants = tenantFiles(directory, report);
  return { names: [SYSTEM_FILE, TRUNKS_FILE, ...(tenants ?? [])], unlisted: tenants === null };
}

/** Null also for a folder that is not to be seen: of what is in it each file has its own word. */
function folderProblem(directory: string): string | null {
  const todo = `name the one that has ${SYSTEM_FILE}, ${TRUNKS_FILE} and tenants in it`;
  try {
    return statSync(directory).isDirectory() ? null : `is no folder: ${todo}`;
  } catch (error) {
    return codeOf(error) === "ENOENT"
      ? `there is no such folder: ${todo}, by --config or SIGNALBOX_CONFIG`
      : null;
  }
}

/** Null where they cannot be listed. */
function tenantFiles(directory: string, report: Report): string[] | null {
  try {
    const names = readdirSync(join(directory, "tenants"), { encoding: "utf8" }).sort();
    const meant = (each: string) => /^[^.].*\.(ya?ml|json)$/i.test(each) && !each.endsWith(".yaml");
    for (const name of names.filter(meant)) {
      report.error(`tenants/${name}`, [], "is not read: name it with .yaml at the end, or move it away");
    }
    for (const name of foldersOfTenants(join(directory, "tenants"))) {
      report.warn(
        `tenants/${name}`,
        [],
        "is a folder, in which no tenant is read: put each file into tenants itself",
      );
    }
    return names
      .filter((name) => name.endsWith(".yaml") && !name.startsWith("."))
      .map((name) => `tenants/${name}`);
  } catch (error) {
    const code = codeOf(error);
    const refused = code === "EACCES" || code === "EPERM";
    const todo = refused
      ? "give the user of Signalbox the right to"
      : "make a folder with one file per tenant";
    report.error("tenants", [], `cannot be listed (${code}): ${todo}`);
    return null;
  }
}

function foldersOfTenants(directory: string): string[] {
  return readdirSync(directory, { encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .filter((name) => namesIn(join(directory, name)).some((file) => /\.ya?ml$/i.test(file)))
    .sort();
}

/** None where it may not be looked into, as in the `lost+found` of a disk. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The text of a regular file; anything else (missing, a pipe, too large, not UTF-8) is an error. */
function readText(directory: string, name: string, report: Report): string | null {
  try {
    const bytes = readRegular(join(directory, name), MOST_BYTES);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    report.error(name, [], problemOf(error));
    return null;
  }
}

/** Why a file cannot be used, in words for `check`. */
export function problemOf(error: unknown): string {
  switch (codeOf(error)) {
    case "ENOENT":
      return "the file is missing: create it";
    case "EACCES":
      return "the file cannot be read: give the user of Signalbox the right to";
    case "not_regular":
      return "this is not a regular file: put a plain file there";
    case "too_large":
      return `${error instanceof Error ? error.message : ""}: this cannot be configuration`;
    case "ERR_ENCODING_INVALID_ENCODED_DATA":
      return "the file is not UTF-8 text: save it as UTF-8";
    default:
      return `the file cannot be read (${codeOf(error)})`;
  }
}

export function readRegular(path: string, mostBytes: number): Buffer {
  return withRegular(path, mostBytes, (descriptor, size) => {
    const bytes = Buffer.allocUnsafe(size);
    let filled = 0;
    while (filled < bytes.length) {
      const got = readSync(descriptor, bytes, filled, bytes.length - filled, null);
      if (got === 0) break;
      filled += got;
    }
    return bytes.subarray(0, filled);
  });
}

const CHUNK = 1 << 20;

/** The bytes of a regular file, a part at a time; what `take` is given is only good until it returns. */
export function eachChunk(path: string, mostBytes: number, take: (chunk: Uint8Array) => void): void {
  withRegular(path, mostBytes, (descriptor, size) => {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, size));
    for (let left = size; left > 0; ) {
      const got = readSync(descriptor, buffer, 0, Math.min(buffer.length, left), null);
      if (got === 0) return;
      take(buffer.subarray(0, got));
      left -= got;
    }
  });
}

/** Opened without waiting, so that a named pipe cannot hold us; what was opened is what is judged. */
function withRegular<T>(path: string, mostBytes: number, use: (descriptor: number, size: number) => T): T {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile())
      throw Object.assign(new Error(`${path} is not a regular file`), { code: "not_regular" });
    const megabytes = Math.round(mostBytes / 1024 / 1024);
    if (stat.size > mostBytes)
      throw Object.assign(new Error(`the file is larger than ${megabytes} MB`), { code: "too_large" });
    return use(descriptor, stat.size);
  } finally {
    closeSync(descriptor);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/**
 * Aliases are refused: a small file of them can stand for gigabytes, and a tenant's file is easier to read without.
 * `__proto__` would be dropped silently further on.
 */
function parse(text: string, name: string, report: Report): unknown {
  if (text.includes("__proto__")) {
    report.error(name, [], "contains __proto__, which is no name: take it out");
    return undefined;
  }
  warnOfLostKeys(text, name, report);
  try {
    return load(text, { schema: FAILSAFE_SCHEMA, maxAliases: 0, maxDepth: 64 });
  } catch (error) {
    const mark = markOf(error, text);
    report.errors.push({
      file: name,
      path: [],
      message: syntaxProblem(error, name, text.split("\n")[mark?.line ?? -1] ?? ""),
      position:
        (isComplexKey(error) ? complexKeyIn(text) : null) ??
        (mark === undefined ? null : { line: mark.line + 1, column: mark.column + 1 }),
    });
    return undefined;
  }
}

/** The key # of a menu without quotes makes its line a comment, and the choice is not there. */
function warnOfLostKeys(text: string, name: string, report: Report): void {
  for (const { index } of text.matchAll(/^[ \t]*#[ \t]*:[ \t]*\{/gm)) {
    const line = text.slice(0, index).split("\n").length;
    const message = 'is a comment from the # on: the key # has to stand in quotes, as "#"';
    report.warnings.push({ file: name, path: [], message, position: { line, column: 1 } });
  }
}

function isComplexKey(error: unknown): boolean {
  return error instanceof YAMLException && error.reason.includes("complex keys");
}

/** Of a second document the parser gives the place of the first. */
function markOf(
  error: unknown,
  text: string,
): { readonly line: number; readonly column: number } | undefined {
  if (!(error instanceof YAMLException)) return undefined;
  if (!error.reason.includes("single document")) return error.mark;
  const lines = text.split("\n");
  const begun = lines.findIndex((line) => !/^(---|%|#|\s*$)/.test(line));
  return { line: lines.findIndex((line, at) => at > begun && /^(---|\.\.\.)/.test(line)), column: 0 };
}

function syntaxProblem(error: unknown, name: string, line: string): string {
  const reason = error instanceof YAMLException ? error.reason : String(error);
  if (reason === "duplicated mapping key") return "this key stands here twice: keep one of them";
  if (/alias/i.test(reason)) return "aliases (*name) are not read: write the value out";
  // The other two files have to be there.
  const removable = name.startsWith("tenants/") ? " or remove it" : "";
  if (reason.includes("input is empty")) return `the file is empty: fill it${removable}`;
  if (/unknown .*tag/.test(reason)) return "tags (!!int, !name) are not read: take it out";
  if (isComplexKey(error))
    return "a key is a list or a mapping here, as a name in brackets without quotes is: make it one word";
  if (reason.includes("deficient indentation"))
    return `this is not valid YAML: ${reason}, or a quote or bracket that was opened above is not closed`;
  if (reason.includes("single document"))
    return "a second document begins here (---): keep one in a file, each tenant in a file of its own";
  const star = /(^|[\s{,])\*\s*:/.test(line) ? '; the key * has to stand in quotes: "*"' : "";
  return `this is not valid YAML: ${reason}${star}`;
}
