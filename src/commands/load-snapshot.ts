import { firstOf, formatIssue } from "../config/issue.ts";
import { loadConfiguration, type Purpose } from "../config/load.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { counted, type Io } from "./io.ts";

/** As many prompts without a file as are told of; `check` names them all. */
const MOST_PROMPTS = 10;

/**
 * The snapshot, or null after the errors of the configuration have been told. Prompts without a file, of which callers
 * would hear nothing, are no error then and told where it matters.
 */
export function loadSnapshot(
  directory: string,
  purpose: Purpose,
  io: Io,
  { tellsPrompts = false }: { readonly tellsPrompts?: boolean } = {},
): Snapshot | null {
  const { snapshot, errors, warnings } = loadConfiguration(directory, { env: io.env, purpose });
  if (snapshot !== null) {
    const lacking = tellsPrompts ? warnings.filter(({ lacksPrompt }) => lacksPrompt) : [];
    for (const issue of firstOf(lacking, MOST_PROMPTS)) io.err(`warning: ${formatIssue(issue)}\n`);
    return snapshot;
  }
  for (const issue of errors) io.err(`${formatIssue(issue)}\n`);
  io.err(
    `signalbox: the configuration in ${directory} has ${counted(errors.length, "error")}: mend it first\n`,
  );
  return null;
}
