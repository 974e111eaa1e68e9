import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { SignalboxError } from "./errors.ts";

/**
 * Makes the folder, and those above it that are missing, unless it is there; it can be written to afterwards. Throws
 * SignalboxError `folder_refused`.
 *
 * mkdir's own `recursive` never returns below /proc, where a folder is refused as if the one above it were missing
 * (Node 24).
 */
export function makeFolder(path: string, mode = 0o750): void {
  try {
    makeEach(path, mode);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const todo = "name another folder, or let this user write there";
    throw new SignalboxError("folder_refused", `${path} cannot be written to (${code}): ${todo}`, error);
  }
}

function makeEach(path: string, mode: number): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(path) !== path) makeEach(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Somebody else was quicker.
    const isThere = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    if (!isThere) throw error;
  }
}
