/**
 * The composition root: builds a node from its configuration, starts it, and drains it on SIGTERM. Everything is put
 * together here and nowhere else; no rule about calls stands here.
 */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Logger } from "pino";
import { createAgiServer } from "../agi/server.ts";
import { createStepHandler } from "../agi/step-handler.ts";
import { createSwitches } from "../ami/switches.ts";
import { createDecide } from "../calls/decide.ts";
import { DoNotCallBook } from "../calls/do-not-call.ts";
import { type Configuration, createConfiguration } from "../config/configuration.ts";
import { formatIssue } from "../config/issue.ts";
import { calmConditions } from "../core/snapshot/conditions.ts";
import { createMetrics } from "../http/metrics.ts";
import { createHttp, listenTarget } from "../http/server.ts";
import { messageOf } from "../platform/errors.ts";
import { createLog } from "../platform/log.ts";
import { numberSources } from "./do-not-call-lists.ts";
import { readinessOf } from "./readiness.ts";

export type ServeOptions = {
  readonly config: string;
  readonly variables: string;
  readonly node: string | undefined;
};

/** A step takes milliseconds; this is for the ones that wait for a store that is down. */
const DRAIN_MS = 3000;

/** Runs until SIGTERM or SIGINT. Resolves with the exit code: 1 when the node could not start. */
export async function serve(options: ServeOptions): Promise<number> {
  const log = createLog(process.env.SIGNALBOX_LOG ?? "info");
  mkdirSync(resolve(options.variables), { recursive: true, mode: 0o750 });
  const doNotCall = new DoNotCallBook();
  const configuration = createConfiguration(resolve(options.config), {
    env: process.env,
    prepare: async (next) => void (await doNotCall.load(numberSources(next))),
  });
  const first = await configuration.reload();
  reportReload(first, log);
  if (first.errors.length > 0) {
    await configuration.close();
    return 1;
  }
  try {
    const node = await startNode({ configuration, doNotCall, options, log });
    await endSignal();
    log.info({ event: "signalbox.draining" });
    await node.stop();
    return 0;
  } catch (error) {
    log.fatal({ event: "signalbox.not_started", code: codeOf(error) }, messageOf(error));
    return 1;
  } finally {
    await configuration.close();
  }
}

type NodeParts = {
  readonly configuration: Configuration;
  readonly doNotCall: DoNotCallBook;
  readonly options: ServeOptions;
  readonly log: Logger;
};

async function startNode({
  configuration,
  doNotCall,
  options,
  log,
}: NodeParts): Promise<{ stop(): Promise<void> }> {
  const snapshot = configuration.current;
  const { system } = snapshot();
  const metrics = createMetrics();
  const switches = createSwitches({
    log,
    onMessage: () => {},
    onState: (server, up, why) => log.info({ event: up ? "switch.up" : "switch.down", server }, why),
  });
  const decide = createDecide({
    moment: { snapshot, conditions: () => calmConditions, now: Date.now },
    commands: { perform: () => ({ granted: true, wouldRefuse: null }) },
    watchers: [metrics.watcher],
  });
  const agi = createAgiServer({
    listen: system.fastagi.listen,
    allow: system.fastagi.allow,
    log,
    handler: createStepHandler({ switches: () => snapshot().system.switches, decide, sawRevision: () => {} }),
  });
  const http = createHttp({
    registry: metrics.registry,
    beforeMetrics: () => {
      for (const { server, up } of switches.status()) metrics.gauges.switchUp.set({ server }, up ? 1 : 0);
    },
    readiness: () => readinessOf(switches.status()),
  });

  const fastagi = await agi.start();
  await http.listen(listenTarget(system.http.listen));
  switches.follow(system.switches);
  const unwatch = configuration.watch((result) => {
    reportReload(result, log);
    if (result.changed) switches.follow(snapshot().system.switches);
  });
  log.info({
    event: "signalbox.ready",
    node: options.node ?? system.node,
    revision: snapshot().revision,
    fastagi: `${fastagi.address}:${fastagi.port}`,
    http: system.http.listen,
  });
  return {
    async stop() {
      unwatch();
      await agi.drain(DRAIN_MS);
      await Promise.all([switches.stop(), http.close()]);
    },
  };
}

type Reload = Awaited<ReturnType<Configuration["reload"]>>;

/** A configuration that is wrong is refused whole, and every reason is in the log. */
function reportReload({ changed, errors, warnings }: Reload, log: Logger): void {
  for (const issue of errors)
    log.error({ event: "configuration.error", file: issue.file }, formatIssue(issue));
  for (const issue of warnings)
    log.warn({ event: "configuration.warning", file: issue.file }, formatIssue(issue));
  if (errors.length > 0) {
    log.error(
      { event: "configuration.refused" },
      `${errors.length} errors; what was in force stays in force`,
    );
  } else if (changed) log.info({ event: "configuration.in_force" });
}

function endSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
