import { type FSWatcher, watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export type FileWatch = { readonly stop: () => void };

/** A directory with its folders, and single files anywhere, which may be others at any time. */
export type Watched = { readonly directory: string; readonly files: () => readonly string[] };

/** An editor writes in several strokes; a deployment writes several files. */
const QUIET_MS = 500;
/** Network file systems tell nobody of changes made elsewhere, and of files outside of the directory nobody is told. */
const POLL_MS = 5000;

/**
 * Calls `onChange` when a file in `directory` or in one of its folders has changed, or one of `files`, and nothing has for
 * half a second. `before` are the marks of when it was last read: what changed since then is found too. Never throws: what
 * cannot be watched is found by looking every five seconds.
 */
export function watchFiles(
  { directory, files }: Watched,
  onChange: () => void,
  before: string | null = null,
): FileWatch {
  let quiet: NodeJS.Timeout | null = null;
  let seen = before;
  let stopped = false;
  let looking = false;
  const watchers: FSWatcher[] = [];
  const marksNow = async () => {
    const marks = await folderMarks(directory);
    return joinMarks(await marksOf(files()), marks);
  };
  const settled = async () => {
    const now = await marksNow();
    if (stopped || now === seen) return;
    seen = now;
    onChange();
  };
  const touched = () => {
    if (quiet !== null) clearTimeout(quiet);
    quiet = setTimeout(() => void settled(), QUIET_MS);
  };
  const look = async () => {
    // One look at a time: behind a file server that hangs they would gather without end.
    if (looking) return;
    looking = true;
    const now = await marksNow();
    looking = false;
    if (stopped) return;
    if (seen === null) seen = now;
    else if (now !== seen) touched();
  };
  void look();
  const poll = setInterval(() => void look(), POLL_MS);
  poll.unref();
  void foldersOf(directory).then((folders) => {
    if (!stopped) watchers.push(...folders.flatMap((folder) => watchFolder(folder, touched)));
  });
  return {
    stop() {
      stopped = true;
      clearInterval(poll);
      if (quiet !== null) clearTimeout(quiet);
      for (const watcher of watchers) watcher.close();
    },
  };
}

function watchFolder(folder: string, touched: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, touched);
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}

/** Never in the thread that decides: several machines may share the directory, and its file server may hang. */
async function foldersOf(directory: string): Promise<string[]> {
  const folders = [directory];
  for (const each of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, each.name);
    if (each.isDirectory() || (each.isSymbolicLink() && (await leadsToFolder(path)))) folders.push(path);
  }
  return folders;
}

/** `tenants` may be a link, to a folder that several machines share for instance. */
function leadsToFolder(link: string): Promise<boolean> {
  return stat(link).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Asking for thousands at one time would hold up who decides for tens of milliseconds. */
const FILES_AT_ONCE = 32;

/** Names, sizes and times of these files. */
export async function marksOf(files: readonly string[]): Promise<readonly string[]> {
  const marks: string[] = [];
  for (let at = 0; at < files.length; at += FILES_AT_ONCE)
    marks.push(...(await Promise.all(files.slice(at, at + FILES_AT_ONCE).map(markOf))));
  return marks;
}

/** Likewise of all files in a directory, one folder deep. */
export async function folderMarks(directory: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const folder of await foldersOf(directory)) {
    const names = await readdir(folder).catch(() => []);
    lines.push(...(await marksOf(names.sort().map((name) => join(folder, name)))));
  }
  return lines;
}

/** Of the files named besides, and of the directory, as `watchFiles` compares them. */
export function joinMarks(files: readonly string[], directory: readonly string[]): string {
  return [...files, ...directory].join("\n");
}

async function markOf(path: string): Promise<string> {
  try {
    // Not when it was written: a file that could not be read is mended by its rights alone.
    const { ctimeMs, size, ino } = await stat(path);
    return `${path} ${ctimeMs} ${size} ${ino}`;
  } catch {
    return `${path} is gone`;
  }
}
