import type { RecordingState } from "../../calls/recording-port.ts";
import { addRecording, noChanges, writeChanges } from "../counts.ts";
import { triedAgain } from "../mysql/again.ts";
import type { Database, RecordingRow, Writer } from "../tables.ts";

export type RecordingChange = {
  /** What of the row is to be another, by what it is once nobody else can change it; null: nothing. */
  readonly to: (row: RecordingRow) => Partial<RecordingRow> | null;
  /** What goes with it. */
  readonly also?: (writer: Writer, row: RecordingRow) => Promise<void>;
};

/** Changes one row of recordings, and their sums with it. False when there is none, or nothing of it is to change. */
export function changeRecording(
  { db, dialect }: Database,
  file: string,
  change: RecordingChange,
): Promise<boolean> {
  return triedAgain(() =>
    db.transaction().execute((transaction) => changeRow({ db: transaction, dialect }, file, change)),
  );
}

/** The same within a transaction. */
export async function changeRow(
  writer: Writer,
  file: string,
  { to, also }: RecordingChange,
): Promise<boolean> {
  const ours = writer.db.updateTable("recordings").where("file", "=", file);
  // The row is locked before it is read. On SQLite only a write keeps the others out, and only a first one waits.
  await ours.set(({ ref }) => ({ file: ref("file") })).execute();
  const before = await writer.db
    .selectFrom("recordings")
    .selectAll()
    .where("file", "=", file)
    .executeTakeFirst();
  const set = before === undefined ? null : to(before);
  if (before === undefined || set === null) return false;
  await ours.set(set).execute();
  await also?.(writer, before);
  // Last, since every call of the client's wants these rows.
  const changes = noChanges();
  addRecording(changes, before, -1);
  addRecording(changes, { ...before, ...set }, 1);
  await writeChanges(writer, changes);
  return true;
}

/** A report counts what was recorded, also when it has been deleted, and nothing besides. */
export function stateWhenOver({
  sha256,
  length_ms,
  answered,
}: Pick<RecordingRow, "sha256" | "length_ms" | "answered">): RecordingState {
  const hadSound = sha256 !== null && (answered === 1 || (length_ms ?? 0) > 0);
  return hadSound ? "deleted" : answered === 1 ? "lost" : "void";
}
