import type { Caller } from "./caller.ts";

/** Callers picked out by number, by the beginning of a number, or for withholding theirs. */
export type CallerList = {
  /** E.164. */
  readonly numbers: ReadonlySet<string>;
  /** Beginnings of E.164 numbers, `+` included. */
  readonly prefixes: readonly string[];
  readonly anonymous: boolean;
};

/**
 * True when `caller` is on the list. A malformed number is on no list: nobody can have meant it. Who has withheld his
 * number is anonymous to whoever he calls, also where the number is known here.
 */
export function isListed(list: CallerList, caller: Caller, withheld = false): boolean {
  if (withheld && list.anonymous) return true;
  switch (caller.kind) {
    case "anonymous":
      return list.anonymous;
    case "number":
      return (
        list.numbers.has(caller.number) || list.prefixes.some((prefix) => caller.number.startsWith(prefix))
      );
    case "malformed":
      return false;
  }
}
