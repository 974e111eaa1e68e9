/**
 * `signalbox serve`: reads the configuration, starts a node on it, and drains it on SIGTERM.
 */
import { resolve } from "node:path";
import type { Logger } from "pino";
import { DoNotCallBook, type ListLoaded } from "../calls/do-not-call.ts";
import { createConfiguration } from "../config/configuration.ts";
import { recordingsFolderLength, recordingsFolderRule } from "../config/recordings-folder.ts";
import { messageOf, SignalboxError } from "../platform/errors.ts";
import { makeFolder } from "../platform/folder.ts";
import { createLog, createStepLog, logLevel, standardError } from "../platform/log.ts";
import { takePlace } from "../platform/niceness.ts";
import { createSystemd } from "../platform/systemd.ts";
import { numberSources } from "./do-not-call-lists.ts";
import { reportReload } from "./reload-report.ts";
import { startNode } from "./start-node.ts";

export type ServeOptions = {
  readonly config: string;
  readonly variables: string;
  readonly node: string | undefined;
};

/** For the log to be written after a failed start. */
const EXIT_MS = 500;
/** For whatever is still under way after a drain, when all is written that can be: a dead Sentinel's connections take two seconds. */
const END_MS = 2500;

/** Runs until SIGTERM or SIGINT. Resolves with the exit code: 1 when the node could not start. */
export async function serve(options: ServeOptions): Promise<number> {
  const wanted = process.env.SIGNALBOX_LOG || "info";
  const level = logLevel(wanted) ?? "info";
  const destination = standardError();
  const log = createLog(level, destination);
  // Callers want a node, whatever is said of its log.
  if (level !== wanted) log.warn({ event: "log.unknown_level", wanted }, "SIGNALBOX_LOG: see docs/deploy.md");
  // SIGHUP is heard while files are watched; before and after, in a drain, it must not end the process. Of the others, with
  // which logs are rotated elsewhere, one would end it, and the first have Node listen for a debugger, whom it gives all.
  for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) process.on(signal, () => {});
  process.umask(0o027); // records name callers and clients: they are nobody else's to read
  const variables = resolve(options.variables);
  try {
    makeFolder(variables);
  } catch (error) {
    log.fatal({ event: "signalbox.not_started", code: codeOf(error) }, `--var: ${messageOf(error)}`);
    return 1;
  }
  const doNotCall = new DoNotCallBook();
  const configuration = createConfiguration(resolve(options.config), {
    env: process.env,
    prepare: async (next) => tellBadLines(await doNotCall.load(numberSources(next)), log),
  });
  const first = await configuration.reload();
  reportReload(first, { log, inForce: configuration.current, isFirst: true });
  if (first.errors.length > 0) {
    await configuration.close();
    return 1;
  }
  let code = 1;
  try {
    holdRecordings(resolve(variables, configuration.current().system.recordingsDirectory));
    const node = await startNode({
      configuration,
      doNotCall,
      variables,
      log,
      name: options.node ?? null,
      stepLog: createStepLog(level, destination),
    });
    // Not before: what a start has to do is not what callers wait for.
    const why = takePlace(process.env.SIGNALBOX_NICE);
    if (why !== null) log.warn({ event: "signalbox.not_first" }, why);
    const systemd = createSystemd(process.env, (why) => log.warn({ event: "systemd.not_told" }, why));
    systemd.tell("READY=1");
    await endSignal();
    systemd.tell("STOPPING=1");
    log.info({ event: "signalbox.draining" });
    await node.stop();
    code = 0;
    // A thread that waits for a disk, or for somebody to read the log, cannot be ended: the process would wait for it.
    setTimeout(() => {
      destination.flushSync();
      process.kill(process.pid, "SIGKILL");
    }, END_MS).unref();
  } catch (error) {
    log.fatal({ event: "signalbox.not_started", code: codeOf(error) }, messageOf(error));
    // A store that was opened before the failure tries its connection for ever: it must not keep the process.
    setTimeout(() => process.exit(code), EXIT_MS).unref();
  }
  await configuration.close();
  return code;
}

/** A line that cannot be read keeps nobody from being called: it is told whenever its file was read. */
function tellBadLines(lists: readonly ListLoaded[], log: Logger): void {
  for (const { source, read, bad } of lists) {
    if (!read || bad.count === 0) continue;
    log.warn(
      { event: "do_not_call.bad_lines", file: source.file, count: bad.count, lines: bad.first },
      "these lines are no telephone numbers and count for nothing: `signalbox check` names them",
    );
  }
}

function endSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}

/** Throws SignalboxError `folder_refused` where Asterisk could not take the path, as a whole, for that of a recording. */
function holdRecordings(directory: string): void {
  const { pattern, says } = recordingsFolderRule;
  const tooLong = recordingsFolderLength.fits(directory) ? null : recordingsFolderLength.says;
  const told = pattern.test(directory) ? tooLong : says;
  if (told === null) return;
  const todo = "choose another recordings.directory or --var";
  throw new SignalboxError("folder_refused", `recordings would go to ${directory}: ${told}: ${todo}`);
}
