/**
 * Staff open and close a line by phone: they dial the tenant's feature code, type the PIN and choose. One straight
 * line over three steps: the PIN is asked for, then what to do, then it is done and said.
 *
 * The PIN ends here: what was typed is compared and dropped. No state, command or trace carries it or its length.
 */
import type { Outcome } from "../routing/instruction.ts";
import type { TargetPath } from "../routing/plan.ts";
import type { HoursOverride } from "../schedule/hours.ts";
import type { HoursCode } from "../snapshot/snapshot.ts";
import type { CallState } from "./call-state.ts";
import { setOverride, tellPinTried } from "./commands.ts";
import type { Decision, Step } from "./decision.ts";
import { decide, soundFile, type Visit } from "./visit.ts";

/** `at` of a call that has been asked for the PIN, or for what to do. No target's path begins like this. */
const PIN = "hours_code.pin" as TargetPath;
const CHOICE = "hours_code.choice" as TargetPath;

const MOST_ATTEMPTS = 3;
/** The longest PIN that the configuration takes; asked for whatever the tenant's own length is. */
const LONGEST_PIN = 10;

type Choice = {
  readonly override: HoursOverride | null;
  readonly says: string;
  readonly confirmation: string;
};

const choices: ReadonlyMap<string, Choice> = new Map([
  ["1", { override: { state: "open", until: null }, says: "is open", confirmation: "line-opened" }],
  ["2", { override: { state: "closed", until: null }, says: "is closed", confirmation: "line-closed" }],
  ["0", { override: null, says: "follows its opening hours", confirmation: "line-normal" }],
]);

/** Every prompt that a call to the code may hear. */
export const hoursCodePrompts: readonly string[] = [
  "pin-please",
  "pin-wrong",
  "code-locked",
  "line-choice",
  "invalid-choice",
  "no-input",
  "system-error",
  ...[...choices.values()].map(({ confirmation }) => confirmation),
];

/** True for a call that one of these steps has sent out. */
export function isAtHoursCode({ at }: CallState): boolean {
  return at === PIN || at === CHOICE;
}

/** The code has been dialled. */
export function beginHoursCode({ code, hours }: HoursCode, state: CallState, visit: Visit): Decision {
  visit.notes.add("hours_code", `${code} opens and closes ${hours}`);
  return ask(PIN, 1, [], state, visit);
}

/** What was asked for has been typed, or nothing was. */
export function* resumeHoursCode(outcome: Outcome, state: CallState, visit: Visit): Step {
  const { hoursCode } = visit.tenant;
  if (hoursCode === null) return end("system-error", "the code is not configured any more", state, visit);
  const typed = outcome.type === "digits" ? outcome.digits : "";
  return state.at === CHOICE
    ? yield* readChoice(typed, hoursCode, state, visit)
    : yield* readPin(typed, hoursCode, state, visit);
}

function* readPin(typed: string, { pin }: HoursCode, state: CallState, visit: Visit): Step {
  if (typed === "") return again("no-input", "nothing was typed", state, visit);
  const right = isSamePin(typed, pin);
  const { call, tenant, caller } = state;
  // Asked with the right PIN too: while the code is locked, not even that is let in.
  const { locked } = yield* tellPinTried({ call, tenant, right, by: caller });
  if (locked) return end("code-locked", "locked after too many wrong PINs", state, visit);
  if (!right) return again("pin-wrong", "the PIN is wrong", state, visit);
  visit.notes.add("hours_code", "the PIN is right");
  return ask(CHOICE, 1, [], state, visit);
}

function* readChoice(typed: string, { hours }: HoursCode, state: CallState, visit: Visit): Step {
  const choice = choices.get(typed);
  if (choice === undefined) {
    return typed === ""
      ? again("no-input", "nothing was chosen", state, visit)
      : again("invalid-choice", "a wrong choice", state, visit);
  }
  const { call, tenant, caller } = state;
  const { kept } = yield* setOverride({ call, tenant, hours, override: choice.override, by: caller });
  if (!kept) return end("system-error", `${hours} stays as it is: it could not be kept`, state, visit);
  return end(choice.confirmation, `${hours} ${choice.says} from now on, by ${caller}`, state, visit);
}

/** Asks the same once more after saying `first`, until the attempts are used up. */
function again(first: string, says: string, state: CallState, visit: Visit): Decision {
  if (state.attempt >= MOST_ATTEMPTS) {
    return end(first, `${says} at attempt ${state.attempt}, the last`, state, visit);
  }
  visit.notes.add("hours_code", says);
  return ask(state.at, state.attempt + 1, [first], state, visit);
}

function ask(
  at: TargetPath,
  attempt: number,
  first: readonly string[],
  state: CallState,
  visit: Visit,
): Decision {
  const what = at === PIN ? "for the PIN" : "what to do";
  const prompt = at === PIN ? "pin-please" : "line-choice";
  visit.notes.add("hours_code", `asks ${what}, attempt ${attempt} of ${MOST_ATTEMPTS}`);
  return decide(visit, {
    call: state.call,
    instruction: {
      do: "collect",
      files: [...first, prompt].map((name) => soundFile(name, state.language, visit.tenant)),
      firstDigitSeconds: 8,
      nextDigitSeconds: 4,
      prefixes: [],
      digits: at === PIN ? LONGEST_PIN : null,
    },
    state: { ...state, at, attempt, steps: state.steps + 1 },
    target: shown(at, visit),
  });
}

function end(prompt: string, says: string, state: CallState, visit: Visit): Decision {
  visit.notes.add("hours_code", says);
  const announce = soundFile(prompt, state.language, visit.tenant);
  const instruction = { do: "hangup", cause: 16, announce } as const;
  return decide(visit, { call: state.call, instruction, ended: true, target: shown(state.at, visit) });
}

function shown(path: TargetPath, { tenant }: Visit): Decision["target"] {
  return { path, shown: { hours_code: tenant.hoursCode?.hours ?? "" } };
}

/** Takes as long for every text of up to `LONGEST_PIN` keys, wherever it differs. */
function isSamePin(typed: string, pin: string): boolean {
  let difference = typed.length ^ pin.length;
  // Past the end of a text the code is NaN, which counts as 0 here.
  for (let key = 0; key < LONGEST_PIN; key++) difference |= typed.charCodeAt(key) ^ pin.charCodeAt(key);
  return difference === 0;
}
