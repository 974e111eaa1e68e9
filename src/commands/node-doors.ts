import type { FastifyInstance } from "fastify";
import { type Control, controlSocket, createControl } from "../http/control.ts";
import { createHttp, type Readiness } from "../http/server.ts";
import { tenantRoutes } from "../http/tenant-routes.ts";
import type { NodeFastagi } from "./node-fastagi.ts";
import { showNode } from "./node-metrics.ts";
import type { NodeParts } from "./node-parts.ts";
import { readinessOf } from "./readiness.ts";
import { recordingRoutes } from "./recording-pause.ts";

/** Where monitoring asks: health and metrics, for whoever can reach the address. */
export function createNodeHttp(parts: NodeParts, agi: NodeFastagi): FastifyInstance {
  const { basis, stores, seen, metrics } = parts;
  const { snapshot } = basis;
  const { switches, health, records } = seen;
  const views = () => seen.keeping.views();
  return createHttp({
    registry: metrics.registry,
    beforeMetrics: () =>
      showNode(metrics.gauges, {
        snapshot,
        slots: stores.slots,
        switches,
        views,
        health,
        dialplans: agi.dialplans.current,
        agiSessions: () => agi.server.sessions,
        records: records.store,
        recordings: records.recordings,
      }),
    readiness: () => readinessNow(parts),
  });
}

function readinessNow({ stores, seen, nodeName, reloads }: NodeParts): Readiness {
  return readinessOf({
    switches: seen.switches.status(),
    views: seen.keeping.views(),
    slots: stores.slots.health(),
    configuration: reloads.says(),
    others: { records: seen.records.store.health(), name: nodeName.health() },
    now: Date.now(),
  });
}

/** What `GET /node` answers: what the doctor asks a node. */
export type NodeView = Readiness & {
  readonly node: string;
  readonly revision: string;
  /** Of the code it was started with. */
  readonly program: string;
};

/** Where operators of this machine ask and order, by the other commands. */
export function createNodeControl(parts: NodeParts, program: () => string): Control {
  const { basis, stores, seen, live } = parts;
  const { snapshot, variables, log, name } = basis;
  const view = (): NodeView => {
    return { node: name, revision: snapshot().revision, program: program(), ...readinessNow(parts) };
  };
  const { switches, records } = seen;
  return createControl({
    path: controlSocket(variables),
    routes: [
      ...tenantRoutes({ standing: stores.standing, snapshot, log }),
      ...live.routes,
      { method: "GET", path: "/node", handler: view },
      ...recordingRoutes({ snapshot, watcher: records.watcher, switches, log }),
    ],
    log,
  });
}
