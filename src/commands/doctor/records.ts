import { resolve } from "node:path";
import { RecordError } from "../../calls/record-port.ts";
import type { RecordingBook, RecordingState } from "../../calls/recording-port.ts";
import type { Snapshot } from "../../core/snapshot/snapshot.ts";
import { messageOf } from "../../platform/errors.ts";
import { openRecordings } from "../../records/recordings/book.ts";
import { counted } from "../io.ts";
import { isLeftUnseen } from "../recordings.ts";
import { type Finding, ill, unknown, well } from "./finding.ts";

const DAY_MS = 86_400_000;
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
  const unseen = await countedBy(book, "begun", 0);
  const missing = await countedBy(book, "missing", Date.now() - DAY_MS);
  const found = [
    ...[...unseen].map(([server, count]) =>
      ill(
        "recordings",
        server,
        `${counted(count, "recording")} of its calls were never looked at: they have no checksum`,
        `run a node on its machine, as a user who may read ${directory}; \`ami\` of ${server} says which that is`,
      ),
    ),
    ...[...missing].map(([server, count]) =>
      ill(
        "recordings",
        server,
        `${counted(count, "answered call")} of the last day that were to be recorded have no file`,
        `let Asterisk write to ${directory}, and see that its disk is mounted and has room`,
      ),
    ),
  ];
  return found.length > 0 ? found : [well("recordings", null, "every recording of the last day is there")];
}

/** By switch, those of calls that began since. */
async function countedBy(
  book: RecordingBook,
  state: RecordingState,
  since: number,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const page of book.pages({ states: [state], since, limit: MOST })) {
    for (const row of page) {
      if (state === "begun" && !isLeftUnseen(row)) continue;
      counts.set(row.server, (counts.get(row.server) ?? 0) + 1);
    }
  }
  return counts;
}
