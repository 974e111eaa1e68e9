/** How begun time is charged: at least `first` seconds, then in steps of `then` seconds. */
export type Increment = { readonly first: number; readonly then: number };

/** Those that carriers sell; usage is kept for each, so that a change of contract needs no recount. */
export const increments = {
  "1/1": { first: 1, then: 1 },
  "6/6": { first: 6, then: 6 },
  "30/6": { first: 30, then: 6 },
  "60/60": { first: 60, then: 60 },
} as const satisfies Readonly<Record<string, Increment>>;

export type IncrementName = keyof typeof increments;

/** By which increment a client is billed, and where that differs by trunk. */
export type Billing = {
  readonly usual: IncrementName;
  readonly byTrunk: ReadonlyMap<string, IncrementName>;
};

export function isIncrement(text: string): text is IncrementName {
  return Object.hasOwn(increments, text);
}

/** Seconds to be charged for `seconds` whole seconds of talk; an unanswered leg, 0, costs nothing. Integers only. */
export function billedSeconds(seconds: number, { first, then }: Increment): number {
  if (seconds <= 0) return 0;
  if (seconds <= first) return first;
  const over = seconds - first;
  const rest = over % then;
  return first + over + (rest === 0 ? 0 : then - rest);
}
