/**
 * The composition root: builds a node from its configuration, starts it, and drains it on SIGTERM. Everything is put
 * together here and nowhere else; no rule about calls stands here.
 */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Logger } from "pino";
import { createAgiServer } from "../agi/server.ts";
import { createStepHandler } from "../agi/step-handler.ts";
import { readEvent } from "../ami/events.ts";
import { createSwitches } from "../ami/switches.ts";
import { createCommands } from "../calls/commands.ts";
import { createDecide } from "../calls/decide.ts";
import { DoNotCallBook } from "../calls/do-not-call.ts";
import { SpendWatch } from "../calls/spend-watch.ts";
import { createConditions } from "../calls/standing-conditions.ts";
import { TrunkHealthBook } from "../calls/trunk-health.ts";
import { type Configuration, createConfiguration } from "../config/configuration.ts";
import { controlSocket, createControl } from "../http/control.ts";
import { createMetrics } from "../http/metrics.ts";
import { createHttp, listenTarget } from "../http/server.ts";
import { tenantRoutes } from "../http/tenant-routes.ts";
import { messageOf } from "../platform/errors.ts";
import { createLog } from "../platform/log.ts";
import { openSqliteSpending } from "../records/spend-sqlite.ts";
import { createSlotStore } from "../slots/slots.ts";
import { createDialplanWatch } from "./dialplan-watch.ts";
import { numberSources } from "./do-not-call-lists.ts";
import { createLiveNode } from "./live-node.ts";
import { showNode } from "./node-metrics.ts";
import { startRecords } from "./node-records.ts";
import { openStanding } from "./open-standing.ts";
import { readinessOf } from "./readiness.ts";
import { recordingRoutes } from "./recording-pause.ts";
import { reportReload } from "./reload-report.ts";
import { SlotKeeping } from "./slot-keeping.ts";
import { TrunkKeeping } from "./trunk-keeping.ts";
import { keepVicidial } from "./vicidial-keeping.ts";

export type ServeOptions = {
  readonly config: string;
  readonly variables: string;
  readonly node: string | undefined;
};

/** A step takes milliseconds; this is for the ones that wait for a store that is down. */
const DRAIN_MS = 3000;
/** For the log to be written after a failed start. */
const EXIT_MS = 500;

/** Runs until SIGTERM or SIGINT. Resolves with the exit code: 1 when the node could not start. */
export async function serve(options: ServeOptions): Promise<number> {
  const log = createLog(process.env.SIGNALBOX_LOG ?? "info");
  process.umask(0o027); // records name callers and clients: they are nobody else's to read
  mkdirSync(resolve(options.variables), { recursive: true, mode: 0o750 });
  const doNotCall = new DoNotCallBook();
  const configuration = createConfiguration(resolve(options.config), {
    env: process.env,
    prepare: async (next) => void (await doNotCall.load(numberSources(next))),
  });
  const first = await configuration.reload();
  reportReload(first, log, true);
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
    // A store that was opened before the failure tries its connection for ever: it must not keep the process.
    setTimeout(() => process.exit(1), EXIT_MS).unref();
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
  const name = options.node ?? system.node;
  const metrics = createMetrics();
  const slots = createSlotStore(system.slots, { log, rebuild: system.switches.length > 0 });
  const spending = openSqliteSpending({ file: resolve(options.variables, "spending.db"), log });
  const spent = new SpendWatch(spending, log);
  const records = startRecords({
    snapshot,
    variables: resolve(options.variables),
    log,
    onEnd: (record) => spent.recorded(record),
    hears: (server) => keeping.listensTo(server),
  });
  const keeping = new SlotKeeping({
    ...{ node: name, slots, snapshot, log },
    switches: () => switches,
    onLook: ({ server, boot, uniqueids }) => {
      records.watcher.booted(server, boot, Date.now());
      records.watcher.swept(server, uniqueids, Date.now());
    },
  });
  const health = new TrunkHealthBook(() => snapshot().trunks);
  const trunks = new TrunkKeeping({
    health,
    spending: spent,
    switches: () => switches,
    snapshot,
    log,
  });
  const switches = createSwitches({
    log,
    onMessage: (server, message) => {
      const news = readEvent(message, () => {});
      if (news === null) return;
      keeping.news(server, news);
      trunks.news(server, news, Date.now());
      records.watcher.heard(server, news, Date.now());
    },
    onState: (server, up, why) => {
      log.info({ event: up ? "switch.up" : "switch.down", server }, why);
      keeping.state(server, up);
      trunks.state(server, up, Date.now());
      if (!up) records.watcher.lost(server, Date.now());
    },
  });
  const standing = await openStanding(system.slots, options.variables, log);
  const conditions = createConditions(standing, () => health.unhealthyTrunks(Date.now()));
  const views = () => keeping.views();
  const live = createLiveNode({
    ...{ node: name, snapshot, conditions, slots, health, switches, views, log },
    variables: resolve(options.variables),
  });
  const vicidial = keepVicidial(snapshot, log);
  const decide = createDecide({
    moment: { snapshot, conditions, now: Date.now },
    commands: createCommands({
      node: name,
      slots,
      doNotCall: vicidial.lists(doNotCall),
      vicidial: vicidial.directory,
      spending,
      standing,
      bootOf: (server) => keeping.bootOf(server),
      freeIfGone: (leg) => keeping.freeIfGone(leg),
      log,
    }),
    watchers: [metrics.watcher, health, keeping, live.watcher, records.watcher],
  });
  const dialplans = createDialplanWatch(configuration.rendered, log);
  const agi = createAgiServer({
    listen: system.fastagi.listen,
    allow: system.fastagi.allow,
    log,
    onSessionEnd: metrics.agiEnded,
    handler: createStepHandler({
      recordings: () => resolve(options.variables, snapshot().system.recordingsDirectory),
      switches: () => snapshot().system.switches,
      decide,
      sawRevision: dialplans.saw,
    }),
  });
  const http = createHttp({
    registry: metrics.registry,
    beforeMetrics: () =>
      showNode(metrics.gauges, {
        ...{ snapshot, slots, switches, views, health },
        dialplans: dialplans.current,
        agiSessions: () => agi.sessions,
        records: records.store,
        recordings: records.recordings,
      }),
    readiness: () =>
      readinessOf({
        switches: switches.status(),
        views: views(),
        slots: slots.health(),
        others: { records: records.store.health() },
        now: Date.now(),
      }),
  });

  const control = createControl({
    path: controlSocket(resolve(options.variables)),
    routes: [
      ...tenantRoutes({ standing, snapshot, log }),
      ...live.routes,
      ...recordingRoutes({ snapshot, watcher: records.watcher, switches, log }),
    ],
    log,
  });

  await control.start();
  const fastagi = await agi.start();
  await http.listen(listenTarget(system.http.listen));
  const followSwitches = (): void => {
    const current = snapshot().system.switches;
    keeping.follow(current.map(({ server }) => server));
    switches.follow(current);
  };
  followSwitches();
  const unwatch = configuration.watch((result) => {
    reportReload(result, log);
    metrics.gauges.configurationErrors.set(result.errors.length);
    if (result.changed) followSwitches();
  });
  log.info({
    event: "signalbox.ready",
    node: name,
    revision: snapshot().revision,
    fastagi: `${fastagi.address}:${fastagi.port}`,
    http: system.http.listen,
  });
  return {
    async stop() {
      unwatch();
      live.stop();
      await agi.drain(DRAIN_MS);
      vicidial.stop();
      await keeping.stop();
      await records.stop();
      await Promise.all([switches.stop(), http.close(), control.close(), slots.close(), standing.close()]);
      await spending.close();
    },
  };
}

function endSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
