/**
 * The control socket of a running node: JSON over HTTP on a Unix socket that only the node's own user and group can
 * open. It knows no route itself: the composition root gives them. It refuses to take the place of a node that runs.
 */
import { chmod, lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { messageOf, SignalboxError } from "../platform/errors.ts";
import { createFastify } from "./fastify.ts";

/** One thing that a running node can be asked or told. */
export type ControlRoute = {
  readonly method: "GET" | "POST";
  /** As Fastify has it: `/tenants/:tenant/suspend`. */
  readonly path: string;
  /** What it gives is answered as JSON. A SignalboxError is answered with its code and message. */
  readonly handler: (request: ControlRequest) => unknown;
};

export type ControlRequest = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Null when there was none. */
  readonly body: unknown;
};

/** What is answered to a request that failed. */
export type ControlFailure = { readonly code: string; readonly message: string };

export type Control = { start(): Promise<void>; close(): Promise<void> };

/** Longer paths do not fit into the kernel's address of a socket. */
const LONGEST_PATH = 107;

/** Where the node with this `--var` listens. */
export function controlSocket(variables: string): string {
  return join(variables, "signalbox.sock");
}

export function createControl(options: {
  /** Absolute path of the socket. */
  readonly path: string;
  readonly routes: readonly ControlRoute[];
  readonly log: Logger;
}): Control {
  const { path, routes, log } = options;
  const app = createFastify(16_384);
  for (const route of routes) addRoute(app, route);
  app.setErrorHandler((error, _request, reply) => {
    const known = error instanceof SignalboxError;
    if (!known) log.error({ event: "control.failed", err: error }, messageOf(error));
    const failure = { code: known ? error.code : "control_failed", message: messageOf(error) };
    return reply.code(known ? 400 : 500).send(failure satisfies ControlFailure);
  });
  app.setNotFoundHandler((request, reply) => {
    const message = `this node knows no ${request.method} ${request.url}: is it of another version than the command?`;
    return reply.code(404).send({ code: "control_unknown", message } satisfies ControlFailure);
  });
  return {
    async start() {
      if (Buffer.byteLength(path) > LONGEST_PATH) {
        const says = `${path} is too long for a socket: choose a --var of fewer than ${LONGEST_PATH - 15} letters`;
        throw new SignalboxError("control_path_too_long", says);
      }
      await removeStale(path);
      await app.listen({ path });
      await chmod(path, 0o660);
    },
    close: () => app.close(),
  };
}

function addRoute(app: FastifyInstance, { method, path, handler }: ControlRoute): void {
  app.route({
    method,
    url: path,
    handler: async (request) => {
      const params = request.params as Record<string, string>;
      const query = request.query as Record<string, string>;
      return (await handler({ params, query, body: request.body ?? null })) ?? {};
    },
  });
}

/** A node that was killed leaves its socket behind; one that runs answers on it. */
async function removeStale(path: string): Promise<void> {
  const problem = await knock(path);
  if (problem === "ENOENT") return;
  if (problem === null) {
    const says = `another node answers on ${path}: stop it, or give each node a --var of its own`;
    throw new SignalboxError("control_in_use", says);
  }
  // A plain file refuses like a socket that nobody listens on.
  if (problem !== "ECONNREFUSED" || !(await lstat(path)).isSocket()) {
    const says = `${path} cannot be used (${problem}): take away what stands there`;
    throw new SignalboxError("control_blocked", says);
  }
  await unlink(path);
}

/** Null when somebody answers, else the system's word for why not. */
function knock(path: string): Promise<string | null> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      done(null);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}
