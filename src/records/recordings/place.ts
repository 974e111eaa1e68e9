/**
 * Where a recording lies on disk, and no other place. A row is not believed about that: its file must be shaped like
 * one of its own client's, and every folder from the client's down is entered by its handle and must not be a symbolic
 * link, so that nobody who can write among the recordings can lead a purge, which runs as root, to another file. The
 * directory of recordings and the clients' folders are the operator's and may be links.
 */
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { isRecordingFile } from "../../core/recording/recording-file.ts";
import { messageOf } from "../../platform/errors.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

export class OutsideError extends Error {
  readonly code = "recording_outside";
}

/**
 * Lends the path of a recording for as long as `work` lasts, by the handle of its folder. Throws OutsideError, what the
 * file system throws (ENOENT, ENOTDIR, ELOOP for a link among the folders), and what `work` throws.
 */
export function withPlace<T>(
  directory: string,
  { file, tenant }: { readonly file: string; readonly tenant: string },
  work: (path: string) => T,
): T {
  if (!isRecordingFile(file, tenant)) throw new OutsideError(`${file} is no file of ${tenant}`);
  const folders = file.split("/");
  const name = folders.pop() ?? "";
  let folder = openSync(join(directory, tenant), O_RDONLY | O_DIRECTORY);
  try {
    for (const each of folders.slice(1)) {
      const inner = openSync(through(folder, each), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      closeSync(folder);
      folder = inner;
    }
    return work(through(folder, name));
  } finally {
    closeSync(folder);
  }
}

/** A handle of the file itself, which nothing that happens to its name can change; the caller closes it. */
export function openRecording(
  directory: string,
  recording: { readonly file: string; readonly tenant: string },
): number {
  // Without O_NONBLOCK a pipe that somebody has put there would hold the thread for ever.
  return withPlace(directory, recording, (path) => openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
}

/** Linux names what lies in an open folder like this, whatever becomes of the folder's own name. */
function through(handle: number, name: string): string {
  return `/proc/self/fd/${handle}/${name}`;
}

/** In words, why a recording cannot be had; null where it is simply not there. */
export function problemOf(error: unknown): string | null {
  const { code } = error as { code?: unknown };
  if (code === "ENOENT") return null;
  if (code === "EACCES" || code === "EPERM")
    return `you may not (${code}): be the node's user or a member of the folder's group`;
  if (code !== "ELOOP" && code !== "ENOTDIR" && code !== "recording_outside") return messageOf(error);
  return "it lies outside its client's folder, or something else than a file stands in its place";
}
