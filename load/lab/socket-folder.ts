import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

// A Unix socket's whole path must stay under 108 bytes; the longest name put in here has 12.
const LONGEST = 90;

/**
 * An empty folder for control sockets and pid files: `run` in the private folder, or one under the
 * temporary folder when that path would be too long. The caller removes it with the server's end.
 */
export async function socketFolder(folder: string): Promise<string> {
  const near = join(folder, "run");
  if (Buffer.byteLength(near) > LONGEST) return mkdtemp(join(tmpdir(), "sb-run-"));
  await rm(near, { recursive: true, force: true });
  await mkdir(near, { recursive: true });
  return near;
}
