/** The Asterisk side of a FastAGI session over a real socket, scripted by a test. */
import { connect, type Socket } from "node:net";
import { pino } from "pino";
import type { AgiHandler, AgiLimits, AgiOutcome, AgiServer, AgiServerOptions } from "../../src/agi/server.ts";
import { createAgiServer } from "../../src/agi/server.ts";

export const HEADER = [
  "agi_network: yes",
  "agi_network_script: inbound?server=ast1",
  "agi_request: agi://127.0.0.1/inbound?server=ast1",
  "agi_channel: PJSIP/apex_sip-00000001",
  "agi_uniqueid: 1795302581.1",
  "agi_callerid: 12125550199",
  "agi_extension: 12125550100",
  "agi_arg_1: pin4929",
  "",
  "",
].join("\n");

export type Peer = {
  readonly socket: Socket;
  send(text: string): void;
  /** All bytes so far, as soon as they end in a newline. */
  line(): Promise<string>;
  /** All bytes ever received, once the other side has closed. */
  closed(): Promise<string>;
};

export function openPeer(port: number, from?: string): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: "127.0.0.1",
      ...(from === undefined ? {} : { localAddress: from }),
    });
    let received = "";
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", reject);
    const gone = new Promise<string>((done) => socket.on("close", () => done(received)));
    const line = async (): Promise<string> => {
      while (!received.endsWith("\n") && !socket.destroyed) {
        await new Promise<void>((again) => socket.once("data", () => again()).once("close", () => again()));
      }
      return received;
    };
    const send = (text: string): void => void socket.write(text, "latin1");
    socket.on("connect", () => resolve({ socket, send, line, closed: () => gone }));
  });
}

/** One well-behaved session; the command that was received. */
export async function goodSession(port: number): Promise<string> {
  const peer = await openPeer(port);
  peer.send(HEADER);
  const command = await peer.line();
  peer.send("200 result=0\n");
  await peer.closed();
  return command;
}

export type Rig = {
  readonly server: AgiServer;
  readonly port: number;
  readonly logged: Record<string, unknown>[];
  /** The next session's outcome that was not asked for yet, in order of ending. */
  outcome(): Promise<AgiOutcome>;
};

export const decide: AgiHandler = async () => ({ variables: [["SB_ACTION", "dial"]] });

type RigOptions = {
  handler?: AgiHandler;
  limits?: Partial<AgiLimits>;
  allow?: AgiServerOptions["allow"];
  listen?: string;
};

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => logged.push(JSON.parse(line)) });
  const ended: AgiOutcome[] = [];
  const waiting: ((outcome: AgiOutcome) => void)[] = [];
  const server = createAgiServer({
    listen: options.listen ?? "127.0.0.1:0",
    allow: options.allow ?? ["127.0.0.0/8"],
    handler: options.handler ?? decide,
    log,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    onSessionEnd({ outcome }) {
      const next = waiting.shift();
      if (next === undefined) ended.push(outcome);
      else next(outcome);
    },
  });
  const { port } = await server.start();
  const outcome = (): Promise<AgiOutcome> => {
    const known = ended.shift();
    return known === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(known);
  };
  return { server, port, logged, outcome };
}
