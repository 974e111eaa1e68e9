import type { Logger } from "pino";
import type { Configuration } from "../config/configuration.ts";
import { formatIssue } from "../config/issue.ts";

type Reload = Awaited<ReturnType<Configuration["reload"]>>;

/** A configuration that is wrong is refused whole, and every reason is in the log. */
export function reportReload({ changed, errors, warnings }: Reload, log: Logger, isFirst = false): void {
  for (const issue of errors)
    log.error({ event: "configuration.error", file: issue.file }, formatIssue(issue));
  for (const issue of warnings)
    log.warn({ event: "configuration.warning", file: issue.file }, formatIssue(issue));
  if (errors.length > 0) {
    log.error(
      { event: "configuration.refused" },
      `${errors.length} errors; ${isFirst ? "the node does not start" : "what was in force stays in force"}`,
    );
  } else if (changed) log.info({ event: "configuration.in_force" });
}
