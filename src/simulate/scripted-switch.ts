import type { Instruction, Outcome } from "../core/routing/instruction.ts";
import { dialWords, queueWords } from "./words.ts";

/** What callers, phones and queues do, in order. Where a list has ended: silence, answered, answered. */
export type Script = {
  /** Keys pressed at one go; a pause lies between two entries, "" is no key at all. */
  readonly digits: readonly string[];
  /** Words of `dialWords`, one for each phone that is rung. */
  readonly dials: readonly string[];
  /** Words of `queueWords`. */
  readonly queues: readonly string[];
};

/** What came of an instruction; `left` means that the call is where it was to go and Signalbox is done with it. */
export type Performed =
  | { readonly left: true; readonly says: string }
  | { readonly left: false; readonly outcome: Outcome; readonly says: string };

/** Longer than any choice, as in the dialplan. */
const MOST_KEYS = 20;

/** Performs instructions as dialplan/signalbox.conf does, with a script in the place of people. */
export class ScriptedSwitch {
  readonly #digits: string[];
  readonly #dials: string[];
  readonly #queues: string[];
  /** Pressed already, and not asked for yet. */
  #ahead = "";

  constructor({ digits, dials, queues }: Script) {
    this.#digits = [...digits];
    this.#dials = [...dials];
    this.#queues = [...queues];
  }

  perform(instruction: Instruction): Performed {
    // What is pressed while Asterisk plays, dials or queues is lost.
    const lost = instruction.do !== "collect" && this.#ahead !== "";
    if (lost) this.#ahead = "";
    switch (instruction.do) {
      case "play":
        return {
          left: false,
          outcome: { type: "played" },
          says: lost ? "the caller hears it, and what is pressed over it is lost" : "the caller hears it",
        };
      case "collect":
        return instruction.digits === null
          ? this.#collect(instruction.prefixes)
          : this.#collectUpTo(instruction.digits);
      case "dial":
        return this.#dial(instruction.trunk);
      case "queue":
        return this.#queue();
      case "voicemail":
        return { left: true, says: "the caller leaves a message" };
      case "goto":
        return { left: true, says: "the call is in the operator's dialplan" };
      case "hangup":
        return { left: true, says: "the call is over" };
    }
  }

  /** Key by key: an answer is complete the moment no longer choice begins with it; what is left is for the next. */
  #collect(prefixes: readonly string[]): Performed {
    const pressed = this.#pressed();
    if (pressed === "")
      return { left: false, outcome: { type: "silence" }, says: "the caller presses nothing" };
    let taken = 1;
    while (taken < pressed.length && taken <= MOST_KEYS && prefixes.includes(pressed.slice(0, taken)))
      taken++;
    this.#ahead = pressed.slice(taken);
    const digits = pressed.slice(0, taken);
    return { left: false, outcome: { type: "digits", digits }, says: `the caller presses ${digits}` };
  }

  /** A PIN or the like: what is pressed is not shown. */
  #collectUpTo(most: number): Performed {
    const pressed = this.#pressed();
    const hash = pressed.slice(0, most).indexOf("#");
    const digits = pressed.slice(0, hash === -1 ? most : hash);
    this.#ahead = pressed.slice(hash === -1 ? most : hash + 1);
    if (digits === "")
      return { left: false, outcome: { type: "silence" }, says: "the caller presses nothing" };
    return { left: false, outcome: { type: "digits", digits }, says: "the caller presses keys" };
  }

  #pressed(): string {
    return this.#ahead === "" ? (this.#digits.shift() ?? "") : this.#ahead;
  }

  #dial(trunk: string | null): Performed {
    const status = dialWords[this.#dials.shift() ?? "answer"] ?? "ANSWER";
    if (status === "ANSWER") return { left: true, says: `${trunk ?? "the phone"} answers` };
    // Without a cause, busy is a carrier that wants the call sent elsewhere (302), and another trunk is tried.
    const outcome = { type: "dialled", status, cause: status === "BUSY" ? 17 : null } as const;
    return { left: false, outcome, says: `${trunk ?? "the phone"} gives ${status}` };
  }

  #queue(): Performed {
    const status = queueWords[this.#queues.shift() ?? "answer"] ?? null;
    if (status === null) return { left: true, says: "an agent answers" };
    return { left: false, outcome: { type: "queued", status }, says: `the queue gives ${status}` };
  }
}
