/**
 * One FastAGI session: read the header, ask the handler, send its answer as one command, wait for the reply,
 * close. One command in flight, a deadline on every wait, and exactly one outcome whatever the peer does.
 *
 * It refuses to keep a call waiting: whatever goes wrong, it closes without a decision and the dialplan's
 * watchdog takes the call to its fallback.
 */
import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { Soon } from "../platform/soon.ts";
import { AgiDecoder, type AgiMessage, AgiProtocolError, type AgiReply, type AgiRequest } from "./codec.ts";
import { Deadlines, type Waiter } from "./deadlines.ts";
import { encodeMSets } from "./encode.ts";

/** Sent as one EXEC MSet, in this order; then the session waits for its reply and closes. A long one takes several. */
export type AgiAnswer = { readonly variables: readonly (readonly [name: string, value: string])[] };

/**
 * Decides one step, at once if it can. Null closes without a decision, and so does an exception or a rejection, which
 * is logged with its `code`. `log` gives a log bound to the session; few sessions need one, so it is made when asked
 * for. An answer that comes after the peer left or after the deadline is dropped.
 */
export type AgiHandler = (request: AgiRequest, peer: AgiPeer, log: () => Logger) => Soon<AgiAnswer | null>;

export type AgiPeer = { readonly address: string };

/** `refused`: not admitted; `hangup`: the peer left or the channel is dead; `error`: handler or command failed. */
export type AgiOutcome =
  | "decided"
  | "no_decision"
  | "hangup"
  | "timeout"
  | "protocol_error"
  | "refused"
  | "error";

/** The longest waits for the whole header, for the handler's answer, and for Asterisk's reply. */
export type AgiDeadlines = {
  readonly headerMs: number;
  readonly handlerMs: number;
  readonly replyMs: number;
};

/** The same for every session of one server. */
export type SessionOptions = {
  readonly handler: AgiHandler;
  readonly log: Logger;
  readonly waits: SessionWaits;
  /** True while requests are read that may have waited for a while. */
  readonly isBehind: () => boolean;
  /** Called once, with the time since the connection was accepted. */
  readonly onEnd: (session: AgiSession, outcome: AgiOutcome, seconds: number) => void;
};

type Phase = "header" | "handler" | "reply";

export type SessionWaits = Readonly<Record<Phase, Deadlines>>;

export function waitsOf({ headerMs, handlerMs, replyMs }: AgiDeadlines): SessionWaits {
  return {
    header: new Deadlines(headerMs),
    handler: new Deadlines(handlerMs),
    reply: new Deadlines(replyMs),
  };
}

export class AgiSession implements Waiter {
  readonly #socket: Socket;
  readonly #peer: AgiPeer;
  readonly #options: SessionOptions;
  readonly #decoder = new AgiDecoder();
  readonly #startedAt = performance.now();
  #phase: Phase | "ended" = "header";
  #request: AgiRequest | null = null;
  #log: Logger | null = null;
  /** Commands that follow the one in flight. */
  #commands: readonly string[] = [];

  constructor(socket: Socket, peer: AgiPeer, options: SessionOptions) {
    this.#socket = socket;
    this.#peer = peer;
    this.#options = options;
    options.waits.header.set(this, this.#startedAt);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("end", () => this.#peerClosed());
    // A reset is an ordinary way to leave: Node closes the socket, and `close` ends the session.
    socket.on("error", (error) =>
      this.#bound().debug({ event: "agi.socket_error", err: error, peer: this.#peer.address }),
    );
    socket.on("close", () => this.#end("hangup"));
  }

  /** Cuts the session off; used when draining has taken too long. */
  cut(): void {
    this.#fail("timeout", "agi_drained", "cut off by a restart: give draining more time if this is frequent");
  }

  #receive(chunk: Uint8Array): void {
    try {
      for (const message of this.#decoder.push(chunk)) this.#handle(message);
    } catch (error) {
      this.#broken(error);
    }
  }

  #handle(message: AgiMessage): void {
    if (message.type === "request") this.#ask(message.request);
    else if (message.type === "reply") this.#replied(message);
    // With a command in flight its reply still follows; without one nobody is left to decide for.
    else if (this.#phase === "handler") this.#end("hangup");
  }

  #ask(request: AgiRequest): void {
    this.#request = request;
    this.#phase = "handler";
    this.#options.waits.header.clear(this);
    if (!this.#options.isBehind()) this.#decide(request);
    // The peer may have left long ago, with its call in the fallback by now; that is read in the loop's next turn.
    else setImmediate(() => setImmediate(() => this.#phase === "handler" && this.#decide(request)));
  }

  #decide(request: AgiRequest): void {
    try {
      const answer = this.#options.handler(request, this.#peer, () => this.#bound());
      if (!(answer instanceof Promise)) {
        this.#answered(answer);
        return;
      }
      this.#options.waits.handler.set(this, performance.now());
      answer.then(
        (late) => this.#answered(late),
        (error: unknown) => this.#handlerFailed(error),
      );
    } catch (error) {
      this.#handlerFailed(error);
    }
  }

  /** The log with whose session this is, once that is known. */
  #bound(): Logger {
    if (this.#request === null) return this.#options.log;
    const { headers } = this.#request;
    this.#log ??= this.#options.log.child({
      uniqueid: headers.get("uniqueid"),
      channel: headers.get("channel"),
    });
    return this.#log;
  }

  #answered(answer: AgiAnswer | null): void {
    if (this.#phase !== "handler") {
      this.#bound().debug({ event: "agi.late_answer" }, "the answer came after the session had ended");
    } else if (answer === null) {
      this.#end("no_decision");
    } else {
      try {
        this.#commands = encodeMSets(answer.variables);
        this.#options.waits.handler.clear(this);
        this.#phase = "reply";
        this.#sendNext();
      } catch (error) {
        this.#handlerFailed(error);
      }
    }
  }

  /** One at a time: Asterisk never reads a second command that comes in one write with the first. */
  #sendNext(): void {
    const [command = "", ...rest] = this.#commands;
    this.#commands = rest;
    const { reply } = this.#options.waits;
    reply.clear(this);
    reply.set(this, performance.now());
    this.#socket.write(command, "latin1");
  }

  #handlerFailed(error: unknown): void {
    const code = error instanceof Error && "code" in error ? error.code : "agi_handler_failed";
    this.#bound().error({ event: "agi.handler_failed", code, err: error }, "closed without a decision");
    this.#end("error");
  }

  #replied(reply: AgiReply): void {
    if (this.#phase === "ended" || reply.code < 200) return;
    if (this.#phase !== "reply") {
      this.#fail(
        "protocol_error",
        "agi_unexpected_reply",
        "a reply without a command: find out what connects here",
      );
    } else if (reply.code === 511) {
      this.#end("hangup");
    } else if (reply.code === 200 && !reply.result.startsWith("-")) {
      if (this.#commands.length === 0) this.#end("decided");
      else this.#sendNext();
    } else {
      const { code: agiCode, result, text } = reply;
      const says = "Asterisk refused MSet: is its application loaded?";
      this.#bound().error(
        { event: "agi.command_refused", code: "agi_command_refused", agiCode, result, text },
        says,
      );
      this.#end("error");
    }
  }

  #peerClosed(): void {
    try {
      if (this.#phase === "header") this.#decoder.end();
      this.#end("hangup");
    } catch (error) {
      this.#broken(error);
    }
  }

  #broken(error: unknown): void {
    if (error instanceof AgiProtocolError) {
      this.#fail("protocol_error", error.code, error.message);
    } else {
      this.#bound().error(
        { event: "agi.bug", code: "agi_bug", err: error },
        "please report this with its stack",
      );
      this.#end("error");
    }
  }

  /** A wait was too long. */
  expired(): void {
    const phase = this.#phase;
    const who = phase === "handler" ? "the decision" : `the peer's ${phase}`;
    this.#fail("timeout", `agi_${phase}_timeout`, `${who} took too long: see the load of both machines`);
  }

  #fail(outcome: AgiOutcome, code: string, says: string): void {
    if (this.#phase === "ended") return;
    this.#bound().warn({ event: `agi.${outcome}`, code, peer: this.#peer.address }, says);
    this.#end(outcome);
  }

  /** Nothing is left to send or read, so the socket is destroyed: cheaper than a half-close, and as final. */
  #end(outcome: AgiOutcome): void {
    if (this.#phase === "ended") return;
    this.#options.waits[this.#phase].clear(this);
    this.#phase = "ended";
    this.#socket.destroy();
    this.#options.onEnd(this, outcome, (performance.now() - this.#startedAt) / 1000);
  }
}
