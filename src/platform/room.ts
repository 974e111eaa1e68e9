import type { StatsFs } from "node:fs";

export type Room = Pick<StatsFs, "bavail" | "blocks" | "bsize" | "files" | "ffree">;

const LEAST_SHARE = 0.05;
/** Of a large disk: the recordings of a hundred calls at a time take so much in three hours and a half. */
const ENOUGH_BYTES = 20e9;

/** What a disk is as good as out of: its bytes or its files, of which some file systems have a fixed number. */
export function lackOf({ bavail, blocks, bsize, files, ffree }: Room): "bytes" | "files" | null {
  if (files > 0 && ffree / files < LEAST_SHARE) return "files";
  return bavail < blocks * LEAST_SHARE && bavail * bsize < ENOUGH_BYTES ? "bytes" : null;
}
