import type { Logger } from "pino";
import type { Configuration } from "../config/configuration.ts";
import { formatIssue } from "../config/issue.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { counted } from "./io.ts";

type Reload = Awaited<ReturnType<Configuration["reload"]>>;

export type ReloadReport = {
  readonly log: Logger;
  /** The configuration that is in force now; read only when there is a new one. */
  readonly inForce: () => Pick<Snapshot, "revision" | "tenants" | "dids">;
  /** How many numbers there were before. */
  readonly numbersBefore?: number;
  /** Nothing was in force before. */
  readonly isFirst?: boolean;
  /** What was read before this was refused: the log says when that is over, also where nothing else came of it. */
  readonly wasRefused?: boolean;
  /** Keys of signalbox.yaml that are not as they were when the node was started. */
  readonly waiting?: () => readonly string[];
};

/** What a node does with its parts when it is started, and with no reload. */
const FROM_THE_START: Readonly<Record<string, (system: Snapshot["system"]) => string>> = {
  node: ({ node }) => node,
  "fastagi.listen": ({ fastagi }) => fastagi.listen,
  "http.listen": ({ http }) => http.listen,
  slots: ({ slots }) => slots,
  records: ({ records }) => records,
  "recordings.directory": ({ recordingsDirectory }) => recordingsDirectory,
};

/** Keys whose values hold from the next start of the node on. `name` is what `--node` says, null without it. */
export function waitingKeys(
  started: Snapshot["system"],
  now: Snapshot["system"],
  name: string | null,
): readonly string[] {
  return Object.entries(FROM_THE_START).flatMap(([key, of]) =>
    of(started) === of(now) || (key === "node" && name !== null) ? [] : [key],
  );
}

/** A configuration that is wrong is refused whole, and every reason is in the log. */
export function reportReload(
  { changed, errors, warnings }: Reload,
  { log, inForce, numbersBefore = 0, isFirst = false, wasRefused = false, waiting = () => [] }: ReloadReport,
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
  } else if (changed || wasRefused) {
    const { revision, tenants, dids } = inForce();
    const told = { event: "configuration.in_force", revision, tenants: tenants.size, numbers: dids.size };
    // A file that was cut off at the end of a line, half copied say, is as good as a whole one.
    if (dids.size < numbersBefore)
      log.warn(told, `${counted(numbersBefore - dids.size, "number")} fewer than before`);
    else log.info(told);
    const keys = waiting();
    if (keys.length === 0) return;
    const says = `${keys.join(", ")} of signalbox.yaml: this node goes on as it was started; restart it`;
    log.warn({ event: "configuration.needs_restart", keys }, says);
  }
}
