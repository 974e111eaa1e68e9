import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { freePort, parseAddress } from "../../../load/lab/ports.ts";
import { startTcpLine } from "../../../load/lab/tcp-line.ts";
import { STAGES, startStepLine } from "../../../load/run/step-line.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A server that answers by `serve`, and where it listens. */
async function serverOf(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const bound = server.address();
  return `127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
}

async function freeAddress(): Promise<string> {
  return `127.0.0.1:${await freePort(21_000, 21_900, ["tcp"])}`;
}

type Peer = { readonly socket: Socket; readonly text: () => string; readonly closed: Promise<void> };

function peerAt(address: string): Peer {
  const socket = connect(parseAddress(address));
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  ends.push(() => socket.destroy());
  return { socket, text: () => text, closed: new Promise((done) => socket.once("close", () => done())) };
}

const echo = (socket: Socket): void => void socket.pipe(socket);

test("a_line_carries_both_ways_until_it_is_cut_and_again_once_mended", async () => {
  const at = await freeAddress();
  const line = await startTcpLine(at, await serverOf(echo));
  ends.push(() => line.close());
  const first = peerAt(at);
  first.socket.write("one");
  await expect.poll(first.text).toBe("one");
  line.cut();
  await first.closed;
  await peerAt(at).closed;
  line.mend();
  const second = peerAt(at);
  second.socket.write("two");
  await expect.poll(second.text).toBe("two");
});

test("a_slow_line_keeps_the_order_while_its_delay_changes", async () => {
  const at = await freeAddress();
  const line = await startTcpLine(at, await serverOf(echo));
  ends.push(() => line.close());
  const peer = peerAt(at);
  peer.socket.write("a");
  await expect.poll(peer.text).toBe("a");
  line.delay(80);
  peer.socket.write("b");
  await new Promise((done) => setTimeout(done, 20));
  line.mend();
  peer.socket.write("c");
  await expect.poll(peer.text).toBe("abc");
});

test("a_silent_line_carries_nothing_and_closes_nothing", async () => {
  const at = await freeAddress();
  const line = await startTcpLine(at, await serverOf(echo));
  ends.push(() => line.close());
  const peer = peerAt(at);
  peer.socket.write("heard");
  await expect.poll(peer.text).toBe("heard");
  line.silence();
  peer.socket.write("lost");
  line.mend();
  const other = peerAt(at);
  other.socket.write("new");
  await expect.poll(other.text).toBe("new");
  expect(peer.text()).toBe("heard");
  expect(peer.socket.destroyed).toBe(false);
});

test("a_line_can_be_spoken_into", async () => {
  let asked = "";
  const target = await serverOf((socket) =>
    socket.on("data", (chunk) => (asked += chunk.toString("latin1"))),
  );
  const at = await freeAddress();
  const line = await startTcpLine(at, target);
  ends.push(() => line.close());
  const peer = peerAt(at);
  peer.socket.write("x");
  await expect.poll(() => asked).toBe("x");
  line.say("told");
  line.ask("asked");
  await expect.poll(peer.text).toBe("told");
  await expect.poll(() => asked).toBe("xasked");
});

/** Answers a header with a command, and a reply with its end, as Signalbox does. */
const node = (socket: Socket): void => {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    if (text.endsWith("\n\n")) socket.write("EXEC MSet SB_ACTION=play\n");
    if (text.endsWith("200 result=0\n")) socket.end();
  });
};

test.each(STAGES)("a_step_stands_still_at_%s", async (stage) => {
  const at = await freeAddress();
  const line = await startStepLine(at, await serverOf(node));
  ends.push(() => line.close());
  let goOn = (): void => {};
  const struck = new Promise<void>((isStruck) => {
    line.at(stage, () => {
      isStruck();
      return new Promise((done) => {
        goOn = done;
      });
    });
  });
  const peer = peerAt(at);
  peer.socket.write("agi_request: agi://x\nagi_channel: y\n\n");
  peer.socket.on("data", () => peer.socket.write("200 result=0\n"));
  await struck;
  const hasCommand = STAGES.indexOf(stage) > STAGES.indexOf("command");
  await expect.poll(() => peer.text() !== "").toBe(hasCommand);
  goOn();
  await peer.closed;
});
