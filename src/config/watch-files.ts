import { type FSWatcher, readdirSync, watch } from "node:fs";
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
 * half a second. Never throws: what cannot be watched is found by looking every five seconds.
 */
export function watchFiles({ directory, files }: Watched, onChange: () => void): FileWatch {
  let quiet: NodeJS.Timeout | null = null;
  let seen: string | null = null;
  let stopped = false;
  const settled = async () => {
    const now = await fingerprint(directory, files());
    if (stopped || now === seen) return;
    seen = now;
    onChange();
  };
  const touched = () => {
    if (quiet !== null) clearTimeout(quiet);
    quiet = setTimeout(() => void settled(), QUIET_MS);
  };
  const look = async () => {
    const now = await fingerprint(directory, files());
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
      ...entries.filter((each) => each.isDirectory()).map(({ name }) => join(directory, name)),
    ];
  } catch {
    return [directory];
  }
}

/** Names, sizes and times of all files, one folder deep, and of those named besides. */
async function fingerprint(directory: string, files: readonly string[]): Promise<string> {
  const lines: string[] = await Promise.all(files.map(markOf));
  for (const folder of foldersOf(directory)) {
    const names = await readdir(folder).catch(() => []);
    const marks = await Promise.all(names.sort().map((name) => markOf(join(folder, name))));
    lines.push(...marks);
  }
  return lines.join("\n");
}

async function markOf(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${path} ${mtimeMs} ${size} ${ino}`;
  } catch {
    return `${path} is gone`;
  }
}
