import type { FastifyInstance } from "fastify";
import { type Control, controlSocket, createControl } from "../http/control.ts";
import { createHttp } from "../http/server.ts";
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
        ...{ snapshot, slots: stores.slots, switches, views, health },
        dialplans: agi.dialplans.current,
        agiSessions: () => agi.server.sessions,
        records: records.store,
        recordings: records.recordings,
      }),
    readiness: () =>
      readinessOf({
        switches: switches.status(),
        views: views(),
        slots: stores.slots.health(),
        others: { records: records.store.health(), name: parts.nodeName.health() },
        now: Date.now(),
      }),
  });
}

/** Where operators of this machine ask and order, by the other commands. */
export function createNodeControl({ basis, stores, seen, live }: NodeParts): Control {
  const { snapshot, variables, log } = basis;
  const { switches, records } = seen;
  return createControl({
    path: controlSocket(variables),
    routes: [
      ...tenantRoutes({ standing: stores.standing, snapshot, log }),
      ...live.routes,
      ...recordingRoutes({ snapshot, watcher: records.watcher, switches, log }),
    ],
    log,
  });
}
