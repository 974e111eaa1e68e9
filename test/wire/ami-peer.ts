import { createServer, type Server, type Socket } from "node:net";
import { Writable } from "node:stream";
import pino, { type Logger } from "pino";
import type { AmiMessage, AmiState } from "../../src/ami/connection.ts";
import {
  type AmiConnection,
  type AmiConnectionOptions,
  createAmiConnection,
} from "../../src/ami/connection.ts";

export type Action = Readonly<Record<string, string>>;

/** A scripted switch on a real socket. What a script leaves out is answered as Asterisk would. */
export type Script = {
  readonly greeting?: string | null;
  readonly onLogin?: (session: PeerSession, action: Action) => void;
  readonly onPing?: (session: PeerSession, action: Action) => void;
  readonly onAction?: (session: PeerSession, action: Action) => void;
};

/** A switch that is up; `channels` gives the lines of each channel that it has. */
export const switchWith = (channels: () => readonly (readonly string[])[]): Script => ({
  onAction: (session, { Action: action = "", ActionID = "" }) => {
    const id = `ActionID: ${ActionID}`;
    if (action === "CoreStatus")
      session.send("Response: Success", id, "CoreStartupDate: 2026-11-22", "CoreStartupTime: 08:00:00");
    else if (action === "CoreShowChannels") {
      const listed = channels();
      session.send("Response: Success", id, "EventList: start", "Message: Channels will follow");
      for (const lines of listed)
        session.send("Event: CoreShowChannel", id, ...lines, "Application: Wait", "Duration: 00:00:01");
      session.send(
        "Event: CoreShowChannelsComplete",
        id,
        "EventList: Complete",
        `ListItems: ${listed.length}`,
      );
    } else session.send("Response: Error", id, "Message: No such channel");
  },
});

export type PeerSession = {
  readonly socket: Socket;
  readonly actions: Action[];
  /** One message; each argument a line. */
  send(...lines: string[]): void;
  /** Bytes as they are. */
  write(text: string): void;
};

export type Peer = {
  readonly address: string;
  readonly sessions: PeerSession[];
  close(): Promise<void>;
};

export const FULLY_BOOTED = ["Event: FullyBooted", "Privilege: system,all", "Status: Fully Booted"];

export function acceptLogin(session: PeerSession, action: Action): void {
  session.send("Response: Success", `ActionID: ${action.ActionID}`, "Message: Authentication accepted");
  session.send(...FULLY_BOOTED);
}

export function pong(session: PeerSession, action: Action): void {
  session.send("Response: Success", `ActionID: ${action.ActionID}`, "Ping: Pong");
}

/** The nth connection runs the nth script, later ones the last. */
export async function startPeer(...scripts: readonly Script[]): Promise<Peer> {
  const sessions: PeerSession[] = [];
  const server: Server = createServer({ noDelay: true }, (socket) => {
    const script = scripts[Math.min(sessions.length, scripts.length - 1)] ?? {};
    const session: PeerSession = {
      socket,
      actions: [],
      send: (...lines) => session.write(`${lines.join("\r\n")}\r\n\r\n`),
      write: (text) => {
        if (!socket.destroyed) socket.write(text);
      },
    };
    sessions.push(session);
    socket.on("error", () => socket.destroy());
    const greeting = script.greeting === undefined ? "Asterisk Call Manager/11.0.0\r\n" : script.greeting;
    if (greeting !== null) socket.write(greeting);
    let held = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      const parts = (held + String(chunk)).split("\r\n\r\n");
      held = parts.pop() ?? "";
      for (const part of parts) answer(session, script, readAction(part));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the scripted peer has no port");
  return {
    address: `127.0.0.1:${bound.port}`,
    sessions,
    close: () => {
      for (const session of sessions) session.socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function readAction(text: string): Action {
  return Object.fromEntries(text.split("\r\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
}

function answer(session: PeerSession, script: Script, action: Action): void {
  session.actions.push(action);
  if (action.Action === "Login") (script.onLogin ?? acceptLogin)(session, action);
  else if (action.Action === "Ping") (script.onPing ?? pong)(session, action);
  else script.onAction?.(session, action);
}

export type Watched = {
  readonly connection: AmiConnection;
  readonly events: AmiMessage[];
  readonly states: { readonly state: AmiState; readonly why: string; readonly silentMs: number }[];
  readonly log: Record<string, unknown>[];
};

/** A connection with short times, and everything it told. */
export function watch(address: string, more: Partial<AmiConnectionOptions> = {}): Watched {
  const events: AmiMessage[] = [];
  const states: { state: AmiState; why: string; silentMs: number }[] = [];
  const { log, lines } = collectingLog();
  const connection = createAmiConnection({
    server: "ast1",
    address,
    username: "signalbox",
    secret: "s3cr3t-word",
    log,
    onEvent: (message) => events.push(message),
    onState: (state, why, silentMs) => states.push({ state, why, silentMs }),
    ...more,
    timings: { backoffMinMs: 5, backoffMaxMs: 40, ...more.timings },
  });
  return { connection, events, states, log: lines };
}

function collectingLog(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { log: pino({}, stream), lines };
}
