import { formatIssue, type Issue, pathText } from "../config/issue.ts";
import { loadConfiguration } from "../config/load.ts";
import { cdrNotes } from "./cdr-notes.ts";
import { type Common, counted, type Io } from "./io.ts";
import { standingNotes } from "./standing-notes.ts";

export type CheckOptions = Common & { readonly json: boolean };

/**
 * Judges the whole configuration at once; 1 when there is an error. What it finds is its
 * output, so it all goes to standard output. Notes say what staff have ordered besides: no files, but in force.
 */
export function check({ config, variables, json }: CheckOptions, io: Io): number {
  const { snapshot, errors, warnings } = loadConfiguration(config, { env: io.env, purpose: "check" });
  const notes = snapshot === null ? [] : [...standingNotes(variables, snapshot), ...cdrNotes(snapshot)];
  if (json) {
    const issues = [
      ...errors.map(asJson("error")),
      ...warnings.map(asJson("warning")),
      ...notes.map(asJson("note")),
    ];
    io.out(`${JSON.stringify(issues, null, 2)}\n`);
    return snapshot === null ? 1 : 0;
  }
  for (const issue of errors) io.out(`${formatIssue(issue)}\n`);
  for (const issue of warnings) io.out(`warning: ${formatIssue(issue)}\n`);
  for (const issue of notes) io.out(`note: ${formatIssue(issue)}\n`);
  const odd = warnings.length === 0 ? "" : `, ${counted(warnings.length, "warning")}`;
  if (snapshot === null) {
    io.out(`${config}: ${counted(errors.length, "error")}${odd}\n`);
    return 1;
  }
  const { tenants, dids, trunks, revision } = snapshot;
  const size = [counted(tenants.size, "tenant"), counted(dids.size, "number"), counted(trunks.size, "trunk")];
  io.out(`${config}: no errors${odd}; ${size.join(", ")}; revision ${revision}\n`);
  return 0;
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
