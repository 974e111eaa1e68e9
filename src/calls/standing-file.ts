/** The file in which a node keeps its standing orders: read as a whole, written as a whole, never left half written. */
import { readFileSync } from "node:fs";
import { link, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../platform/errors.ts";
import { type Entries, readEntries } from "./standing-entries.ts";
import { StandingError } from "./standing-port.ts";

/** Where a node with this `--var` keeps what staff have ordered. */
export function standingFile(variables: string): string {
  return join(variables, "conditions.json");
}

/** What the file holds; nothing when there is none. Throws StandingError `standing_unreadable`. */
export function readStandingFile(file: string): Entries {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
    throw unreadable(file, messageOf(error), error);
  }
  try {
    const read = readEntries(JSON.parse(text));
    if ("entries" in read) return read.entries;
    throw unreadable(file, read.problem, null);
  } catch (error) {
    throw error instanceof StandingError ? error : unreadable(file, messageOf(error), error);
  }
}

/** Replaces the file; the one before it stays as `FILE.bak`. Rejects with StandingError `standing_not_kept`. */
export async function writeStandingFile(file: string, entries: Entries): Promise<void> {
  const [fresh, last] = [`${file}.new`, `${file}.bak`];
  try {
    const handle = await open(fresh, "w", 0o640);
    try {
      await handle.writeFile(`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rm(last, { force: true });
    // A link and not a rename: at no moment is there no file.
    await link(file, last).catch(unlessAbsent);
    await rename(fresh, file);
    await syncFolder(dirname(file));
  } catch (error) {
    const says = `${file} cannot be written (${messageOf(error)}): nothing was changed; make room or mend the rights, and repeat it`;
    throw new StandingError("standing_not_kept", says, error);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unlessAbsent(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}

function unreadable(file: string, problem: string, cause: unknown): StandingError {
  const { code } = (cause ?? {}) as { code?: unknown };
  const todo =
    code === "EACCES" || code === "EPERM"
      ? "be the node's user or a member of its group"
      : `mend it, or put ${file}.bak in its place, which is how it was before the last change`;
  const says = `${file} cannot be read (${problem}): ${todo}; without it no line is opened or closed by hand and no client is suspended`;
  return new StandingError("standing_unreadable", says, cause);
}
