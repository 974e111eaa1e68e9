/**
 * Completes the rows of recordings by looking at their files: how long, how large, which checksum, or that there is
 * none. It runs on the node beside the switch, in a thread of its own, and never touches a file.
 */
import { sql } from "kysely";
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

/** Behind which row a look goes on. */
export type Place = { readonly endedAt: number; readonly file: string };

/** Of recordings on this machine and on others'; null: at the oldest. */
export type Places = { readonly own: Place | null; readonly others: Place | null };

const FIRST: Places = { own: null, others: null };

/** Asterisk closes the file within moments of the hangup. */
const REST_MS = 1000;
const MOST = 200;
/** Rows that a look passes over at most, since of their files nothing can be told yet: the next look goes on there. */
const MOST_PASSED = 600;
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

/**
 * Looks at what is due; what cannot be told yet stays for the next time. What lies behind it is looked at all the same:
 * some files can never be read, and of a call that nobody answered no file says so on another machine's disk.
 */
export async function examine(
  work: Examination,
  now: number,
  from: Places = FIRST,
): Promise<{
  readonly examined: readonly Examined[];
  readonly unseen: readonly Unseen[];
  readonly next: Places;
}> {
  const own = await examineSome(work, now, { beside: true, after: from.own });
  const others = await examineSome(work, now, { beside: false, after: from.others });
  return {
    examined: [...own.examined, ...others.examined],
    unseen: [...own.unseen, ...others.unseen],
    next: { own: own.next, others: others.next },
  };
}

async function examineSome(
  work: Examination,
  now: number,
  { beside, after }: { readonly beside: boolean; readonly after: Place | null },
): Promise<{ readonly examined: Examined[]; readonly unseen: Unseen[]; readonly next: Place | null }> {
  const examined: Examined[] = [];
  const unseen: Unseen[] = [];
  let next = after;
  for (let passed = 0; passed < MOST_PASSED && examined.length < MOST; passed += MOST) {
    const page = await dueRows(work, now, { beside, after: next });
    for (const row of page) {
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
    next = endOf(page);
    if (next === null) break;
  }
  return { examined, unseen, next };
}

/** Null where no page comes after this one. */
function endOf(page: readonly Due[]): Place | null {
  const last = page.at(-1);
  return last === undefined || page.length < MOST ? null : { endedAt: last.call_ended_at, file: last.file };
}

/**
 * Looks for some of the files that were missing, those behind `after`: a disk that was not mounted comes back with them.
 * Gives where to go on, null when all were looked for.
 */
export async function examineMissing(
  work: Examination,
  now: number,
  after: Place | null,
): Promise<{ readonly examined: readonly Examined[]; readonly next: Place | null }> {
  const { database, directory } = work;
  const rows = await pageOf(work, "missing", after).where("server", "in", namesOf(work)).execute();
  const examined: Examined[] = [];
  for (const row of rows) {
    const seen = look(directory, row);
    if (typeof seen === "string") continue;
    const state = stateOf(row, seen, { now, beside: true, missingMs: work.missingMs });
    if (state === null || !(await complete(database, row, { state, seen, now }))) continue;
    examined.push({ file: row.file, call: row.call_id, tenant: row.tenant, state, cameBack: true });
  }
  return { examined, next: endOf(rows) };
}

function dueRows(
  work: Examination,
  now: number,
  { beside, after }: { readonly beside: boolean; readonly after: Place | null },
): Promise<Due[]> {
  const begun = pageOf(work, "begun", after).where("call_ended_at", "<=", now - REST_MS);
  const rows = beside
    ? begun.where("server", "in", namesOf(work))
    : begun.where("server", "not in", namesOf(work)).where("call_ended_at", ">", now - LOOK_BACK_MS);
  return rows.execute();
}

function pageOf({ database: { db } }: Examination, state: RecordingState, after: Place | null) {
  const rows = db
    .selectFrom("recordings")
    .select(DUE)
    .where("state", "=", state)
    .orderBy("call_ended_at")
    .orderBy("file")
    .limit(MOST);
  if (after === null) return rows;
  // Files of one call have one end.
  const { endedAt: at, file } = after;
  return rows
    .where("call_ended_at", ">=", at)
    .where(sql<boolean>`not (call_ended_at = ${at} and file <= ${file})`);
}

/** Nobody's own server is called this, and an empty list is no list in either database. */
function namesOf({ beside }: Examination): readonly string[] {
  return beside.length === 0 ? [""] : beside;
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
