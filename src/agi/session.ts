/**
 * One FastAGI session: read the header, ask the handler, send its answer as one command, wait for the reply,
 * close. One command in flight, a deadline on every wait, and exactly one outcome whatever the peer does.
 *
 * It refuses to keep a call waiting: whatever goes wrong, it closes without a decision and the dialplan's
 * watchdog takes the call to its fallback.
 */
import type { Socket } from "node:net";
import type { Logger } from "pino";
import {
  AgiDecoder,
  type AgiMessage,
  AgiProtocolError,
  type AgiReply,
  type AgiRequest,
  encodeMSet,
} from "./codec.ts";

/** Sent as one EXEC MSet, in this order; then the session waits for its reply and closes. */
export type AgiAnswer = { readonly variables: readonly (readonly [name: string, value: string])[] };

/**
 * Decides one step. Null closes without a decision, and so does a rejection, which is logged with its `code`.
 * `log` is bound to the session. An answer that comes after the peer left or after the deadline is dropped.
 */
export type AgiHandler = (
  request: AgiRequest,
  peer: { readonly address: string },
  log: Logger,
) => Promise<AgiAnswer | null>;

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

type SessionOptions = {
  readonly handler: AgiHandler;
  readonly log: Logger;
  readonly deadlines: AgiDeadlines;
  /** Called once, with the time since the connection was accepted. */
  readonly onEnd: (session: AgiSession, outcome: AgiOutcome, seconds: number) => void;
};

export class AgiSession {
  readonly #socket: Socket;
  readonly #peer: { readonly address: string };
  readonly #options: SessionOptions;
  readonly #decoder = new AgiDecoder();
  readonly #startedAt = performance.now();
  #phase: "header" | "handler" | "reply" | "ended" = "header";
  #log: Logger;
  #timer: NodeJS.Timeout;

  constructor(socket: Socket, peer: { readonly address: string }, options: SessionOptions) {
    this.#socket = socket;
    this.#peer = peer;
    this.#options = options;
    this.#log = options.log;
    this.#timer = setTimeout(this.#expire, options.deadlines.headerMs);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("end", () => this.#peerClosed());
    // A reset is an ordinary way to leave: Node closes the socket, and `close` ends the session.
    socket.on("error", (error) =>
      this.#log.debug({ event: "agi.socket_error", err: error, peer: this.#peer.address }),
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
    const { handler, log, deadlines } = this.#options;
    this.#enter("handler", deadlines.handlerMs);
    this.#log = log.child({
      uniqueid: request.headers.get("uniqueid"),
      channel: request.headers.get("channel"),
    });
    try {
      handler(request, this.#peer, this.#log).then(
        (answer) => this.#answered(answer),
        (error: unknown) => this.#handlerFailed(error),
      );
    } catch (error) {
      this.#handlerFailed(error);
    }
  }

  #answered(answer: AgiAnswer | null): void {
    if (this.#phase !== "handler") {
      this.#log.debug({ event: "agi.late_answer" }, "the answer came after the session had ended");
    } else if (answer === null) {
      this.#end("no_decision");
    } else {
      try {
        const command = encodeMSet(answer.variables);
        this.#enter("reply", this.#options.deadlines.replyMs);
        this.#socket.write(command, "latin1");
      } catch (error) {
        this.#handlerFailed(error);
      }
    }
  }

  #handlerFailed(error: unknown): void {
    const code = error instanceof Error && "code" in error ? error.code : "agi_handler_failed";
    this.#log.error({ event: "agi.handler_failed", code, err: error }, "closed without a decision");
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
      this.#end("decided");
    } else {
      const { code: agiCode, result, text } = reply;
      const says = "Asterisk refused MSet: is its application loaded?";
      this.#log.error(
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
      this.#log.error({ event: "agi.bug", code: "agi_bug", err: error }, "please report this with its stack");
      this.#end("error");
    }
  }

  readonly #expire = (): void => {
    const phase = this.#phase;
    const who = phase === "handler" ? "the decision" : `the peer's ${phase}`;
    this.#fail("timeout", `agi_${phase}_timeout`, `${who} took too long: see the load of both machines`);
  };

  #fail(outcome: AgiOutcome, code: string, says: string): void {
    if (this.#phase === "ended") return;
    this.#log.warn({ event: `agi.${outcome}`, code, peer: this.#peer.address }, says);
    this.#end(outcome);
  }

  #enter(phase: "handler" | "reply", deadlineMs: number): void {
    clearTimeout(this.#timer);
    this.#phase = phase;
    this.#timer = setTimeout(this.#expire, deadlineMs);
  }

  /** Nothing is left to send or read, so the socket is destroyed: cheaper than a half-close, and as final. */
  #end(outcome: AgiOutcome): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    clearTimeout(this.#timer);
    this.#socket.destroy();
    this.#options.onEnd(this, outcome, (performance.now() - this.#startedAt) / 1000);
  }
}
