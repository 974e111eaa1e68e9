// Peers of a FastAGI server that are no Asterisk: thousands that say nothing, a byte now and then, or nonsense.
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAddress } from "../../lab/ports.ts";
import { randomOf } from "../random.ts";

export type Manner = "idle" | "slow" | "garbage" | "brief";

const COUNT: Readonly<Record<Manner, number>> = { idle: 10_000, slow: 10_000, garbage: 2000, brief: 5000 };
/** Header time-outs end what is silent, so that nothing is held for long. */
const MOST_HELD_MS = 8000;
/** Time for those that the kernel had no room for at first, which knock again. */
const WATCHED_MS = 17_000;
const LOOK_MS = 200;
/** A loopback address has 28,000 ports to call from; these share them out. */
const CALLING_ADDRESSES = 200;

export type Crowd = {
  /** Connections that are still there. */
  open(): number;
  close(): void;
};

/** Opens them all at once; they stay until the server ends them. */
export function crowd(address: string, manner: Manner, count = COUNT[manner]): Crowd {
  const sockets = new Set<Socket>();
  const random = randomOf(count);
  for (let nth = 0; nth < count; nth++) {
    const localAddress = `127.0.1.${(nth % CALLING_ADDRESSES) + 1}`;
    const socket = connect({ ...parseAddress(address), localAddress });
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("connect", () => begin(socket, manner, random));
  }
  const drip = setInterval(() => {
    if (manner === "slow") for (const socket of sockets) if (socket.writable) socket.write("n");
  }, 500);
  return {
    open: () => sockets.size,
    close: () => {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    },
  };
}

function begin(socket: Socket, manner: Manner, random: () => number): void {
  if (manner === "slow") socket.write("agi_network: yes\nagi_cha");
  if (manner === "brief") socket.destroy();
  if (manner === "garbage") socket.write(garbage(random));
}

/** Bytes of any kind, now and then a very long line, a NUL, or something like a request of another protocol. */
function garbage(random: () => number): Buffer {
  const kinds = [
    () => Buffer.from(Array.from({ length: 500 }, () => Math.floor(random() * 256))),
    () => Buffer.alloc(100_000, "a"),
    () => Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    () => Buffer.from("agi_request: agi://x\nagi_request: agi://y\nagi_channel: \0\n\n"),
    () => Buffer.from("\n\n\n\n200 result=1\nHANGUP\n"),
  ];
  return kinds[Math.floor(random() * kinds.length)]?.() ?? Buffer.alloc(0);
}

/**
 * All of them at once: none that the server has taken may be held for long. What the client counts says less: where the
 * server's queue was full, the kernel leaves a client that says nothing in the belief that it is connected.
 */
export async function press(address: string, manner: Manner): Promise<readonly string[]> {
  const since = new Map<string, number>();
  const late = new Set<string>();
  const many = crowd(address, manner);
  const { port } = parseAddress(address);
  try {
    for (const ends = performance.now() + WATCHED_MS; performance.now() < ends && many.open() > 0; ) {
      const now = performance.now();
      const taken = takenAt(port);
      for (const socket of since.keys()) if (!taken.has(socket)) since.delete(socket);
      for (const socket of taken) {
        if (now - (since.get(socket) ?? now) > MOST_HELD_MS) late.add(socket);
        if (!since.has(socket)) since.set(socket, now);
      }
      await sleep(LOOK_MS);
    }
    return late.size === 0
      ? []
      : [`connections: ${late.size} were held for more than ${MOST_HELD_MS / 1000} s`];
  } finally {
    many.close();
  }
}

const [ESTABLISHED, CLOSE_WAIT] = ["01", "08"];

/** Connections at this port that a process of this network has taken and not closed, by their inodes. */
export function takenAt(port: number): ReadonlySet<string> {
  const taken = new Set<string>();
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n")) {
    const [, local = "", , state = "", , , , , , inode = "0"] = line.trim().split(/\s+/);
    // One that still waits to be taken has no inode.
    if (inode === "0" || (state !== ESTABLISHED && state !== CLOSE_WAIT)) continue;
    if (Number.parseInt(local.split(":")[1] ?? "", 16) === port) taken.add(inode);
  }
  return taken;
}
