import { type Dirent, existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { SoundFile } from "../core/routing/plan.ts";

const AUDIO = /^([A-Za-z0-9][A-Za-z0-9_-]{0,63})\.(wav|ulaw|alaw|gsm|sln)$/;
const LANGUAGE = /^[a-z]{2,3}(_[A-Z]{2})?$/;

const SHIPPED = join(import.meta.dirname, "../../sounds");

/**
 * The folder of prompts of the configuration in `directory`: `sounds` beside it, and where there is none the one that
 * comes with Signalbox. Asterisk has to find the same one.
 */
export function soundsFolder(directory: string): string {
  const beside = soundsBeside(directory);
  return existsSync(beside) ? beside : SHIPPED;
}

/** Where a configuration's own prompts belong, whether or not there are any yet. */
export function soundsBeside(directory: string): string {
  return join(dirname(resolve(directory)), "sounds");
}

export type Sounds = {
  readonly of: (tenant: string) => ReadonlyMap<string, SoundFile>;
  /** Absolute paths of the folders that were looked into, there or not. */
  readonly folders: readonly string[];
};

/**
 * The prompts that exist in `directory`, tenant by tenant: `name`, or `language/name` for a translation, to what
 * Playback takes. A tenant sees its own folder and then `shared`, never another's. A missing directory is one
 * without prompts.
 */
export function findSounds(directory: string): Sounds {
  const folders = [resolve(directory)];
  const shared = soundsIn(directory, "shared", folders);
  const own = new Set(foldersIn(directory));
  return {
    folders,
    of: (tenant) =>
      own.has(tenant) ? new Map([...shared, ...soundsIn(directory, tenant, folders)]) : shared,
  };
}

function foldersIn(directory: string): string[] {
  return entriesOf(directory)
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => entry.name);
}

function soundsIn(directory: string, folder: string, folders: string[]): Map<string, SoundFile> {
  const found = new Map<string, SoundFile>();
  const languages = entriesOf(join(directory, folder)).filter(
    (entry) => LANGUAGE.test(entry.name) && !entry.isFile(),
  );
  for (const within of ["", ...languages.map(({ name }) => `${name}/`)]) {
    const path = join(directory, folder, within);
    folders.push(resolve(path));
    for (const entry of entriesOf(path)) {
      const name = AUDIO.exec(entry.name)?.[1];
      if (name === undefined || !isFile(entry, path)) continue;
      found.set(`${within}${name}`, `signalbox/${folder}/${within}${name}` as SoundFile);
    }
  }
  return found;
}

/** A link that leads nowhere is no prompt. */
function isFile(entry: Dirent, folder: string): boolean {
  return entry.isFile() || (entry.isSymbolicLink() && existsSync(join(folder, entry.name)));
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
