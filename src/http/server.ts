/**
 * Health and metrics over HTTP, read-only: nothing here changes anything, and no call is shown.
 */
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { SignalboxError } from "../platform/errors.ts";
import { createFastify } from "./fastify.ts";

export type Readiness = { readonly ready: boolean; readonly checks: Readonly<Record<string, string>> };

export type HttpOptions = {
  readonly registry: Registry;
  /** Brings the gauges up to date before they are read. */
  readonly beforeMetrics: () => Promise<void> | void;
  readonly readiness: () => Readiness;
};

export function createHttp({ registry, beforeMetrics, readiness }: HttpOptions): FastifyInstance {
  const app = createFastify(1024);
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", (_request, reply) => {
    const { ready, checks } = readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready", checks });
  });
  app.get("/metrics", async (_request, reply) => {
    await beforeMetrics();
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  return app;
}

/** Opens it on `127.0.0.1:8573`. Rejects with SignalboxError `http_listen_failed` when that cannot be had. */
export async function listenHttp(app: FastifyInstance, listen: string): Promise<void> {
  const at = listen.lastIndexOf(":");
  const host = listen.slice(0, at).replace(/^\[|\]$/g, "");
  try {
    await app.listen({ host, port: Number(listen.slice(at + 1)) });
  } catch (error) {
    const says = `cannot listen on ${listen}: free that address or change http.listen`;
    throw new SignalboxError("http_listen_failed", says, error);
  }
}
