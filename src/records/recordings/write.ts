import { sql } from "kysely";
import { completed } from "../../core/record/cdr.ts";
import { effectiveSteps } from "../../core/record/derive.ts";
import { reachedSomebody } from "../../core/record/outcome.ts";
import { withOverheard } from "../../core/record/overheard.ts";
import type { StampedCall, StepNote } from "../../core/record/record.ts";
import { brokeOffNotice, recordedFiles } from "../../core/record/recorded.ts";
import { isRecordingFile } from "../../core/recording/recording-file.ts";
import { addRecording, type CountChanges } from "../counts.ts";
import type { RecordingRow, Writer } from "../tables.ts";

const DAY_MS = 86_400_000;

/** What a call that is told again may change; what was seen of the file stays, but where that was too early. */
const OF_THE_CALL = ["answered", "call_began_at", "call_ended_at", "noticed_at", "gaps"] as const;

const COUNTED = ["tenant", "call_began_at", "state", "part", "length_ms", "bytes"] as const;

/**
 * Writes the rows of those calls that were to be recorded, and notes in `changes` what that makes of their sums. MUST
 * run in the transaction that stores the calls and writes the changes. A file that is not below its tenant's own folder
 * is no recording of this call.
 */
export async function writeRecordings(
  writer: Writer,
  calls: readonly (StampedCall | null)[],
  changes: CountChanges,
): Promise<void> {
  const rows = new Map<string, RecordingRow>();
  for (const row of calls.flatMap((call) => (call === null ? [] : rowsOf(call)))) {
    const first = rows.get(row.file);
    rows.set(row.file, first === undefined ? row : { ...first, ...pick(row) });
  }
  if (rows.size === 0) return;
  const known = await lockRows(writer, [...rows.keys()].sort());
  const fresh: RecordingRow[] = [];
  const told: RecordingRow[] = [];
  const early: (UnseenAgain & { readonly file: string })[] = [];
  for (const row of rows.values()) {
    const before = known.get(row.file);
    (before === undefined ? fresh : told).push(row);
    if (before !== undefined) addRecording(changes, before, -1);
    const again = before === undefined ? null : unseenAgain(before, row);
    if (again !== null) early.push({ file: row.file, ...again });
    addRecording(changes, before === undefined ? row : { ...before, ...pick(row), ...again }, 1);
  }
  // One that another node has stored meanwhile is refused as stored already; tried again, it is known.
  if (fresh.length > 0) await writer.db.insertInto("recordings").values(fresh).execute();
  if (told.length > 0) await update(writer, told);
  for (const { file, ...again } of early)
    await writer.db.updateTable("recordings").set(again).where("file", "=", file).execute();
}

type UnseenAgain = Pick<
  RecordingRow,
  "state" | "started_at" | "stopped_at" | "length_ms" | "bytes" | "sha256" | "keep_until"
>;

/**
 * What the row becomes where its file was looked at too early, so that it is looked at once more; null for any other. A
 * call that was closed unheard may go on, and its file with it; one of which nobody knew that it was answered may be
 * told to have been.
 */
function unseenAgain(before: KnownRow, row: RecordingRow): UnseenAgain | null {
  const { state } = before;
  if (state !== "kept" && state !== "empty" && state !== "missing") return null;
  const wasAnswered = state === "empty" && row.answered > before.answered;
  if (row.call_ended_at <= before.call_ended_at && !wasAnswered) return null;
  const { started_at, stopped_at, length_ms, bytes, sha256 } = UNSEEN;
  // What was empty was to go with the next purge.
  const { keep_until } = state === "empty" ? row : before;
  return { state: "begun", started_at, stopped_at, length_ms, bytes, sha256, keep_until };
}

const KNOWN = [...COUNTED, "call_ended_at", "answered", "keep_until"] as const;
type KnownRow = Pick<RecordingRow, (typeof KNOWN)[number]>;

function pick(row: RecordingRow): Pick<RecordingRow, (typeof OF_THE_CALL)[number]> {
  const { answered, call_began_at, call_ended_at, noticed_at, gaps } = row;
  return { answered, call_began_at, call_ended_at, noticed_at, gaps };
}

/** What there is under these names, locked on MySQL; on SQLite whoever stores calls is alone. */
async function lockRows(
  { db, dialect }: Writer,
  files: readonly string[],
): Promise<ReadonlyMap<string, KnownRow>> {
  let select = db
    .selectFrom("recordings")
    .select(["file", ...KNOWN])
    .where("file", "in", files);
  if (dialect === "mysql") select = select.forUpdate();
  return new Map((await select.execute()).map(({ file, ...row }) => [file, row]));
}

async function update({ db, dialect }: Writer, rows: readonly RecordingRow[]): Promise<void> {
  const insert = db.insertInto("recordings").values(rows);
  if (dialect === "mysql") {
    // The row alias that would say this better is MySQL's alone; MariaDB knows only values().
    const changed = OF_THE_CALL.map((column) => [column, sql`values(${sql.ref(column)})`]);
    await insert.onDuplicateKeyUpdate(Object.fromEntries(changed)).execute();
    return;
  }
  await insert
    .onConflict((conflict) =>
      conflict
        .column("file")
        .doUpdateSet(({ ref }) =>
          Object.fromEntries(OF_THE_CALL.map((column) => [column, ref(`excluded.${column}`)])),
        ),
    )
    .execute();
}

function rowsOf(call: StampedCall): RecordingRow[] {
  const { recorded, stamp } = call;
  if (recorded === null) return [];
  const files = recordedFiles(effectiveSteps(call.facts));
  return files.flatMap(({ file, part, recording, sure }) => {
    if (!isRecordingFile(file, stamp.tenant)) return [];
    const { format, notice, keepDays } = recording;
    return {
      file,
      call_id: call.call,
      part,
      tenant: stamp.tenant,
      server: call.server,
      direction: call.direction,
      did: call.did,
      // Of several names that there may be a file under, none is missed.
      answered: sure && wasAnswered(call) && !brokeOffNotice(call.facts) ? 1 : 0,
      call_began_at: call.startedAt,
      call_ended_at: call.endedAt,
      format,
      notice,
      noticed_at: recorded.noticedAt,
      gaps: JSON.stringify(recorded.gaps),
      state: "begun",
      ...UNSEEN,
      keep_until: keepDays === null ? null : call.endedAt + keepDays * DAY_MS,
    };
  });
}

/**
 * Whether somebody answered where it was to be recorded: then there is a file, or one is missing. A call whose end nobody
 * told may have been; one that a mailbox took was not, since nothing of a message is recorded.
 */
function wasAnswered(call: StampedCall): boolean {
  if (call.outcome !== "answered" && call.outcome !== "unknown_end") return false;
  const steps = effectiveSteps(call.facts).map(
    (step): StepNote => (step.does === "voicemail" ? { ...step, does: "hangup" } : step),
  );
  return reachedSomebody({ ...call, facts: completed(withOverheard(call.facts)), steps });
}

const UNSEEN = {
  started_at: null,
  stopped_at: null,
  length_ms: null,
  bytes: null,
  sha256: null,
  held_at: null,
  held_by: null,
  held_why: null,
  deleted_at: null,
  deleted_by: null,
};
