import { resolve } from "node:path";
import { importFile } from "../records/import.ts";
import { type Common, counted, type Io } from "./io.ts";
import { loadSnapshot } from "./load-snapshot.ts";

export type CallsImportOptions = Common & {
  /** A node's local file; relative to --var. */
  readonly file: string;
};

/** Takes the calls of a local file into the database that `records` names by now; 1 when some could not be read. */
export async function importCalls({ config, variables, file }: CallsImportOptions, io: Io): Promise<number> {
  const snapshot = loadSnapshot(config, "simulate", io);
  if (snapshot === null) return 1;
  const from = resolve(variables, file);
  const imported = await importFile(from, { records: snapshot.system.records, now: Date.now() });
  const { calls, recordings, unreadable } = imported;
  io.out(
    `${counted(calls, "call")} of ${from} stored, what was known of ${counted(recordings, "recording")} with them\n`,
  );
  if (unreadable > 0) io.err(`signalbox: ${counted(unreadable, "call")} could not be read\n`);
  return unreadable === 0 ? 0 : 1;
}
