// Ports on the loopback: which are free, and a clear word when one is not.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "./lab-error.ts";

export type PortKind = "tcp" | "udp";

/** Splits "127.0.0.1:5060"; throws `bad_address` when it is not an IPv4 address and a port. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(\d+\.\d+\.\d+\.\d+):(\d{1,5})$/.exec(text);
  const [, host, digits] = match ?? [];
  const port = Number(digits);
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new LabError("bad_address", `${text} is not an address like 127.0.0.1:5060`);
  }
  return { host, port };
}

/** Whether a socket could be bound there now. */
export async function portIsFree(host: string, port: number, kind: PortKind): Promise<boolean> {
  return (await bindError(host, port, kind)) === undefined;
}

/** Throws `port_taken` (or `address_unusable`) saying which address and what to do. */
export async function assertPortFree(host: string, port: number, kind: PortKind, use: string): Promise<void> {
  const error = await bindError(host, port, kind);
  if (error === undefined) return;
  const where = `${kind} ${host}:${port}`;
  if (error === "EADDRINUSE") {
    const remedy = `stop what listens there (ss -ln${kind === "tcp" ? "t" : "u"}p shows it) or choose another port`;
    throw new LabError("port_taken", `${where} is taken, and ${use} needs it: ${remedy}`);
  }
  throw new LabError(
    "address_unusable",
    `${use} cannot use ${where} (${error}): choose another address or port`,
  );
}

/** The first port of the range that is free for every kind; throws `no_free_port`. */
export async function freePort(
  from: number,
  to: number,
  kinds: readonly PortKind[] = ["tcp", "udp"],
  host = "127.0.0.1",
): Promise<number> {
  for (let port = from; port <= to; port++) {
    const free = await Promise.all(kinds.map((kind) => portIsFree(host, port, kind)));
    if (free.every(Boolean)) return port;
  }
  throw new LabError("no_free_port", `no free port from ${from} to ${to} on ${host}: stop what uses them`);
}

/** Polls until `check` gives something; throws `wait_over` with the name of what was awaited. */
export async function waitFor<T>(
  what: string,
  check: () => Promise<T | undefined> | T | undefined,
  timeoutMs: number,
  everyMs = 50,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    if (performance.now() >= end) {
      throw new LabError("wait_over", `${what} did not come within ${timeoutMs} ms`);
    }
    await sleep(everyMs);
  }
}

function bindError(host: string, port: number, kind: PortKind): Promise<string | undefined> {
  return kind === "tcp" ? tcpBindError(host, port) : udpBindError(host, port);
}

function tcpBindError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function udpBindError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}
