import type { Logger } from "pino";
import type { Configuration } from "../config/configuration.ts";
import { formatIssue } from "../config/issue.ts";

type Reload = Awaited<ReturnType<Configuration["reload"]>>;

export type ReloadReport = {
  readonly log: Logger;
  /** Of the configuration that is in force now; read only when there is a new one. */
  readonly revision: () => string;
  /** Nothing was in force before. */
  readonly isFirst?: boolean;
};

/** A configuration that is wrong is refused whole, and every reason is in the log. */
export function reportReload(
  { changed, errors, warnings }: Reload,
  { log, revision, isFirst = false }: ReloadReport,
): void {
  for (const issue of errors)
    log.error({ event: "configuration.error", file: issue.file }, formatIssue(issue));
  for (const issue of warnings)
    log.warn({ event: "configuration.warning", file: issue.file }, formatIssue(issue));
  if (errors.length > 0) {
    log.error(
      { event: "configuration.refused" },
      `${errors.length} errors; ${isFirst ? "the node does not start" : "what was in force stays in force"}`,
    );
  } else if (changed) log.info({ event: "configuration.in_force", revision: revision() });
}
