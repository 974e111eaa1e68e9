import { existsSync, readdirSync } from "node:fs";
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

export type Sounds = { readonly of: (tenant: string) => ReadonlyMap<string, SoundFile> };

/**
 * The prompts that exist in `directory`, tenant by tenant: `name`, or `language/name` for a translation, to what
 * Playback takes. A tenant sees its own folder and then `shared`, never another's. A missing directory is one
 * without prompts.
 */
export function findSounds(directory: string): Sounds {
  const shared = soundsIn(directory, "shared");
  const own = new Set(foldersIn(directory));
  return {
    of: (tenant) => (own.has(tenant) ? new Map([...shared, ...soundsIn(directory, tenant)]) : shared),
  };
}

function foldersIn(directory: string): string[] {
  return entriesOf(directory)
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => entry.name);
}

function soundsIn(directory: string, folder: string): Map<string, SoundFile> {
  const found = new Map<string, SoundFile>();
  for (const entry of entriesOf(join(directory, folder))) {
    const name = AUDIO.exec(entry.name)?.[1];
    if (name !== undefined) found.set(name, `signalbox/${folder}/${name}` as SoundFile);
    if (!LANGUAGE.test(entry.name) || entry.isFile()) continue;
    for (const translated of entriesOf(join(directory, folder, entry.name))) {
      const key = AUDIO.exec(translated.name)?.[1];
      if (key === undefined) continue;
      found.set(`${entry.name}/${key}`, `signalbox/${folder}/${entry.name}/${key}` as SoundFile);
    }
  }
  return found;
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
