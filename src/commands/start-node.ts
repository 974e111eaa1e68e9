/**
 * Puts a node together, from what it keeps to where it is asked, and starts it. Everything meets here and nowhere else;
 * no rule about calls stands here.
 */
import type { Logger } from "pino";
import type { DoNotCallBook } from "../calls/do-not-call.ts";
import { createConditions } from "../calls/standing-conditions.ts";
import type { Configuration } from "../config/configuration.ts";
import { createMetrics } from "../http/metrics.ts";
import { listenHttp } from "../http/server.ts";
import type { StepLog } from "../platform/log.ts";
import { clearAway } from "../platform/thread.ts";
import { createLiveNode } from "./live-node.ts";
import type { NodeBasis } from "./node-basis.ts";
import { createNodeControl, createNodeHttp } from "./node-doors.ts";
import { createNodeFastagi } from "./node-fastagi.ts";
import { NodeName } from "./node-name.ts";
import type { NodeParts } from "./node-parts.ts";
import { openStores } from "./node-stores.ts";
import { createNodeSwitches } from "./node-switches.ts";
import { ReloadNews } from "./reload-news.ts";
import { reportReload, waitingKeys } from "./reload-report.ts";
import { keepVicidial } from "./vicidial-keeping.ts";

export type StartOptions = {
  readonly configuration: Configuration;
  readonly doNotCall: DoNotCallBook;
  /** Null takes the configuration's. */
  readonly name: string | null;
  /** Absolute directory for what is written; it exists. */
  readonly variables: string;
  readonly log: Logger;
  /** For the one line of every step. */
  readonly stepLog: StepLog;
};

export type RunningNode = {
  /** Lets the steps that are under way end, and writes what is still to be written. */
  stop(): Promise<void>;
};

/** A step takes milliseconds; this is for the ones that wait for a store that is down. */
const DRAIN_MS = 3000;

/** Rejects when an address or a file cannot be had; the error's message says which. */
export async function startNode(options: StartOptions): Promise<RunningNode> {
  const { configuration, log } = options;
  const { system } = configuration.current();
  const parts = await buildParts(options);
  const { seen, live, vicidial, stores, nodeName, metrics } = parts;
  const agi = createNodeFastagi(parts, configuration.rendered);
  const http = createNodeHttp(parts, agi);
  const control = createNodeControl(parts, configuration.program);

  clearAway();
  await control.start();
  // Callers come last: what fails before costs none of them a decision.
  await listenHttp(http, system.http.listen);
  const fastagi = await agi.server.start();
  seen.follow();
  nodeName.start();
  let wasRefused = false;
  let numbersBefore = configuration.current().dids.size;
  const unwatch = configuration.watch((result) => {
    const waiting = () => waitingKeys(system, configuration.current().system, options.name);
    reportReload(result, { log, wasRefused, numbersBefore, inForce: configuration.current, waiting });
    numbersBefore = configuration.current().dids.size;
    parts.reloads.heard(result, waiting);
    wasRefused = result.errors.length > 0;
    metrics.gauges.configurationErrors.set(result.errors.length);
    if (result.changed) seen.follow();
  });
  const addresses = { fastagi: `${fastagi.address}:${fastagi.port}`, http: system.http.listen };
  const { revision } = configuration.current();
  log.info({ event: "signalbox.ready", node: parts.basis.name, revision, ...addresses });
  return {
    async stop() {
      unwatch();
      live.stop();
      await agi.server.drain(DRAIN_MS);
      vicidial.stop();
      await seen.keeping.stop();
      await seen.records.stop();
      await Promise.all([seen.switches.stop(), http.close(), control.close()]);
      await nodeName.stop();
      await stores.close();
    },
  };
}

async function buildParts({
  configuration,
  doNotCall,
  name,
  variables,
  log,
  stepLog,
}: StartOptions): Promise<NodeParts> {
  const snapshot = configuration.current;
  const basis: NodeBasis = { name: name ?? snapshot().system.node, snapshot, variables, log, stepLog };
  const stores = await openStores(basis);
  const seen = createNodeSwitches(basis, stores);
  const { keeping, health, switches } = seen;
  const vicidial = keepVicidial(snapshot, log);
  const conditions = createConditions(stores.standing, () => health.unhealthyTrunks(Date.now()));
  const live = createLiveNode({
    node: basis.name,
    snapshot,
    conditions,
    slots: stores.slots,
    health,
    switches,
    variables,
    log,
    views: () => keeping.views(),
  });
  const nodeName = new NodeName({ name: basis.name, slots: stores.slots, log });
  const told = { metrics: createMetrics(), reloads: new ReloadNews() };
  return { basis, stores, nodeName, seen, vicidial, doNotCall, conditions, live, ...told };
}
