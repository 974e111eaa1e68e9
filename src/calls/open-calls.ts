import type { CallFact, LegFact } from "../core/record/facts.ts";
import { foldEvent, isOver, relevantLegs } from "../core/record/fold.ts";
import { mergeFacts } from "../core/record/merge.ts";
import type { CallFacts } from "../core/record/record.ts";
import { shiftFacts } from "../core/record/shift.ts";
import { type CallId, callMarked } from "../core/tenant/stamp.ts";
import { keepNewest } from "../platform/keep-newest.ts";
import type { ListedChannel } from "./switch-eyes-port.ts";

/** A call that is on, or has just ended. */
export type OpenCall = {
  facts: CallFacts;
  /** Epoch milliseconds; null while it is on. */
  overSince: number | null;
  /** How many sweeps in a row have not listed each of its legs. */
  readonly missed: Map<string, number>;
  /** When it was last written down. */
  keptAt: number;
  /** Something of it may have gone unheard: the connection broke, or another process heard its beginning. */
  doubted: boolean;
  /**
   * How far the clock was set since a part of it was handed over, null before. What is handed over later is told by the
   * clock of then, or each of its steps would be there twice.
   */
  toldBefore: number | null;
};

type Stray = { readonly facts: LegFact[]; readonly since: number };

/** What is said of a channel before anybody knows whose it is: this many channels, this long. */
const MOST_STRAYS = 10_000;
const STRAY_MS = 60_000;
const MOST_CLOSED = 20_000;

/** The calls that are on, by name and by leg, in bounded memory. It decides nothing about their records. */
export class OpenCalls {
  readonly byCall = new Map<CallId, OpenCall>();
  /** Those of them that have ended and may still learn something. */
  readonly over = new Set<OpenCall>();
  readonly #byLeg = new Map<string, { readonly call: CallId; readonly onTrunk: boolean }>();
  readonly #strays = new Map<string, Stray>();
  readonly #closed = new Set<CallId>();
  readonly #whole = new Set<CallId>();

  /** The call that a leg is known to belong to. */
  callOfLeg(server: string, uniqueid: string): CallId | null {
    return this.#byLeg.get(legKey(server, uniqueid))?.call ?? null;
  }

  /** The call of which a list shows what may have gone unheard: a leg of it, or that one was answered before now. */
  lacking(server: string, { uniqueid, sbCall, isUp }: ListedChannel): OpenCall | null {
    const call = this.callOfLeg(server, uniqueid) ?? callMarked(sbCall, server);
    const open = call === null ? undefined : this.byCall.get(call);
    if (open?.doubted !== true) return null;
    const leg = open.facts.legs.find((each) => each.uniqueid === uniqueid);
    return leg !== undefined && (!isUp || leg.answeredAt !== null) ? null : open;
  }

  /** True for a call that ended a while ago: what is still said of its last phones is of no interest. */
  isClosed(call: CallId): boolean {
    return this.#closed.has(call);
  }

  /** True for a call that ended a while ago and of which nothing is left to learn: decided, and heard to its end. */
  isWhole(call: CallId): boolean {
    return this.#whole.has(call);
  }

  /** Puts facts in the place of, or beside, what is known of the call; what strayed about its legs joins them. */
  learn(facts: CallFacts, at: number): OpenCall {
    const known = this.byCall.get(facts.call);
    let joined = known === undefined || known.facts === facts ? facts : mergeFacts(known.facts, facts);
    for (const { uniqueid, trunk } of joined.legs) {
      const key = legKey(joined.server, uniqueid);
      const onTrunk = trunk !== null;
      // A trunk leg that asked for a call of its own, being transferred, stays with the one that it was dialled by.
      const owner = this.#byLeg.get(key);
      if (owner === undefined || (onTrunk && !owner.onTrunk))
        this.#byLeg.set(key, { call: joined.call, onTrunk });
      const stray = this.#strays.get(key);
      this.#strays.delete(key);
      for (const fact of stray?.facts ?? []) joined = foldEvent(joined, fact);
    }
    const open = known ?? newOpen(joined);
    open.facts = joined;
    open.overSince = isOver(joined) ? (open.overSince ?? at) : null;
    if (open.overSince === null) this.over.delete(open);
    else this.over.add(open);
    if (known === undefined) this.byCall.set(joined.call, open);
    return open;
  }

  /** Keeps what is said of a channel that nobody has asked for yet. */
  stray(server: string, fact: LegFact): void {
    const key = legKey(server, fact.uniqueid);
    const known = this.#strays.get(key);
    // A channel has only so many things said of it; one that never ends must not grow.
    if (known !== undefined && known.facts.length < 20) known.facts.push(fact);
    if (known === undefined) this.#strays.set(key, { facts: [fact], since: fact.at });
    for (const [oldest, { since }] of this.#strays) {
      if (this.#strays.size <= MOST_STRAYS && since > fact.at - STRAY_MS) break;
      this.#strays.delete(oldest);
    }
  }

  /** `on`: it may go on, and what is said of its end is still of interest. */
  forget(call: CallId, on = false): void {
    const open = this.byCall.get(call);
    this.byCall.delete(call);
    if (open !== undefined) this.over.delete(open);
    for (const { uniqueid } of open?.facts.legs ?? []) {
      const key = legKey(open?.facts.server ?? "", uniqueid);
      if (this.#byLeg.get(key)?.call === call) this.#byLeg.delete(key);
    }
    if (on) return;
    this.#closed.add(call);
    keepNewest(this.#closed, MOST_CLOSED);
    // Of one that no step decided, such as an emergency call, the switch's records alone know the numbers.
    const told = (open?.facts.steps.length ?? 0) > 0;
    if (open === undefined || !told || open.doubted || open.facts.lostAt !== null) return;
    this.#whole.add(call);
    keepNewest(this.#whole, MOST_CLOSED);
  }

  /** The clock was set: what was noted before is told by the new one, so that lengths stay true. */
  shift(byMs: number): void {
    for (const open of this.byCall.values()) {
      open.facts = shiftFacts(open.facts, byMs);
      open.keptAt += byMs;
      if (open.overSince !== null) open.overSince += byMs;
      if (open.toldBefore !== null) open.toldBefore += byMs;
    }
    for (const [key, { facts, since }] of this.#strays) {
      const moved = facts.map((fact) => ({ ...fact, at: fact.at + byMs }));
      this.#strays.set(key, { facts: moved, since: since + byMs });
    }
  }

  /** Switches that calls are on, and whether the end of any of them may have gone unheard. */
  servers(): ReadonlyMap<string, { readonly doubted: boolean }> {
    const servers = new Map<string, { readonly doubted: boolean }>();
    for (const { facts, doubted, missed } of this.byCall.values()) {
      const known = servers.get(facts.server)?.doubted ?? false;
      servers.set(facts.server, { doubted: known || doubted || missed.size > 0 });
    }
    return servers;
  }

  on(server: string): OpenCall[] {
    return [...this.byCall.values()].filter(({ facts }) => facts.server === server);
  }
}

/** What is known of a call by the clock that the store was told of it by. */
export function asToldBefore({ facts, toldBefore }: Pick<OpenCall, "facts" | "toldBefore">): CallFacts {
  return (toldBefore ?? 0) === 0 ? facts : shiftFacts(facts, -(toldBefore ?? 0));
}

/** Something of it was heard later than it happened: the switch's own records are asked when it did. */
export function markLate(open: OpenCall): void {
  open.facts = { ...open.facts, late: true };
  open.doubted = true;
}

function newOpen(facts: CallFacts): OpenCall {
  return { facts, overSince: null, missed: new Map(), keptAt: 0, doubted: false, toldBefore: null };
}

/**
 * What a complete list of a switch's channels says about one call: signs of life, and ends that nobody told. A leg
 * counts as gone once two lists omit it, since a list may run ahead of the events.
 */
export function sweptFacts(open: OpenCall, listed: ReadonlySet<string>, at: number): readonly CallFact[] {
  const relevant = relevantLegs(open.facts);
  // Of a call that only its phones were heard of, these are all there is to look for.
  const watched = relevant.length > 0 ? relevant : open.facts.legs;
  const living = watched.filter((leg) => leg.endedAt === null);
  const gone: typeof living = [];
  const facts: CallFact[] = [];
  for (const leg of living) {
    if (listed.has(leg.uniqueid)) {
      open.missed.delete(leg.uniqueid);
      facts.push({ type: "leg_seen", uniqueid: leg.uniqueid, at });
      continue;
    }
    const missed = (open.missed.get(leg.uniqueid) ?? 0) + 1;
    open.missed.set(leg.uniqueid, missed);
    if (missed >= 2) gone.push(leg);
  }
  if (gone.length === living.length && (living.length > 0 || relevant.length === 0)) {
    return [{ type: "legs_gone", at }];
  }
  for (const leg of gone) {
    const { uniqueid } = leg;
    facts.push({ type: "leg_ended", uniqueid, at: leg.seenAt ?? at, cause: 0, byFarEnd: null });
  }
  return facts;
}

/** What is said of a leg, for a call that it is no leg of: neither its trunk nor its recording is that call's. */
export function asCallerOnly(fact: LegFact): LegFact {
  return fact.type === "leg_ended" ? { ...fact, trunk: null, marks: [] } : { ...fact, trunk: null };
}

function legKey(server: string, uniqueid: string): string {
  return `${server} ${uniqueid}`;
}
