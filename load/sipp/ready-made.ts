// Scenarios that most tests and the command line want; anything else is composed from the steps.
import { answer, earlyMedia, receiveInvite, refuse, ring } from "./callee-steps.ts";
import {
  cancelAfter,
  expectAnswer,
  expectEarlyMedia,
  expectRefusal,
  type InviteOptions,
  invite,
  type RegisterOptions,
  register,
} from "./caller-steps.ts";
import type { Codec } from "./g711.ts";
import type { Scenario, Step } from "./scenario.ts";
import { hold, pause, press, type TypingPace, talk, waitForBye } from "./steps.ts";

export interface CallerOptions extends InviteOptions {
  readonly codec?: Codec;
  /** Wait for a 183 first. */
  readonly earlyMedia?: boolean;
  /** Stay this long (milliseconds), then hang up unless the other side did. Default 1000. */
  readonly holdMs?: number;
  /** Instead: the other side has to hang up within this time. */
  readonly waitForByeMs?: number;
}

/** Calls, is answered, stays and hangs up. */
export function caller(options: CallerOptions = {}): Scenario {
  return {
    name: "caller",
    role: "caller",
    ...codecOf(options),
    steps: [...connected(options), last(options)],
  };
}

/** What a caller does in a menu: presses keys, or waits this many milliseconds (sending silence). */
export type Typing = string | number;

/** Calls, is answered, types and waits in turns, then stays and hangs up. */
export function typist(typing: readonly Typing[], options: CallerOptions & TypingPace = {}): Scenario {
  const steps = typing.map((item) => (typeof item === "number" ? talk(item) : press(item, options)));
  const all = [...connected(options), ...steps, last(options)];
  return { name: "typist", role: "caller", ...codecOf(options), steps: all };
}

/** Calls and expects this refusal. */
export function refusedCaller(code: number, options: InviteOptions = {}): Scenario {
  return { name: `refused-${code}`, role: "caller", steps: [invite(options), expectRefusal(code)] };
}

/** Calls and gives up `afterMs` after the first ringing, or after `provisional` instead. */
export function impatientCaller(
  afterMs: number,
  options: InviteOptions & { provisional?: number } = {},
): Scenario {
  return {
    name: "impatient",
    role: "caller",
    steps: [invite(options), cancelAfter(afterMs, options.provisional)],
  };
}

/** Registers one contact; a `callee` at that address then takes the calls. */
export function registration(options: RegisterOptions): Scenario {
  return { name: "registration", role: "caller", steps: [register(options)] };
}

export interface CalleeOptions {
  readonly codec?: Codec;
  /** Time before the answer, in milliseconds. Default 0: answers without ringing. */
  readonly ringMs?: number;
  /** Send a 183 with media before the answer. */
  readonly earlyMedia?: boolean;
  /** Hang up after this time unless the caller did; without it the caller has to. */
  readonly holdMs?: number;
  /** How long the caller may stay. Default one hour. */
  readonly waitForByeMs?: number;
}

/** A carrier or phone that answers. */
export function callee(options: CalleeOptions = {}): Scenario {
  const before = options.earlyMedia ? [earlyMedia()] : [];
  const ringing = options.ringMs ? [ring(options.ringMs)] : [];
  const rest =
    options.holdMs === undefined ? waitForBye(options.waitForByeMs ?? 3_600_000) : hold(options.holdMs);
  const steps = [receiveInvite(), ...before, ...ringing, answer(), rest];
  return { name: "callee", role: "callee", ...codecOf(options), steps };
}

/** A carrier or phone that refuses every call with this code, after ringing if `ringMs` is given. */
export function refusingCallee(code: number, options: { ringMs?: number; contact?: string } = {}): Scenario {
  const ringing = options.ringMs ? [ring(options.ringMs)] : [];
  const steps = [receiveInvite(), ...ringing, refuse(code, options.contact)];
  return { name: `refusing-${code}`, role: "callee", steps };
}

/** A carrier that takes the INVITE and never says a word. */
export function silentCallee(ms = 30_000): Scenario {
  return { name: "silent", role: "callee", steps: [receiveInvite(), pause(ms)] };
}

function connected(options: CallerOptions): Step[] {
  return [invite(options), ...(options.earlyMedia ? [expectEarlyMedia()] : []), expectAnswer()];
}

function last(options: CallerOptions): Step {
  return options.waitForByeMs === undefined ? hold(options.holdMs ?? 1000) : waitForBye(options.waitForByeMs);
}

function codecOf(options: { codec?: Codec }): { codec?: Codec } {
  return options.codec === undefined ? {} : { codec: options.codec };
}
