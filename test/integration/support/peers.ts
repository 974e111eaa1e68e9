// Services that fail in every way a FastAGI service can, on the address where Signalbox would be.
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { parseAddress } from "../../../load/lab/ports.ts";
import { type Child, startChild } from "../../../load/lab/processes.ts";

export type Peer = {
  /** Connections so far. */
  readonly taken: () => number;
  close(): Promise<void>;
};

/** Listens on `address`; `serve` gets each connection and its number, the first is 1. */
export async function listenAs(
  address: string,
  serve: (socket: Socket, number: number) => void,
): Promise<Peer> {
  let taken = 0;
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    taken += 1;
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    serve(socket, taken);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(parseAddress(address), resolve);
  });
  return {
    taken: () => taken,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Calls `then` with the header of a request once it has come to its end. */
export function onHeader(socket: Socket, then: (header: string) => void): void {
  let text = "";
  const read = (chunk: Buffer): void => {
    text += chunk.toString("latin1");
    if (!text.includes("\n\n")) return;
    socket.off("data", read);
    socket.resume();
    then(text);
  };
  socket.on("data", read);
}

/** Writes `text` piece by piece, again and again, until the other side goes. */
export function writeForEver(socket: Socket, pieces: Iterable<string>, everyMs: number): void {
  const list = [...pieces];
  let at = 0;
  const timer = setInterval(() => socket.write(list[at++ % list.length] ?? ""), everyMs);
  socket.on("close", () => clearInterval(timer));
}

/** Passes everything on to `address`, both ways. */
export function passOn(socket: Socket, address: string): void {
  const onward = connect(parseAddress(address));
  onward.on("error", () => socket.destroy());
  socket.on("close", () => onward.destroy());
  onward.on("close", () => socket.destroy());
  socket.pipe(onward).pipe(socket);
}

/** A listener whose queue is full, so that the kernel answers no further SYN: as good as a black hole. */
export async function blackHole(address: string): Promise<{ close(): Promise<void> }> {
  const child: Child = await startChild({
    name: "the black hole",
    command: process.execPath,
    args: [join(import.meta.dirname, "deaf-listener.ts"), address],
  });
  await child.waitForLine(/^listening$/, 10_000);
  child.kill("SIGSTOP");
  const queued: Socket[] = [];
  while (await connects(address, queued)) {
    if (queued.length > 16) throw new Error("the queue of the deaf listener does not fill");
  }
  return {
    close: async () => {
      for (const socket of queued) socket.destroy();
      await child.stop();
    },
  };
}

function connects(address: string, sockets: Socket[]): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(parseAddress(address));
    sockets.push(socket);
    const timer = setTimeout(() => resolve(false), 400);
    socket.on("error", () => {});
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
