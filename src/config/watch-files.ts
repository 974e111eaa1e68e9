import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
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
  const marksNow = async () => joinMarks(await marksOf(files()), await folderMarks(directory));
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
    const now = await marksNow();
    if (stopped) return;
    if (seen === null) seen = now;
    else if (now !== seen) touched();
  };
  void look();
  const poll = setInterval(() => void look(), POLL_MS);
  poll.unref();
  const watchers = foldersOf(directory).flatMap((folder) => watchFolder(folder, touched));
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

function foldersOf(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return [
      directory,
      ...entries
        .filter(
          (each) => each.isDirectory() || (each.isSymbolicLink() && leadsToFolder(directory, each.name)),
        )
        .map(({ name }) => join(directory, name)),
    ];
  } catch {
    return [directory];
  }
}

/** `tenants` may be a link, to a folder that several machines share for instance. */
function leadsToFolder(directory: string, link: string): boolean {
  try {
    return statSync(join(directory, link)).isDirectory();
  } catch {
    return false;
  }
}

/** Names, sizes and times of these files. */
export function marksOf(files: readonly string[]): Promise<readonly string[]> {
  return Promise.all(files.map(markOf));
}

/** Likewise of all files in a directory, one folder deep. */
export async function folderMarks(directory: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const folder of foldersOf(directory)) {
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
    const { mtimeMs, size, ino } = await stat(path);
    return `${path} ${mtimeMs} ${size} ${ino}`;
  } catch {
    return `${path} is gone`;
  }
}
