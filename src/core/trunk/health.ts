/**
 * How well a trunk does, folded from what its calls met: a circuit breaker. It counts and judges; it is told the time
 * and dials nothing. Busy phones and unanswered calls are a carrier at work, until so many are that hardly anybody is
 * reached: such a carrier is shut too, and opens again only when somebody answers.
 */

/** What one attempt says about its carrier: answered, did its work without an answer, or failed. */
export type TrunkResult =
  | { readonly kind: "answered" }
  | { readonly kind: "worked" }
  /** `silent`: the caller sat through a time-out. One of those is enough, or each of the next would sit through it. */
  | { readonly kind: "failed"; readonly why: string; readonly silent: boolean };

export type TrunkHealth = {
  readonly breaker: "closed" | "open";
  /** True when it was shut because hardly anybody answered: that a call went through then proves nothing. */
  readonly unanswered: boolean;
  /** What the switch's own probing (qualify) says; null while it has said nothing. */
  readonly reachable: boolean | null;
  readonly failuresInRow: number;
  /** How often it opened without a success in between; each time doubles the pause. */
  readonly openings: number;
  /** Epoch milliseconds: an open trunk takes one call then, to try. */
  readonly retryAt: number;
  /** True while a call that tries is out. */
  readonly probing: boolean;
  readonly recent: Recent;
  readonly lastFailure: { readonly at: number; readonly why: string } | null;
};

/** Results of the last minutes, older ones counting less and less. */
export type Recent = {
  readonly attempts: number;
  readonly answers: number;
  readonly failures: number;
  /** Epoch milliseconds of the last result. */
  readonly at: number;
};

/** Failures in a row that open the breaker. */
const OPENS_AFTER = 5;
/** The share of failures that opens it where successes lie between them, and the attempts that it takes to say so. */
const OPENS_AT_SHARE = 0.7;
const OPENS_AT_ATTEMPTS = 20;
/**
 * So many answers too few are no accident any more: with a true share of the least that is asked, as many calls go
 * without them once in twenty times (the rule of three). The smaller the share, the more calls it takes to say so.
 */
const MISSING_ANSWERS = 3;
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 300_000;
/** A call that tries an open trunk has this long to come back before another may. */
const PROBE_MS = 40_000;
const HALF_LIFE_MS = 300_000;

export const unknownHealth: TrunkHealth = {
  breaker: "closed",
  unanswered: false,
  reachable: null,
  failuresInRow: 0,
  openings: 0,
  retryAt: 0,
  probing: false,
  recent: { attempts: 0, answers: 0, failures: 0, at: 0 },
  lastFailure: null,
};

/**
 * One attempt has come back. `leastAnswers`: the share of calls, 0 to 1, below which the carrier counts as broken; 0 for
 * one that is never judged by it. `now` in epoch milliseconds, as everywhere here.
 */
export function foldTrunkResult(
  health: TrunkHealth,
  result: TrunkResult,
  leastAnswers: number,
  now: number,
): TrunkHealth {
  const recent = addResult(health.recent, result, now);
  // Calls that were under way when it opened are no news: only the one that tries closes it or lengthens the pause.
  if (health.breaker === "open" && !health.probing) return { ...health, recent };
  return result.kind === "failed"
    ? foldFailure({ ...health, recent }, result, now)
    : foldWork({ ...health, recent }, result.kind === "answered", leastAnswers, now);
}

function foldWork(health: TrunkHealth, answered: boolean, leastAnswers: number, now: number): TrunkHealth {
  const { breaker, reachable, lastFailure, recent } = health;
  if (breaker === "open" && health.unanswered && !answered)
    return { ...health, probing: false, retryAt: now + FIRST_PAUSE_MS };
  const closed = { ...unknownHealth, reachable, lastFailure };
  // A trunk that was shut begins anew, or its own past would shut it again at once.
  if (breaker === "open")
    return { ...closed, recent: health.unanswered ? { ...unknownHealth.recent, at: now } : handled(recent) };
  const { attempts, answers } = handled(recent);
  if (answered || answers + MISSING_ANSWERS > attempts * leastAnswers) return { ...closed, recent };
  const why = `${Math.round(answers)} of about ${Math.round(attempts)} calls were answered`;
  const opened = { breaker: "open", unanswered: true, openings: 1, retryAt: now + FIRST_PAUSE_MS } as const;
  return { ...closed, ...opened, recent, lastFailure: { at: now, why } };
}

function foldFailure(
  health: TrunkHealth,
  result: Extract<TrunkResult, { kind: "failed" }>,
  now: number,
): TrunkHealth {
  const { recent } = health;
  const failed = {
    ...health,
    failuresInRow: health.failuresInRow + 1,
    lastFailure: { at: now, why: result.why },
  };
  const tooMany = recent.attempts >= OPENS_AT_ATTEMPTS && recent.failures / recent.attempts >= OPENS_AT_SHARE;
  const opens = health.breaker === "open" || result.silent || failed.failuresInRow >= OPENS_AFTER || tooMany;
  if (!opens) return failed;
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** health.openings);
  const openings = health.openings + 1;
  return { ...failed, breaker: "open", openings, retryAt: now + pause, probing: false };
}

/** A call has gone out on the trunk. On an open one it is the one that tries; others wait for what it meets. */
export function foldTrunkAttempt(health: TrunkHealth, now: number): TrunkHealth {
  return health.breaker === "open" && isDue(health, now)
    ? { ...health, retryAt: now + PROBE_MS, probing: true }
    : health;
}

/** The call that tried an open trunk was given up before anything was learnt: another may try soon. */
export function foldTrunkGivenUp(health: TrunkHealth, now: number): TrunkHealth {
  if (health.breaker !== "open" || !health.probing) return health;
  return { ...health, probing: false, retryAt: Math.min(health.retryAt, now + FIRST_PAUSE_MS) };
}

/** The switch's own probing has found the carrier there or gone; null: nobody probes it any more, or nobody knows. */
export function foldReachable(health: TrunkHealth, reachable: boolean | null, now: number): TrunkHealth {
  if (health.reachable === reachable) return health;
  if (reachable === null) return { ...health, reachable };
  if (!reachable) {
    return { ...health, reachable, lastFailure: { at: now, why: "does not answer the switch's probes" } };
  }
  // Back after an absence that was seen: there is nothing to wait for, one call may try at once.
  const retryAt = health.reachable === false && health.breaker === "open" ? now : health.retryAt;
  return { ...health, reachable, retryAt };
}

/** True when a new call may use the trunk. */
export function takesCalls(health: TrunkHealth, now: number): boolean {
  if (health.reachable === false) return false;
  return health.breaker === "closed" || isDue(health, now);
}

/** A pause longer than the longest can only come from a clock that was set back, and is over. */
function isDue({ retryAt }: TrunkHealth, now: number): boolean {
  return now >= retryAt || retryAt - now > LONGEST_PAUSE_MS;
}

/** Answered calls among recent ones, 0 to 1; null before there are any. */
export function answerRatio({ recent }: TrunkHealth): number | null {
  return recent.attempts < 0.5 ? null : recent.answers / recent.attempts;
}

/** Without the calls that failed, which have rules of their own. */
function handled(recent: Recent): Recent {
  return { ...recent, attempts: recent.attempts - recent.failures, failures: 0 };
}

function addResult(recent: Recent, result: TrunkResult, now: number): Recent {
  const left = recent.at === 0 ? 0 : 0.5 ** (Math.max(0, now - recent.at) / HALF_LIFE_MS);
  return {
    attempts: recent.attempts * left + 1,
    answers: recent.answers * left + (result.kind === "answered" ? 1 : 0),
    failures: recent.failures * left + (result.kind === "failed" ? 1 : 0),
    at: now,
  };
}
