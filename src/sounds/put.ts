import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { SignalboxError } from "../platform/errors.ts";

const PROMPT = /^([a-z]{2,3}(_[A-Z]{2})?\/)?[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** True for `welcome` and `es/welcome`. */
export function isPromptName(name: string): boolean {
  return PROMPT.test(name);
}

/**
 * Puts a prompt into `directory`/`folder`/`name`.wav, whole or not at all; false when the same bytes were there. A
 * folder that is a link to somewhere else is refused with `prompt_outside`.
 */
export function putPrompt(directory: string, folder: string, name: string, bytes: Uint8Array): boolean {
  if (!isPromptName(name)) throw new SignalboxError("prompt_name", `"${name}" is no name of a prompt`);
  const place = ownFolder(directory, folder);
  const own = name.includes("/") ? ownFolder(place, dirname(name)) : place;
  const target = join(own, `${basename(name)}.wav`);
  if (sameBytes(target, bytes)) return false;
  const beside = join(own, `.${randomUUID()}.new`);
  try {
    const file = openSync(beside, "wx", 0o644);
    try {
      writeSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  return true;
}

/** Made when it is missing. */
function ownFolder(directory: string, name: string): string {
  const path = join(realpathSync(directory), name);
  mkdirSync(path, { recursive: true });
  const real = realpathSync(path);
  if (real === path) return path;
  throw new SignalboxError("prompt_outside", `${path} leads to ${real}: make it a folder of its own`);
}

function sameBytes(path: string, bytes: Uint8Array): boolean {
  try {
    return readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}

/** The folder of `directory` that a file lies in, links followed: a tenant or `shared`; null when it lies elsewhere. */
export function folderOf(directory: string, file: string): string | null {
  const inside = relative(realpathSync(directory), realpathSync(file));
  const [folder = ""] = inside.split(sep);
  return folder === ".." || inside === "" ? null : folder;
}
