import { StandingError } from "../calls/standing-port.ts";
import { formatIssue, type Issue, pathText } from "../config/issue.ts";
import { loadConfiguration } from "../config/load.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { cdrNotes } from "./cdr-notes.ts";
import { type Common, counted, type Io } from "./io.ts";
import { standingNotes } from "./standing-notes.ts";

export type CheckOptions = Common & { readonly json: boolean };

/**
 * Judges the whole configuration at once; 1 when there is an error. What it finds is its
 * output, so it all goes to standard output. Notes say what staff have ordered besides: no files, but in force.
 */
export function check({ config, variables, json }: CheckOptions, io: Io): number {
  const { snapshot, errors: found, warnings } = loadConfiguration(config, { env: io.env, purpose: "check" });
  const standing = snapshot === null ? { notes: [], trouble: [] } : standingOf(variables, snapshot);
  const errors = [...found, ...standing.trouble];
  const notes = snapshot === null ? [] : [...standing.notes, ...cdrNotes(snapshot)];
  if (json) {
    const issues = [
      ...errors.map(asJson("error")),
      ...warnings.map(asJson("warning")),
      ...notes.map(asJson("note")),
    ];
    io.out(`${JSON.stringify(issues, null, 2)}\n`);
    return errors.length === 0 ? 0 : 1;
  }
  for (const issue of errors) io.out(`${formatIssue(issue)}\n`);
  for (const issue of warnings) io.out(`warning: ${formatIssue(issue)}\n`);
  for (const issue of notes) io.out(`note: ${formatIssue(issue)}\n`);
  const odd = warnings.length === 0 ? "" : `, ${counted(warnings.length, "warning")}`;
  if (snapshot === null || errors.length > 0) {
    io.out(`${config}: ${counted(errors.length, "error")}${odd}\n`);
    return 1;
  }
  const { tenants, dids, trunks, revision } = snapshot;
  const size = [counted(tenants.size, "tenant"), counted(dids.size, "number"), counted(trunks.size, "trunk")];
  io.out(`${config}: no errors${odd}; ${size.join(", ")}; revision ${revision}\n`);
  return 0;
}

/** A node does not start without its standing orders; what the configuration itself has to say is told all the same. */
function standingOf(
  variables: string,
  snapshot: Snapshot,
): { readonly notes: readonly Issue[]; readonly trouble: readonly Issue[] } {
  try {
    return { notes: standingNotes(variables, snapshot), trouble: [] };
  } catch (error) {
    if (!(error instanceof StandingError)) throw error;
    return { notes: [], trouble: [{ file: "--var", path: [], message: error.message, position: null }] };
  }
}

function asJson(severity: "error" | "warning" | "note") {
  return ({ file, path, message, position }: Issue) => ({
    file,
    path: pathText(path),
    message,
    severity,
    line: position?.line ?? null,
    column: position?.column ?? null,
  });
}
