import { resolve } from "node:path";
import { RecordError } from "../../calls/record-port.ts";
import type { RecordingBook, RecordingQuery, StoredRecording } from "../../calls/recording-port.ts";
import type { Snapshot } from "../../core/snapshot/snapshot.ts";
import { messageOf } from "../../platform/errors.ts";
import { openRecordings } from "../../records/recordings/book.ts";
import { counted } from "../io.ts";
import { isLeftUnseen } from "../recordings.ts";
import { type Finding, ill, unknown, well } from "./finding.ts";

const DAY_MS = 86_400_000;
/** The purge is every night's. */
const OVERDUE_MS = 2 * DAY_MS;
const PURGED = ["kept", "empty", "deleting"] as const;
/** As many are counted; more are no other illness. */
const MOST = 10_000;

/** Whether the call records can be read, and whether what was to be recorded lies there and was looked at. */
export async function lookAtRecords({ system }: Snapshot, variables: string): Promise<Finding[]> {
  try {
    const book = await openRecordings(system.records, variables);
    try {
      const directory = resolve(variables, system.recordingsDirectory);
      return [
        well("records", null, "the call records can be read"),
        ...(await lookAtRecordings(book, directory)),
      ];
    } finally {
      await book.close();
    }
  } catch (error) {
    const says = messageOf(error);
    if (error instanceof RecordError && error.code === "records_absent")
      return [unknown("records", null, says, "look again once a node has run")];
    return [
      ill("records", null, says, "calls go on, and their records wait with the node until that is mended"),
    ];
  }
}

async function lookAtRecordings(book: RecordingBook, directory: string): Promise<Finding[]> {
  const now = Date.now();
  const unseen = await bySwitch(book, { states: ["begun"] }, isLeftUnseen);
  const missing = await bySwitch(book, { states: ["missing"], since: now - DAY_MS });
  const overdue = await bySwitch(book, { states: PURGED, dueAt: now - OVERDUE_MS });
  const told = (counts: ReadonlyMap<string, number>, says: string, mend: string): Finding[] =>
    [...counts].map(([server, count]) =>
      ill("recordings", server, `${counted(count, "recording")} ${says}`, mend),
    );
  const found = [
    ...told(
      unseen,
      "of its calls were never looked at: they have no checksum",
      `run a node on the switch's machine, by an address of which \`ami\` names it, as a user who may read ${directory}`,
    ),
    ...told(
      missing,
      "of its answered calls of the last day have no file",
      `let Asterisk write to ${directory}, and see that its disk is mounted and has room`,
    ),
    ...told(
      overdue,
      "of its calls should have been deleted two days ago and more",
      "see whether signalbox-purge.timer runs on the switch's machine, and `journalctl -u signalbox-purge` for why not",
    ),
  ];
  return found.length > 0 ? found : [well("recordings", null, "every recording of the last day is there")];
}

async function bySwitch(
  book: RecordingBook,
  query: RecordingQuery,
  counts: (row: StoredRecording) => boolean = () => true,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for await (const page of book.pages({ ...query, limit: MOST }))
    for (const row of page) if (counts(row)) found.set(row.server, (found.get(row.server) ?? 0) + 1);
  return found;
}
