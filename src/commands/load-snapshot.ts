import { formatIssue } from "../config/issue.ts";
import { loadConfiguration, type Purpose } from "../config/load.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { counted, type Io } from "./io.ts";

/** The snapshot, or null after the errors of the configuration have been told. */
export function loadSnapshot(directory: string, purpose: Purpose, io: Io): Snapshot | null {
  const { snapshot, errors } = loadConfiguration(directory, { env: io.env, purpose });
  if (snapshot !== null) return snapshot;
  for (const issue of errors) io.err(`${formatIssue(issue)}\n`);
  io.err(
    `signalbox: the configuration in ${directory} has ${counted(errors.length, "error")}: mend it first\n`,
  );
  return null;
}
