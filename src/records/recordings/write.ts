import { sql } from "kysely";
import { effectiveSteps } from "../../core/record/derive.ts";
import { reachedSomebody } from "../../core/record/outcome.ts";
import type { StampedCall } from "../../core/record/record.ts";
import { isRecordingFile, partFile, partsOf } from "../../core/recording/recording-file.ts";
import type { RecordingRow, Writer } from "../tables.ts";

const DAY_MS = 86_400_000;

/** What a call that is told again may change; what was seen of the file stays. */
const OF_THE_CALL = ["answered", "call_began_at", "call_ended_at", "noticed_at", "gaps"] as const;

/**
 * Writes the rows of those calls that were to be recorded. MUST run in the transaction that stores the calls. A file
 * that is not below its tenant's own folder is no recording of this call.
 */
export async function writeRecordings(
  { db, dialect }: Writer,
  calls: readonly (StampedCall | null)[],
): Promise<void> {
  const rows = calls.flatMap((call) => (call === null ? [] : rowsOf(call)));
  if (rows.length === 0) return;
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
  if (recorded === null || !isRecordingFile(recorded.file, stamp.tenant)) return [];
  const { keepDays } = recorded;
  return partsOf(recorded).map((part) => {
    return {
      file: partFile(recorded.file, part),
      call_id: call.call,
      part,
      tenant: stamp.tenant,
      server: call.server,
      direction: call.direction,
      did: call.did,
      answered: wasAnswered(call) ? 1 : 0,
      call_began_at: call.startedAt,
      call_ended_at: call.endedAt,
      format: recorded.format,
      notice: recorded.notice,
      noticed_at: recorded.noticedAt,
      gaps: JSON.stringify(recorded.gaps),
      state: "begun",
      ...UNSEEN,
      keep_until: keepDays === null ? null : call.endedAt + keepDays * DAY_MS,
    };
  });
}

/** A call whose end nobody told may have been answered before: then it has a file, or one is missing. */
function wasAnswered(call: StampedCall): boolean {
  if (call.outcome !== "unknown_end") return call.outcome === "answered";
  return reachedSomebody({ ...call, steps: effectiveSteps(call.facts) });
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
