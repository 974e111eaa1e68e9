import { randomBytes } from "node:crypto";
import type { AmiMessage } from "./codec.ts";

export type AmiErrorCode =
  | "ami_bad_address"
  | "ami_not_up"
  | "ami_refused"
  | "ami_timed_out"
  | "ami_connection_lost"
  | "ami_too_many_pending"
  | "ami_stopped";

export class AmiError extends Error {
  readonly code: AmiErrorCode;
  /** What Asterisk answered, when the error is its answer: `No such channel` is knowledge, not a failure. */
  readonly response: AmiMessage | null;

  constructor(code: AmiErrorCode, message: string, response: AmiMessage | null = null) {
    super(message);
    this.name = "AmiError";
    this.code = code;
    this.response = response;
  }
}

export type AmiList = {
  readonly response: AmiMessage;
  readonly events: readonly AmiMessage[];
  /** True only when the list was closed by Asterisk and holds as many events as it says. */
  readonly complete: boolean;
};

type Entry = {
  readonly settle: (message: AmiMessage) => void;
  readonly fail: (error: AmiError) => void;
  readonly timer: NodeJS.Timeout;
  readonly list: ListProgress | null;
};

type ListProgress = {
  response: AmiMessage | null;
  readonly events: AmiMessage[];
  readonly completeEvent: string | null;
  readonly done: (list: AmiList) => void;
};

/** A list longer than this is no channel list: the rest is dropped and it counts as incomplete. */
const MAX_LIST_EVENTS = 50_000;

/**
 * What was asked in one session and is not answered yet. Every entry settles exactly once: by its answer, by
 * its time-out or with the session. Ids carry a random mark, so text that a caller smuggled into an event
 * cannot answer for Asterisk.
 */
export class PendingActions {
  readonly #mark = randomBytes(9).toString("base64url");
  readonly #entries = new Map<string, Entry>();
  readonly #limit: number;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The id to send. The callbacks run while the answer is read; MUST not throw. */
  addAction(
    timeoutMs: number,
    settle: (message: AmiMessage) => void,
    fail: (error: AmiError) => void,
  ): string {
    return this.#add("a", timeoutMs, { settle, fail, list: null });
  }

  /** Like addAction; `done` also takes what a time-out or a lost connection left of the list. */
  addList(
    timeoutMs: number,
    completeEvent: string | null,
    done: (list: AmiList) => void,
    fail: (error: AmiError) => void,
  ): string {
    const list: ListProgress = { response: null, events: [], completeEvent, done };
    return this.#add("l", timeoutMs, { settle: () => {}, fail, list });
  }

  /** True when the message was an answer, or the late rest of a list nobody waits for any more. */
  take(message: AmiMessage): boolean {
    const id = message.actionId;
    if (id === null || !id.startsWith(this.#mark)) return message.kind === "response";
    const entry = this.#entries.get(id);
    if (entry === undefined) return message.kind === "response" || id.startsWith(`${this.#mark}-l`);
    if (message.kind === "event") return entry.list !== null && this.#takeListEvent(id, entry, message);
    if (message.name === "Error") {
      this.#remove(id, entry);
      entry.fail(refusal(message));
    } else if (entry.list === null) {
      this.#remove(id, entry);
      entry.settle(message);
    } else {
      entry.list.response ??= message;
    }
    return true;
  }

  /** Forgets an action that could not be written. */
  drop(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#remove(id, entry);
  }

  failAll(error: AmiError): void {
    for (const [id, entry] of [...this.#entries]) this.#giveUp(id, entry, error);
  }

  #add(kind: "a" | "l", timeoutMs: number, entry: Omit<Entry, "timer">): string {
    if (this.#entries.size >= this.#limit) {
      throw new AmiError(
        "ami_too_many_pending",
        `${this.#limit} manager actions wait for an answer; ask less often or look why the switch is slow.`,
      );
    }
    this.#count += 1;
    const id = `${this.#mark}-${kind}${this.#count}`;
    const timer = setTimeout(() => {
      const waiting = this.#entries.get(id);
      if (waiting !== undefined) this.#giveUp(id, waiting, timedOut(timeoutMs));
    }, timeoutMs);
    this.#entries.set(id, { ...entry, timer });
    return id;
  }

  #takeListEvent(id: string, entry: Entry, message: AmiMessage): boolean {
    const list = entry.list;
    if (list === null) return false;
    if (closes(message, list.completeEvent)) {
      this.#remove(id, entry);
      const counted = message.fields.get("ListItems") === String(list.events.length);
      const whole = message.fields.get("EventList") === "Complete" && message.repeated.size === 0;
      if (list.response === null) entry.fail(unanswered());
      else list.done({ response: list.response, events: list.events, complete: counted && whole });
    } else if (list.events.length < MAX_LIST_EVENTS) {
      list.events.push(message);
    }
    return true;
  }

  #giveUp(id: string, entry: Entry, error: AmiError): void {
    this.#remove(id, entry);
    const list = entry.list;
    if (list === null || list.response === null) entry.fail(error);
    else list.done({ response: list.response, events: list.events, complete: false });
  }

  #remove(id: string, entry: Entry): void {
    clearTimeout(entry.timer);
    this.#entries.delete(id);
  }
}

/**
 * By its name alone, which stands on the first line: an `EventList: Complete` line can be smuggled into an
 * item of the list by whoever sets a channel variable, and would end the list early.
 */
function closes(message: AmiMessage, completeEvent: string | null): boolean {
  if (completeEvent !== null) return message.name === completeEvent;
  return message.name.endsWith("Complete") && message.fields.has("EventList");
}

const NO_SUCH_CHANNEL = /no such channel/i;

function refusal(response: AmiMessage): AmiError {
  const said = response.fields.get("Message") ?? "no reason given";
  const says = `Asterisk refused the action: ${JSON.stringify(said)}. "Permission denied" means a missing write right of the account in manager.conf.`;
  if (!NO_SUCH_CHANNEL.test(said)) return new AmiError("ami_refused", says, response);
  // Said of every call that ends, and no failure: a stack would cost more than all else of the answer.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return new AmiError("ami_refused", says, response);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function timedOut(timeoutMs: number): AmiError {
  return new AmiError(
    "ami_timed_out",
    `Asterisk did not answer within ${timeoutMs} ms; look at its load and at the manager session.`,
  );
}

function unanswered(): AmiError {
  return new AmiError(
    "ami_refused",
    "Asterisk closed a list it had never opened; ask again, and look for a proxy between.",
  );
}
