/**
 * The FastAGI server: accepts connections from the listed addresses and runs one session on each.
 *
 * It refuses strangers and, past its limit, everyone, by closing at once: whoever speaks AGI to an Asterisk
 * holds power like root's over it, so it binds loopback unless told otherwise. It knows nothing of calls;
 * the handler decides. One peer's silence, garbage or reset never reaches another's session.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Logger } from "pino";
import { createAllowList, plainAddress } from "./allow-list.ts";
import { type AgiDeadlines, type AgiHandler, type AgiOutcome, AgiSession, waitsOf } from "./session.ts";
import { Standstill } from "./standstill.ts";

export type { AgiAnswer, AgiHandler, AgiOutcome } from "./session.ts";

/** Deadlines in milliseconds, and how many sessions may be open at once. */
export type AgiLimits = AgiDeadlines & { readonly maxSessions: number };

export type AgiServerOptions = {
  /** "127.0.0.1:4573", "[::1]:4573", or only a port, which means loopback; port 0 takes a free one. */
  readonly listen: string;
  /** CIDR ranges; nobody else is answered. A function gives those of now. */
  readonly allow: readonly string[] | (() => readonly string[]);
  readonly handler: AgiHandler;
  readonly log: Logger;
  readonly limits?: Partial<AgiLimits>;
  /** Called once for every connection, also for refused ones. */
  readonly onSessionEnd?: (end: { outcome: AgiOutcome; seconds: number }) => void;
};

export type AgiServer = {
  /** Rejects with `code` agi_listen_failed when the address cannot be had. */
  start(): Promise<{ address: string; port: number }>;
  /** Takes no more connections, waits up to `ms` for those there are, cuts the rest. Always resolves. */
  drain(ms: number): Promise<void>;
  readonly sessions: number;
};

const DEFAULT_LIMITS: AgiLimits = { headerMs: 2000, handlerMs: 2500, replyMs: 2000, maxSessions: 2000 };
const REFUSAL_LOG_INTERVAL_MS = 1000;

/** Those of now: another list is read when it comes, and never for each connection. */
function followAllowList(allow: AgiServerOptions["allow"]): (address: string) => boolean {
  const ranges = typeof allow === "function" ? allow : () => allow;
  let of = ranges();
  let isAllowed = createAllowList(of);
  return (address) => {
    const now = ranges();
    if (now !== of) isAllowed = createAllowList(now);
    of = now;
    return isAllowed(address);
  };
}

/** Throws Error with `code` agi_bad_range or agi_bad_listen when the options cannot be read. */
export function createAgiServer(options: AgiServerOptions): AgiServer {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const isAllowed = followAllowList(options.allow);
  const target = parseListen(options.listen);
  const sessions = new Set<AgiSession>();
  const logRefusal = createRefusalLog(options.log);
  const standstill = new Standstill();

  function discard(socket: Socket, outcome: AgiOutcome): void {
    socket.on("error", () => {}); // its reset concerns nobody
    socket.destroy();
    options.onSessionEnd?.({ outcome, seconds: 0 });
  }

  const sessionOptions = {
    handler: options.handler,
    log: options.log,
    waits: waitsOf(limits),
    isBehind: () => standstill.isBehind,
    onEnd(session: AgiSession, outcome: AgiOutcome, seconds: number): void {
      sessions.delete(session);
      options.onSessionEnd?.({ outcome, seconds });
    },
  };

  const server = createServer((socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return discard(socket, "hangup"); // it has left already
    const address = plainAddress(remoteAddress);
    const isFull = sessions.size >= limits.maxSessions;
    if (isFull || !isAllowed(address)) {
      logRefusal(address, isFull ? "agi_too_many_sessions" : "agi_peer_not_allowed");
      return discard(socket, "refused");
    }
    sessions.add(new AgiSession(socket, { address }, sessionOptions));
  });

  return {
    start: () => listen(server, target, options.log),
    drain: (ms) => drain(server, sessions, ms).finally(() => standstill.stop()),
    get sessions() {
      return sessions.size;
    },
  };
}

function drain(server: Server, sessions: ReadonlySet<AgiSession>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      for (const session of sessions) session.cut();
    }, ms);
    // Called once every connection has closed, and also when nothing was ever listening.
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function listen(
  server: Server,
  target: { host: string; port: number },
  log: Logger,
): Promise<{ address: string; port: number }> {
  return new Promise((resolve, reject) => {
    const onError = (cause: Error): void => {
      const says = `cannot listen on ${target.host}:${target.port}: free that address or change fastagi.listen`;
      reject(Object.assign(new Error(says, { cause }), { code: "agi_listen_failed" }));
    };
    server.once("error", onError);
    server.listen({ ...target, backlog: 1024 }, () => {
      server.off("error", onError);
      server.on("error", (err) =>
        log.error({ event: "agi.accept_failed", err }, "raise the limit of open files"),
      );
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : target.port;
      resolve({ address: target.host, port });
    });
  });
}

function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)?):)?([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (!(port <= 65_535)) {
    const says = `fastagi.listen: "${text}" is no address: write it as 127.0.0.1:4573`;
    throw Object.assign(new Error(says), { code: "agi_bad_listen" });
  }
  return { host: match?.[1] ?? match?.[2] ?? "127.0.0.1", port };
}

/** At most one line a second: a flood must not become a flood of log lines. */
function createRefusalLog(log: Logger): (address: string, code: string) => void {
  let unlogged = 0;
  let nextAt = 0;
  return (address, code) => {
    unlogged += 1;
    const now = performance.now();
    if (now < nextAt) return;
    nextAt = now + REFUSAL_LOG_INTERVAL_MS;
    log.warn(
      { event: "agi.refused", code, peer: address, refused: unlogged },
      "see fastagi.allow and the load",
    );
    unlogged = 0;
  };
}
