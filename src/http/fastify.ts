import Fastify, { type FastifyInstance } from "fastify";

/** How long whoever is being answered has when the server closes. */
const GRACE_MS = 500;

/**
 * A server without schemas: what comes in is judged by its handler. Fastify would read its compilers of schemas all
 * the same, and hold 5 MB of them, unless it is given others.
 */
export function createFastify(bodyLimit: number): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit,
    schemaController: { compilersFactory: { buildValidator: none, buildSerializer: none } },
  });
  // Who has connected and says nothing, or reads nothing, would be waited for, and the node's next start with him.
  app.addHook("preClose", (done) => {
    setTimeout(() => app.server.closeAllConnections(), GRACE_MS).unref();
    done();
  });
  return app;
}

function none(): never {
  throw new Error("bug: a route has a schema, and nothing here compiles one");
}
