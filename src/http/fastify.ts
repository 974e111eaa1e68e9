import Fastify, { type FastifyInstance } from "fastify";

/**
 * A server without schemas: what comes in is judged by its handler. Fastify would read its compilers of schemas all
 * the same, and hold 5 MB of them, unless it is given others.
 */
export function createFastify(bodyLimit: number): FastifyInstance {
  return Fastify({
    logger: false,
    bodyLimit,
    schemaController: { compilersFactory: { buildValidator: none, buildSerializer: none } },
  });
}

function none(): never {
  throw new Error("bug: a route has a schema, and nothing here compiles one");
}
