import { connect, type Socket } from "node:net";
import { AmiDecoder, type AmiItem, type AmiMessage, AmiProtocolError, encodeAction } from "./codec.ts";
import { AmiError, PendingActions } from "./pending.ts";

export type AmiTimings = {
  readonly connectMs: number;
  readonly loginMs: number;
  /** How long after the login a missing FullyBooted is reported. */
  readonly bootedMs: number;
  readonly pingEveryMs: number;
  /** Without any byte for this long after a ping the peer is dead. */
  readonly pingAnswerMs: number;
  readonly actionMs: number;
  readonly listMs: number;
};

export type SessionEnd = {
  readonly code: "lost" | "login_refused" | "stopped";
  readonly why: string;
  /** Nothing had been heard for so long: 0 where the peer itself closed, which is a sign of life. */
  readonly silentMs: number;
};

export type SessionOptions = {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly secret: string;
  readonly timings: AmiTimings;
  readonly maxPending: number;
  readonly onAuthenticating: () => void;
  readonly onUp: (banner: string) => void;
  readonly onNotBooted: () => void;
  readonly onEvent: (message: AmiMessage) => void;
  readonly onBytes: (count: number) => void;
  readonly onLag: (ms: number) => void;
  /** Exactly once, after every waiting action was settled. */
  readonly onEnd: (end: SessionEnd, malformed: number) => void;
};

/** How long a polite Logoff may take before the socket is destroyed. */
const LOGOFF_MS = 250;

const DEAF = "it did not answer a ping; the peer or the way to it is dead";

/**
 * One socket from connect to close: greeting, login, FullyBooted, pings. It never reconnects, and it never
 * waits: whatever arrives is handed on while it is read, since Asterisk cuts a client that stalls for 100 ms.
 */
export class AmiSession {
  readonly #options: SessionOptions;
  readonly #socket: Socket;
  readonly #decoder = new AmiDecoder();
  readonly #pending: PendingActions;
  #phase: "greeting" | "login" | "booting" | "up" | "closed" = "greeting";
  #booted = false;
  #banner = "";
  #failure: string | null = null;
  #lastByteAt = 0;
  #deadline: NodeJS.Timeout | undefined;
  #pings: NodeJS.Timeout | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#pending = new PendingActions(options.maxPending);
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true, keepAlive: true });
    this.#socket.on("connect", () => this.#expect(options.timings.loginMs, "it sent no manager greeting"));
    this.#socket.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#socket.on("error", (error) => {
      this.#failure = error.message;
    });
    this.#socket.on("close", () => this.#end("lost", this.#failure ?? "Asterisk closed the connection"));
    this.#expect(options.timings.connectMs, "it did not accept the connection");
  }

  get up(): boolean {
    return this.#phase === "up";
  }

  get malformed(): number {
    return this.#decoder.malformed;
  }

  get pending(): PendingActions {
    return this.#pending;
  }

  /** `id` comes from `pending`. Throws AmiProtocolError `bad_action`, with the id forgotten. */
  send(name: string, fields: Readonly<Record<string, string>>, id: string): void {
    try {
      const action = encodeAction(name, fields, id);
      // What is asked in one turn leaves in one piece: each would wake Asterisk's thread for itself.
      if (this.#socket.writableCorked === 0) {
        this.#socket.cork();
        process.nextTick(() => this.#socket.uncork());
      }
      this.#socket.write(action);
    } catch (error) {
      this.#pending.drop(id);
      throw error;
    }
  }

  /** Settles when the socket is gone, within a quarter of a second. */
  stop(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once("close", () => resolve());
      const polite = this.#phase === "booting" || this.#phase === "up";
      this.#settle("stopped", "stopped");
      if (!polite) this.#socket.destroy();
      else this.#socket.end("Action: Logoff\r\n\r\n");
      setTimeout(() => this.#socket.destroy(), LOGOFF_MS).unref();
    });
  }

  #read(chunk: Buffer): void {
    if (this.#phase === "closed") return;
    this.#lastByteAt = performance.now();
    this.#options.onBytes(chunk.length);
    let items: readonly AmiItem[];
    let broken: AmiProtocolError | null = null;
    try {
      items = this.#decoder.push(chunk);
    } catch (error) {
      if (!(error instanceof AmiProtocolError)) throw error;
      items = error.decoded;
      broken = error;
    }
    for (const item of items) {
      if (item.kind === "greeting") this.#login(item.banner);
      else if (!this.#pending.take(item)) this.#event(item);
    }
    if (broken !== null) this.#end("lost", broken.message);
  }

  #event(message: AmiMessage): void {
    if (this.#hasEnded()) return;
    if (message.name === "FullyBooted") {
      this.#booted = true;
      this.#upIfReady();
    }
    this.#options.onEvent(message);
  }

  // A method, so that the compiler does not narrow the phase across callbacks that change it.
  #hasEnded(): boolean {
    return this.#phase === "closed";
  }

  #login(banner: string): void {
    if (this.#hasEnded()) return;
    const { username, secret, timings } = this.#options;
    this.#phase = "login";
    this.#banner = banner;
    this.#expect(timings.loginMs, "it did not answer the login");
    this.#options.onAuthenticating();
    const id = this.#pending.addAction(
      timings.loginMs * 2,
      () => this.#loggedIn(),
      (error) => {
        if (error.code === "ami_refused") this.#end("login_refused", error.message);
      },
    );
    this.send("Login", { Username: username, Secret: secret, Events: "on" }, id);
  }

  #loggedIn(): void {
    if (this.#hasEnded()) return;
    const { timings, onNotBooted } = this.#options;
    this.#phase = "booting";
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(onNotBooted, timings.bootedMs);
    this.#pings = setInterval(() => this.#ping(), timings.pingEveryMs);
    this.#upIfReady();
  }

  #upIfReady(): void {
    if (this.#phase !== "booting" || !this.#booted) return;
    clearTimeout(this.#deadline);
    this.#phase = "up";
    this.#options.onUp(this.#banner);
  }

  #ping(): void {
    const at = performance.now();
    try {
      const { pingAnswerMs } = this.#options.timings;
      const answered = () => this.#options.onLag(performance.now() - at);
      this.send(
        "Ping",
        {},
        this.#pending.addAction(pingAnswerMs * 2, answered, () => {}),
      );
    } catch (error) {
      // With the table full the peer is judged by the bytes it sends all the same.
      if (!(error instanceof AmiError)) throw error;
    }
    // One for every ping, so that the next ping does not put it off.
    setTimeout(() => {
      // After a stall of our own process the answer may lie unread: one turn of the event loop reads it.
      setImmediate(() => {
        if (this.#lastByteAt <= at && !this.#hasEnded())
          this.#end("lost", DEAF, performance.now() - this.#lastByteAt);
      });
    }, this.#options.timings.pingAnswerMs).unref();
  }

  #expect(ms: number, otherwise: string): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#end("lost", `${otherwise} within ${ms} ms`), ms);
  }

  #end(code: SessionEnd["code"], why: string, silentMs = 0): void {
    this.#settle(code, why, silentMs);
    this.#socket.destroy();
  }

  #settle(code: SessionEnd["code"], why: string, silentMs = 0): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    clearTimeout(this.#deadline);
    clearInterval(this.#pings);
    this.#pending.failAll(
      code === "stopped"
        ? new AmiError("ami_stopped", "The manager connection was stopped; nothing is asked any more.")
        : new AmiError(
            "ami_connection_lost",
            "The manager connection was lost before the answer came; the action is not repeated, ask again once it is up.",
          ),
    );
    this.#options.onEnd({ code, why, silentMs }, this.#decoder.malformed);
  }
}
