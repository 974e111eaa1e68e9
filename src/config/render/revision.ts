import { createHash } from "node:crypto";

/** Names a content, so that a switch that still runs on yesterday's files can be told from one that does not. */
export function contentRevision(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
