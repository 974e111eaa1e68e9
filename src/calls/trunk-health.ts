/**
 * How every trunk of this node does, learnt from the steps that dial and come back and from the switch's own probing.
 * It keeps one folded value per trunk and judges nothing itself (core/trunk/health). Each node learns on its own: a
 * carrier may be dead from one place only.
 */
import type { Outcome } from "../core/routing/instruction.ts";
import { carrierFailed, failoverCausesOf, rangNobody, wasSilent } from "../core/trunk/failover.ts";
import {
  answerRatio,
  foldReachable,
  foldTrunkAttempt,
  foldTrunkGivenUp,
  foldTrunkResult,
  type TrunkHealth,
  type TrunkResult,
  takesCalls,
  unknownHealth,
} from "../core/trunk/health.ts";
import type { Trunk } from "../core/trunk/trunk.ts";
import { keepNewest } from "../platform/keep-newest.ts";
import type { DecidedStep, StepWatcher } from "./ports.ts";

/** What `top`, `signalbox trunks` and the metrics show of a trunk. */
export type TrunkView = TrunkHealth & {
  readonly trunk: string;
  readonly takesCalls: boolean;
  /** 0 to 1; null before the first result. */
  readonly answerRatio: number | null;
};

/** Calls that never come back (a transferred leg) are forgotten when this many are known. */
const MOST_JUDGED = 20_000;

/** A caller who gives up in silence after this long says something of the carrier; after so long a timer would. */
const TOO_SILENT_MS = 8_000;
const DEAD_SILENT_MS = 20_000;

export class TrunkHealthBook implements StepWatcher {
  readonly #trunks: () => ReadonlyMap<string, Trunk>;
  readonly #health = new Map<string, TrunkHealth>();
  /** Trunk → where it led when the configuration was last read. */
  #leads: ReadonlyMap<string, string> = new Map();
  /** Attempts that the switch has told of before their step came, which it does only when Dial() is over. */
  readonly #judged = new Set<string>();
  /** Trunk → the call that tries it while it takes no others. */
  readonly #trying = new Map<string, string>();

  /** `trunks` gives the configured ones of this moment; what is not among them is forgotten. */
  constructor(trunks: () => ReadonlyMap<string, Trunk>) {
    this.#trunks = trunks;
  }

  /** A configuration has come into force: what a trunk has met where it leads no more says nothing of where it leads now. */
  follow(): void {
    const before = this.#leads;
    this.#leads = new Map(
      [...this.#trunks()].map(([name, { address, endpoint }]) => [name, `${address} ${endpoint}`]),
    );
    for (const [name, { reachable }] of this.#health) {
      if (before.get(name) === this.#leads.get(name)) continue;
      // The switch says it anew when it has been told as well.
      this.#health.set(name, { ...unknownHealth, reachable });
    }
  }

  /** Learns from one step: what the last attempt met, and which trunk the next one goes out on. */
  decided({ event, state, decision, at }: DecidedStep): void {
    const dialling = state?.dialling ?? null;
    const trunk = dialling?.tried.at(-1);
    if (event.type === "return" && dialling !== null && trunk !== undefined) {
      const known = this.#judged.delete(`${decision.call} ${trunk}`);
      if (!known) this.result(trunk, event.outcome, at - dialling.lastSince, at);
    }
    const { instruction } = decision;
    if (instruction.do === "dial" && instruction.trunk !== null) {
      const { trunk } = instruction;
      this.#fold(trunk, (health) => {
        const next = foldTrunkAttempt(health, at);
        if (next !== health) this.#trying.set(trunk, decision.call);
        return next;
      });
    }
  }

  /** The switch says that `call` has been answered on `trunk`: a trunk that is being tried is well again at once. */
  answered(trunk: string, call: string, now: number): void {
    if (!this.#first(trunk, call)) return;
    this.#fold(trunk, (health, least) => foldTrunkResult(health, { kind: "answered" }, least, now));
  }

  /** `call` was given up on `trunk`, after `silentMs` in which the carrier said nothing; null when it rang, say. */
  givenUp(trunk: string, call: string, silentMs: number | null, now: number): void {
    const tooSilent = silentMs !== null && silentMs >= TOO_SILENT_MS;
    // Whoever gives up says nothing of a carrier, but others wait for what becomes of the one that tries it.
    if (!tooSilent && this.#trying.get(trunk) !== call) return;
    if (silentMs !== null && !tooSilent) {
      this.#fold(trunk, (health) => foldTrunkGivenUp(health, now));
      return;
    }
    if (!this.#first(trunk, call)) return;
    const result: TrunkResult = silentMs === null ? { kind: "worked" } : saidNothing(silentMs);
    this.#fold(trunk, (health, least) => foldTrunkResult(health, result, least, now));
  }

  /** An attempt on `trunk` has ended after `lastedMs`. */
  result(trunk: string, outcome: Outcome, lastedMs: number, now: number): void {
    const result = this.#judge(trunk, outcome, lastedMs);
    if (result !== null) this.#fold(trunk, (health, least) => foldTrunkResult(health, result, least, now));
  }

  /** The switches' probing has found the trunk's carrier there or gone; null when none probes it any more. */
  reachable(trunk: string, reachable: boolean | null, now: number): void {
    this.#fold(trunk, (health) => foldReachable(health, reachable, now));
  }

  /** Trunks that take no new call at `now`, epoch milliseconds. */
  unhealthyTrunks(now: number): ReadonlySet<string> {
    const unhealthy = new Set<string>();
    for (const [trunk, health] of this.#health) if (!takesCalls(health, now)) unhealthy.add(trunk);
    return unhealthy;
  }

  view(now: number): readonly TrunkView[] {
    return [...this.#trunks().keys()].map((trunk) => {
      const health = this.#health.get(trunk) ?? unknownHealth;
      return { trunk, ...health, takesCalls: takesCalls(health, now), answerRatio: answerRatio(health) };
    });
  }

  /** True when this attempt has not been judged yet; now it has. */
  #first(trunk: string, call: string): boolean {
    const attempt = `${call} ${trunk}`;
    if (this.#judged.has(attempt)) return false;
    this.#judged.add(attempt);
    keepNewest(this.#judged, MOST_JUDGED);
    return true;
  }

  /** Null for an end that says nothing of the carrier: the caller gave up. */
  #judge(trunk: string, outcome: Outcome, lastedMs: number): TrunkResult | null {
    if (outcome.type !== "dialled" || outcome.status === "CANCEL") return null;
    const { status, cause, silent } = outcome;
    if (status === "ANSWER") return { kind: "answered" };
    const causes = failoverCausesOf(this.#trunks().get(trunk));
    const end = { status, cause, silent, lastedMs };
    // Its phone never rang, which says the more of the carrier the longer it lasted, and never that it works.
    if (rangNobody(end)) return lastedMs < TOO_SILENT_MS ? null : saidNothing(lastedMs);
    if (!carrierFailed(end, causes)) return { kind: "worked" };
    const why = cause === null ? status : `${status} (${cause})`;
    return { kind: "failed", why, silent: wasSilent(end) };
  }

  #fold(trunk: string, fold: (health: TrunkHealth, leastAnswers: number) => TrunkHealth): void {
    const configured = this.#trunks();
    for (const known of this.#health.keys()) if (!configured.has(known)) this.#health.delete(known);
    const leastAnswers = configured.get(trunk)?.leastAnswers;
    if (leastAnswers === undefined) return;
    this.#health.set(trunk, fold(this.#health.get(trunk) ?? unknownHealth, leastAnswers));
  }
}

function saidNothing(silentMs: number): TrunkResult {
  const why = `said nothing for ${Math.round(silentMs / 1000)} s`;
  return { kind: "failed", why, silent: silentMs >= DEAD_SILENT_MS };
}
