/**
 * Completes the rows of recordings by looking at their files: how long, how large, which checksum, or that there is
 * none. It runs on the node beside the switch, in a thread of its own, and never touches a file.
 */
import type { RecordingState } from "../../calls/recording-port.ts";
import type { RecordingGap } from "../../core/record/record.ts";
import type { Database, RecordingRow } from "../tables.ts";
import { changeRecording } from "./change.ts";
import { lookAtFile, type SeenFile } from "./file.ts";

export type Examination = {
  readonly database: Database;
  /** Absolute. */
  readonly directory: string;
  /** Switches on this machine: what is not on its disk is nowhere. Files of others are looked at where they are found. */
  readonly beside: readonly string[];
  /** How long after the end of its call a file may still appear. */
  readonly missingMs: number;
};

export type Examined = {
  readonly file: string;
  readonly call: string;
  readonly tenant: string;
  readonly state: RecordingState;
  /** True for one that had been missing. */
  readonly cameBack?: boolean;
};

/** A file that cannot be looked at, and why. */
export type Unseen = { readonly file: string; readonly code: string };

/** Asterisk closes the file within moments of the hangup. */
const REST_MS = 1000;
const MOST = 200;
const LOOK_BACK_MS = 86_400_000;

const DUE = [
  "file",
  "call_id",
  "part",
  "tenant",
  "answered",
  "call_ended_at",
  "gaps",
  "state",
] as const satisfies readonly (keyof RecordingRow)[];

type Due = Pick<RecordingRow, (typeof DUE)[number]>;

/** Looks at what is due; what cannot be told yet stays for the next time. */
export async function examine(
  work: Examination,
  now: number,
): Promise<{ readonly examined: readonly Examined[]; readonly unseen: readonly Unseen[] }> {
  const examined: Examined[] = [];
  const unseen: Unseen[] = [];
  for (const { due, beside } of await dueRows(work, now)) {
    for (const row of due) {
      const seen = look(work.directory, row);
      if (typeof seen === "string" && seen !== "ENOENT") unseen.push({ file: row.file, code: seen });
      else {
        const state = stateOf(row, seen, { now, beside, missingMs: work.missingMs });
        if (state === null) continue;
        const found = { state, seen: typeof seen === "string" ? null : seen, now };
        if (!(await complete(work.database, row, found))) continue;
        examined.push({ file: row.file, call: row.call_id, tenant: row.tenant, state });
      }
    }
  }
  return { examined, unseen };
}

/**
 * Looks for some of the files that were missing, those of calls that ended after `after`: a disk that was not mounted
 * comes back with them. Gives where to go on, null when all were looked for.
 */
export async function examineMissing(
  work: Examination,
  now: number,
  after: number,
): Promise<{ readonly examined: readonly Examined[]; readonly next: number | null }> {
  const { database, directory, beside } = work;
  const rows = await database.db
    .selectFrom("recordings")
    .select(DUE)
    .where("state", "=", "missing")
    .where("server", "in", beside.length === 0 ? [""] : [...beside])
    .where("call_ended_at", ">", after)
    .orderBy("call_ended_at")
    .limit(MOST)
    .execute();
  const examined: Examined[] = [];
  for (const row of rows) {
    const seen = look(directory, row);
    if (typeof seen === "string") continue;
    const state = stateOf(row, seen, { now, beside: true, missingMs: work.missingMs });
    if (state === null || !(await complete(database, row, { state, seen, now }))) continue;
    examined.push({ file: row.file, call: row.call_id, tenant: row.tenant, state, cameBack: true });
  }
  return { examined, next: rows.length < MOST ? null : (rows.at(-1)?.call_ended_at ?? null) };
}

async function dueRows(
  { database: { db }, beside }: Examination,
  now: number,
): Promise<readonly { readonly due: readonly Due[]; readonly beside: boolean }[]> {
  const begun = db
    .selectFrom("recordings")
    .select(DUE)
    .where("state", "=", "begun")
    .where("call_ended_at", "<=", now - REST_MS)
    .orderBy("call_ended_at")
    .limit(MOST);
  // Nobody's own server is called this, and an empty list is no list in either database.
  const names = beside.length === 0 ? [""] : [...beside];
  const own = await begun.where("server", "in", names).execute();
  const others = await begun
    .where("server", "not in", names)
    .where("call_ended_at", ">", now - LOOK_BACK_MS)
    .execute();
  return [
    { due: own, beside: true },
    { due: others, beside: false },
  ];
}

function look(directory: string, row: Due): SeenFile | string {
  try {
    return lookAtFile(directory, row);
  } catch (error) {
    return String((error as { code?: unknown }).code ?? "unknown");
  }
}

/** Null: it cannot be told yet. */
function stateOf(
  row: Due,
  seen: SeenFile | string,
  { now, beside, missingMs }: { now: number; beside: boolean; missingMs: number },
): RecordingState | null {
  if (typeof seen === "string") {
    if (!beside || now - row.call_ended_at < missingMs) return null;
    return row.answered === 1 ? "missing" : "empty";
  }
  // A clock that was set back since leaves files of the future: they are as much at rest as any.
  if (!seen.atRest || Math.abs(now - seen.writtenAt) < REST_MS) return null;
  // Of a call that somebody answered, silence is what was said.
  return row.answered === 1 || seen.lengthMs > 0 ? "kept" : "empty";
}

/** False: another has looked at it since, and what that one saw stays. */
function complete(
  database: Database,
  due: Due,
  { state, seen, now }: { state: RecordingState; seen: SeenFile | null; now: number },
): Promise<boolean> {
  const gaps = JSON.parse(due.gaps) as readonly RecordingGap[];
  const sound = state === "kept" ? seen : null;
  return changeRecording(database, due.file, {
    to: (row) =>
      row.state !== due.state
        ? null
        : {
            state,
            started_at: sound === null ? null : beginning(sound, gaps),
            stopped_at: sound?.writtenAt ?? null,
            length_ms: seen?.lengthMs ?? null,
            bytes: seen?.bytes ?? 0,
            sha256: seen?.sha256 ?? null,
            // Nothing of it is worth keeping, so the next purge may take what there is.
            ...(state === "empty" ? { keep_until: now } : {}),
          },
    also: async ({ db }, row) => {
      // The call names the file that has both sides in it.
      if (row.part !== "mixed") return;
      const call = db
        .updateTable("calls")
        .set({ recording: sound === null ? null : row.file })
        .where("call_id", "=", row.call_id)
        .where("tenant", "=", row.tenant);
      // What has no sound takes nothing from another file of the call that has.
      await (sound === null ? call.where("recording", "=", row.file) : call).execute();
    },
  });
}

/** The file says when it ended and how long it is; a pause that left it shorter began after its beginning. */
function beginning({ writtenAt, lengthMs }: SeenFile, gaps: readonly RecordingGap[]): number {
  return Math.min(writtenAt - lengthMs, ...gaps.map(({ from }) => from));
}
