/** One IVR menu. `Target` is whatever names a target; the menu only hands it back. */
export type Menu<Target extends string = string> = {
  /** Played first, until the first digit. */
  readonly prompt: string;
  /** Until the first digit, seconds. */
  readonly waitSeconds: number;
  /** Between two digits of a longer choice, seconds. */
  readonly nextDigitSeconds: number;
  /** How often the prompt is played before the caller is sent to `exhausted`. */
  readonly attempts: number;
  /** Key presses (`1`, `12`, `*`, `#`) → target. */
  readonly choices: ReadonlyMap<string, Target>;
  /** Played before the prompt is played again after a wrong choice; null: nothing. */
  readonly invalidPrompt: string | null;
  /** Played before the prompt is played again after no input; null: nothing. */
  readonly silentPrompt: string | null;
  /** Where a caller goes who has used up the attempts. */
  readonly exhausted: Target;
  /** Language for prompts from here on, null to leave the channel's. */
  readonly language: string | null;
};

/** What the switch brought back from one collection of digits. */
export type MenuInput = { readonly digits: string } | { readonly timedOut: true };

export type MenuAnswer<Target extends string> =
  | { readonly kind: "chosen"; readonly target: Target; readonly choice: string }
  | { readonly kind: "again"; readonly attempt: number; readonly because: "invalid" | "silent" }
  | { readonly kind: "exhausted"; readonly target: Target; readonly because: "invalid" | "silent" };

/** Judges the input of attempt number `attempt` (the first is 1). */
export function answerMenu<Target extends string>(
  menu: Menu<Target>,
  input: MenuInput,
  attempt: number,
): MenuAnswer<Target> {
  const digits = "digits" in input ? input.digits : "";
  const target = menu.choices.get(digits);
  if (target !== undefined) return { kind: "chosen", target, choice: digits };
  const because = digits === "" ? "silent" : "invalid";
  if (attempt >= menu.attempts) return { kind: "exhausted", target: menu.exhausted, because };
  return { kind: "again", attempt: attempt + 1, because };
}

/**
 * The proper beginnings of choices: after one of these the switch waits for another digit, after anything else it
 * answers at once. `1`, `12` → `["1"]`; a menu of single keys → `[]`.
 */
export function choicePrefixes(choices: Iterable<string>): string[] {
  const prefixes = new Set<string>();
  for (const choice of choices) {
    for (let length = 1; length < choice.length; length++) prefixes.add(choice.slice(0, length));
  }
  return [...prefixes].sort();
}

/** The switch takes a decision of at most 2,000 bytes, and most of it is for other things. */
const MOST_PREFIX_BYTES = 600;

/** What the switch needs to know when a choice is complete; `digits` null: whatever follows from `prefixes`. */
export type EndOfChoice = { readonly prefixes: readonly string[]; readonly digits: number | null };

/**
 * When a choice is complete: at once, when no longer one begins with it. Beginnings that are too many to send, of some
 * hundred long choices, are left out; then a key is waited for up to the longest choice, and `#` ends it, so that such
 * a menu MUST NOT have a choice with `#`.
 */
export function endOfChoice(choices: readonly string[]): EndOfChoice {
  const prefixes = choicePrefixes(choices);
  if (prefixes.join("-").length <= MOST_PREFIX_BYTES) return { prefixes, digits: null };
  return { prefixes: [], digits: Math.max(...choices.map((choice) => choice.length)) };
}
