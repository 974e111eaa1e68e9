// One standing connection to the manager interface of one Asterisk: logs in, tells what happens there, asks,
// and comes back by itself after every loss. It does not judge events, keeps no history and never replays an
// action: after a loss the switch may have done it. Nor does it pretend that nothing was missed: Asterisk
// sends no event twice, so whoever needs the whole truth sweeps after each `up`. Each switch has a connection
// of its own; what happens to one touches no other.
import type { Logger } from "pino";
import type { AmiMessage } from "./codec.ts";
import { AmiError, type AmiList } from "./pending.ts";
import { AmiSession, type AmiTimings, type SessionEnd } from "./session.ts";

export type { AmiMessage } from "./codec.ts";
export { AmiError, type AmiErrorCode, type AmiList } from "./pending.ts";

export type AmiState = "connecting" | "authenticating" | "up" | "down";

export type AmiConnectionTimings = AmiTimings & {
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** Up for this long, the next loss starts again at the shortest delay. */
  readonly stableMs: number;
  readonly loginRefusedRetryMs: number;
};

/**
 * A connection that carries nothing any more is noticed within 8 s: with an election of 2 s another node listens within
 * 10. One attempt in 3 s burdens no switch, and what ends meanwhile keeps its channel until somebody looks.
 */
const DEFAULT_TIMINGS: AmiConnectionTimings = {
  connectMs: 5_000,
  loginMs: 5_000,
  bootedMs: 5_000,
  pingEveryMs: 3_000,
  pingAnswerMs: 5_000,
  actionMs: 10_000,
  listMs: 15_000,
  backoffMinMs: 250,
  backoffMaxMs: 3_000,
  stableMs: 30_000,
  loginRefusedRetryMs: 15_000,
};

const MAX_PENDING = 1_000;

export type AmiConnectionOptions = {
  /** The name of the switch in the configuration. */
  readonly server: string;
  /** `host:port`; an IPv6 address stands in brackets. */
  readonly address: string;
  readonly username: string;
  readonly secret: string;
  readonly log: Logger;
  /** Called while the socket is read; MUST return at once. What it throws is logged and goes no further. */
  readonly onEvent: (message: AmiMessage) => void;
  /** `silentMs`: for how long nothing had been heard of one that goes down in silence; else 0. */
  readonly onState: (state: AmiState, why: string, silentMs: number) => void;
  readonly timings?: Partial<AmiConnectionTimings>;
  /** 0 ≤ x < 1, for the jitter of the delays. */
  readonly random?: () => number;
};

export type AmiStats = {
  /** Events handed on. */
  readonly received: number;
  /** Sessions that ended after they were up, not counting stop(): each may have lost any number of events. */
  readonly lost: number;
  /** Milliseconds since 1970. */
  readonly lastEventAt: number | null;
  /** How often the connection came up again. */
  readonly reconnects: number;
  /** Round trip of the last answered ping; its answer queues behind the events. */
  readonly lagMs: number | null;
  readonly bytes: number;
  /** Lines and messages that could not be read and were left out. */
  readonly malformed: number;
};

export type AmiConnection = {
  start(): void;
  /** Rejects whatever waits with `ami_stopped`; settles when the socket is gone. */
  stop(): Promise<void>;
  readonly state: AmiState;
  readonly up: boolean;
  /** One answer. Rejects with AmiError (`ami_refused` holds the answer) or, for a bad field, AmiProtocolError. */
  action(name: string, fields?: Readonly<Record<string, string>>): Promise<AmiMessage>;
  /** The events bound to this request. Incomplete lists resolve too: look at `complete`. */
  list(name: string, fields?: Readonly<Record<string, string>>, completeEvent?: string): Promise<AmiList>;
  stats(): AmiStats;
};

export function createAmiConnection(options: AmiConnectionOptions): AmiConnection {
  return new Connection(options);
}

class Connection implements AmiConnection {
  readonly #options: AmiConnectionOptions;
  readonly #timings: AmiConnectionTimings;
  readonly #log: Logger;
  readonly #peer: { readonly host: string; readonly port: number };
  readonly #counts = { received: 0, lost: 0, ups: 0, bytes: 0, malformed: 0 };
  #lastEventAt: number | null = null;
  #lagMs: number | null = null;
  #state: AmiState = "down";
  #session: AmiSession | null = null;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #upSince: number | null = null;
  #started = false;
  #stopped = false;

  constructor(options: AmiConnectionOptions) {
    this.#options = options;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.#log = options.log.child({ server: options.server, ami: options.address });
    this.#peer = parseAddress(options.address);
  }

  get state(): AmiState {
    return this.#state;
  }

  get up(): boolean {
    return this.#state === "up";
  }

  start(): void {
    if (this.#stopped)
      throw new AmiError("ami_stopped", "A stopped connection stays stopped; create another.");
    if (this.#started) return;
    this.#started = true;
    this.#open();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    await this.#session?.stop();
    this.#change("down", "stopped");
  }

  action(name: string, fields: Readonly<Record<string, string>> = {}): Promise<AmiMessage> {
    return new Promise((resolve, reject) => {
      const session = this.#sessionUp();
      session.send(name, fields, session.pending.addAction(this.#timings.actionMs, resolve, reject));
    });
  }

  list(
    name: string,
    fields: Readonly<Record<string, string>> = {},
    completeEvent?: string,
  ): Promise<AmiList> {
    return new Promise((resolve, reject) => {
      const session = this.#sessionUp();
      const id = session.pending.addList(this.#timings.listMs, completeEvent ?? null, resolve, reject);
      session.send(name, fields, id);
    });
  }

  stats(): AmiStats {
    const { received, lost, ups, bytes, malformed } = this.#counts;
    const reconnects = Math.max(0, ups - 1);
    const live = this.#session?.malformed ?? 0;
    return {
      received,
      lost,
      lastEventAt: this.#lastEventAt,
      reconnects,
      lagMs: this.#lagMs,
      bytes,
      malformed: malformed + live,
    };
  }

  #sessionUp(): AmiSession {
    if (this.#session?.up === true) return this.#session;
    throw new AmiError(
      "ami_not_up",
      `No manager session with ${this.#options.server} is up (it is ${this.#state}); ask again once it is.`,
    );
  }

  #open(): void {
    this.#change("connecting", `connecting to ${this.#options.address}`);
    if (this.#stopped) return;
    this.#session = new AmiSession({
      ...this.#peer,
      username: this.#options.username,
      secret: this.#options.secret,
      timings: this.#timings,
      maxPending: MAX_PENDING,
      onAuthenticating: () => this.#change("authenticating", "logging in"),
      onUp: (banner) => this.#cameUp(banner),
      onNotBooted: () => this.#notBooted(),
      onEvent: (message) => this.#event(message),
      onBytes: (count) => {
        this.#counts.bytes += count;
      },
      onLag: (ms) => {
        this.#lagMs = ms;
      },
      onEnd: (end, malformed) => this.#ended(end, malformed),
    });
  }

  #cameUp(banner: string): void {
    this.#counts.ups += 1;
    this.#upSince = performance.now();
    this.#log.info({ event: "ami.up", banner }, "manager connection is up");
    this.#change("up", "logged in and Asterisk has fully booted");
  }

  #notBooted(): void {
    const why =
      `logged in, but no FullyBooted came: Asterisk is still starting, or [${this.#options.username}] in ` +
      "manager.conf lacks the right `read = system`, or its eventfilter leaves FullyBooted out";
    this.#log.error({ event: "ami.not_booted" }, why);
    this.#change("authenticating", why);
  }

  #event(message: AmiMessage): void {
    this.#counts.received += 1;
    this.#lastEventAt = Date.now();
    try {
      this.#options.onEvent(message);
    } catch (error) {
      this.#log.error(
        { event: "ami.handler_failed", err: error, name: message.name },
        "an event handler threw; this is a bug, report it with the stack",
      );
    }
  }

  #ended(end: SessionEnd, malformed: number): void {
    const wasUp = this.#upSince;
    this.#session = null;
    this.#upSince = null;
    this.#lagMs = null;
    this.#counts.malformed += malformed;
    if (end.code === "stopped") return;
    if (wasUp !== null) {
      this.#counts.lost += 1;
      if (performance.now() - wasUp >= this.#timings.stableMs) this.#failures = 0;
    }
    const delayMs = this.#delay(end);
    const why = end.code === "login_refused" ? this.#refused(end.why) : end.why;
    const fields = { event: "ami.down", reason: end.code, retryMs: Math.round(delayMs) };
    if (end.code === "login_refused") this.#log.error(fields, why);
    else this.#log.warn(fields, `manager connection is down: ${why}`);
    this.#retry = setTimeout(() => this.#open(), delayMs);
    this.#change("down", why, end.silentMs);
  }

  // Full jitter: many nodes that lost one switch together must not come back together.
  #delay(end: SessionEnd): number {
    const { backoffMinMs, backoffMaxMs, loginRefusedRetryMs } = this.#timings;
    if (end.code === "login_refused") return loginRefusedRetryMs;
    const ceiling = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return ceiling * (this.#options.random ?? Math.random)();
  }

  #refused(said: string): string {
    const { server, username } = this.#options;
    return (
      `Asterisk refuses the login of ${username}: ${said} Compare username and secret of switch ${server} in ` +
      `signalbox.yaml with [${username}] in manager.conf, its permit, deny and acl too, then "manager reload".`
    );
  }

  #change(state: AmiState, why: string, silentMs = 0): void {
    if (state === "down" && this.#state === "down") return;
    this.#state = state;
    try {
      this.#options.onState(state, why, silentMs);
    } catch (error) {
      this.#log.error(
        { event: "ami.handler_failed", err: error, state },
        "a state handler threw; this is a bug, report it with the stack",
      );
    }
  }
}

function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new AmiError(
      "ami_bad_address",
      `${JSON.stringify(address)} is no manager address; write host:port, as 127.0.0.1:5038 or [::1]:5038.`,
    );
  }
  return { host, port };
}
