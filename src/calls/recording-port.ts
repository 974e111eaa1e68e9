/**
 * What others may know and do of recordings. A row says whose a file is, what is in it and how long it is kept; it is
 * made with the record of its call, completed by looking at the file, and stays when the file is deleted.
 */
import type { RecordingGap } from "../core/record/record.ts";
import type { RecordingPart } from "../core/recording/recording-file.ts";

/**
 * `begun`: the call is over, its file has not been looked at yet. `kept`: there is a file with sound in it. `empty`:
 * nobody answered, so nothing was recorded. `missing`: somebody did, and there is no file. `deleting`, `deleted`: its
 * time was over; `void` and `lost` where it had been empty or missing until then, and there was nothing to delete.
 */
export const recordingStates = [
  ...(["begun", "kept", "empty", "missing"] as const),
  ...(["deleting", "deleted", "void", "lost"] as const),
] as const;
export type RecordingState = (typeof recordingStates)[number];

/** Times are epoch milliseconds. */
export type StoredRecording = {
  /** Below the directory of recordings; its first part is the tenant. */
  readonly file: string;
  readonly call: string;
  /** Both sides in one file, or one of the two that are kept besides. */
  readonly part: RecordingPart;
  readonly tenant: string;
  readonly server: string;
  readonly direction: string;
  readonly did: string | null;
  readonly callBeganAt: number;
  readonly callEndedAt: number;
  readonly format: string;
  /** The notice that was to be played. */
  readonly notice: string | null;
  /** When it had been played; null: nobody saw that it was. */
  readonly noticedAt: number | null;
  /** Paused from here to there; null is the end of the call. */
  readonly gaps: readonly RecordingGap[];
  readonly state: RecordingState;
  readonly startedAt: number | null;
  readonly stoppedAt: number | null;
  readonly lengthMs: number | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  /** May be deleted from then on; null: never. */
  readonly keepUntil: number | null;
  readonly hold: { readonly at: number; readonly by: string; readonly why: string } | null;
  readonly deleted: { readonly at: number; readonly by: string } | null;
};

export type RecordingQuery = {
  readonly tenant?: string;
  readonly server?: string;
  readonly calls?: readonly string[];
  readonly states?: readonly RecordingState[];
  /** Of calls that began at or after, epoch milliseconds. */
  readonly since?: number;
  readonly until?: number;
  /** Only what may be deleted at this moment: its time is over and nobody holds it. */
  readonly dueAt?: number;
  readonly limit?: number;
};

/** The rows of recordings. Everything rejects with RecordError. */
export interface RecordingBook {
  /** By the time their calls began, oldest first. All in memory: for few. */
  list(query: RecordingQuery): Promise<readonly StoredRecording[]>;
  /** The same, a page at a time. What changes meanwhile is seen once or not at all, never twice. */
  pages(query: RecordingQuery): AsyncIterable<readonly StoredRecording[]>;
  /** What is known of these files; absent where nothing is. */
  statesOf(files: readonly string[]): Promise<ReadonlyMap<string, RecordingState>>;
  /** When the newest call that was to be recorded began, epoch milliseconds; null before there is any. */
  newest(): Promise<number | null>;
  /** Files of calls that are on, or whose record is on its way into the database. Only those of this node. */
  underWay(): Promise<ReadonlySet<string>>;
  /** False when there is no such recording, or it is deleted. */
  hold(
    file: string,
    hold: { readonly at: number; readonly by: string; readonly why: string },
  ): Promise<boolean>;
  release(file: string): Promise<boolean>;
  /** Keeps these until so many milliseconds after their calls' ends. */
  keepFor(files: readonly string[], ms: number): Promise<void>;
  /** Claims a recording for deletion; false when it is held, not due any more, or claimed by another. */
  claim(file: string, now: number): Promise<boolean>;
  /** What was claimed is deleted, or stays as it was, unless another process has settled it. */
  settle(
    file: string,
    as: { readonly deletedAt: number; readonly by: string } | { readonly stays: RecordingState },
  ): Promise<void>;
  close(): Promise<void>;
}
