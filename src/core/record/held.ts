/**
 * How long a tenant held how many channels, exactly, and without reading every leg of a month: for its time at the cap
 * and for what it borrowed of the shared pool. A store keeps, for each minute with an edge, how long each level lasted
 * above the one that the minute opened with, which follows from that minute's own edges; one pass over the minutes
 * then knows the levels themselves. The conventions are those of peak.ts.
 */
import { type Edge, inOrder, type MinuteFlow, type Peak } from "./peak.ts";

/** One level within a minute. */
export type LevelShare = {
  /** Channels above what was held when the minute opened; negative for fewer. */
  readonly above: number;
  readonly ms: number;
  /** Legs that brought it about. */
  readonly began: number;
};

/** What a leg's call knew of its tenant's limits when it was let in. */
export type LegLimits = {
  /** The cap on the tenant's channels; `UNLIMITED` for none, null when no step of the call is known. */
  readonly cap: number | null;
  /** Legs of the shared pool that are always the tenant's; null when no step of the call is known. */
  readonly reserved: number | null;
};

/** Stands for a cap where there is none. */
export const UNLIMITED = -1;

export type MinuteHeld = MinuteFlow & {
  /** As levelsText writes them. Null where a store has none for the minute: it then lasts as it opened. */
  readonly levels: string | null;
  /** The bound that the latest leg begun in this minute knew of; null when none did. */
  readonly bound: number | null;
};

export type HeldSpan = {
  /** Epoch minutes, half-open. */
  readonly first: number;
  readonly end: number;
  /** What was held when `first` opened. */
  readonly levelBefore: number;
  /** The bound in force then, `UNLIMITED` for none. */
  readonly boundBefore: number;
};

export type Held = {
  readonly peak: Peak;
  /** Milliseconds during which as many channels as the bound, or more, were held. */
  readonly atBoundMs: number;
  /** Channels beyond the bound times the milliseconds they were held. */
  readonly beyondMs: number;
  /** Legs that began beyond it. */
  readonly beganBeyond: number;
  /** The most beyond it at one time. */
  readonly peakBeyond: Peak;
};

const MINUTE_MS = 60_000;

/** The levels of the epoch minute `minute` that has these edges, in any order. */
export function levelsOf(minute: number, edges: readonly Edge[]): readonly LevelShare[] {
  const shares = new Map<number, { ms: number; began: number }>();
  const share = (above: number) => {
    const known = shares.get(above) ?? { ms: 0, began: 0 };
    shares.set(above, known);
    return known;
  };
  let above = 0;
  let since = minute * MINUTE_MS;
  let now = share(above);
  for (const { at, change } of inOrder(edges)) {
    now.ms += at - since;
    since = at;
    above += change;
    now = share(above);
    if (change === 1) now.began += 1;
  }
  now.ms += (minute + 1) * MINUTE_MS - since;
  return [...shares]
    .filter(([, { ms, began }]) => ms > 0 || began > 0)
    .map(([level, { ms, began }]) => ({ above: level, ms, began }))
    .sort((a, b) => a.above - b.above);
}

/** `-1:1500:0 0:58500:2`, as a store keeps it. */
export function levelsText(levels: readonly LevelShare[]): string {
  return levels.map(({ above, ms, began }) => `${above}:${ms}:${began}`).join(" ");
}

export function readLevels(text: string): readonly LevelShare[] {
  return text.split(" ").map((word) => {
    const [above = 0, ms = 0, began = 0] = word.split(":").map(Number);
    return { above, ms, began };
  });
}

/** What was held over the span. `flows` are in order of time; minutes without an edge are absent. */
export function foldHeld(span: HeldSpan, flows: Iterable<MinuteHeld>): Held {
  const sums = new Sums(span);
  let next = span.first;
  for (const flow of flows) {
    sums.last(flow.minute - next);
    sums.minute(flow);
    next = flow.minute + 1;
  }
  sums.last(span.end - next);
  return sums.held();
}

class Sums {
  #level: number;
  #bound: number;
  #peak: Peak;
  #peakBeyond: Peak;
  #atBoundMs = 0;
  #beyondMs = 0;
  #beganBeyond = 0;

  constructor({ first, levelBefore, boundBefore }: HeldSpan) {
    this.#level = levelBefore;
    this.#bound = boundBefore;
    const opening = (channels: number): Peak =>
      channels > 0 ? { channels, at: first * MINUTE_MS } : { channels: 0, at: null };
    this.#peak = opening(levelBefore);
    this.#peakBeyond = opening(boundBefore < 0 ? 0 : levelBefore - boundBefore);
  }

  /** Minutes in which nothing changed. */
  last(minutes: number): void {
    this.#add(this.#level, minutes * MINUTE_MS, 0);
  }

  minute({ minute, began, ended, rise, riseAt, levels, bound }: MinuteHeld): void {
    this.#bound = bound ?? this.#bound;
    const at = riseAt ?? minute * MINUTE_MS;
    const highest = this.#level + rise;
    // Most minutes never come near the bound, and their levels need not be read.
    if (this.#bound >= 0 && highest >= this.#bound) this.#addAll(levels);
    if (riseAt !== null && highest > this.#peak.channels) this.#peak = { channels: highest, at };
    const beyond = this.#bound < 0 ? 0 : highest - this.#bound;
    if (beyond > this.#peakBeyond.channels) this.#peakBeyond = { channels: beyond, at };
    this.#level += began - ended;
  }

  #addAll(levels: string | null): void {
    if (levels === null) this.#add(this.#level, MINUTE_MS, 0);
    else for (const { above, ms, began } of readLevels(levels)) this.#add(this.#level + above, ms, began);
  }

  #add(level: number, ms: number, began: number): void {
    if (this.#bound < 0 || level <= 0) return;
    if (level >= this.#bound) this.#atBoundMs += ms;
    if (level <= this.#bound) return;
    this.#beyondMs += (level - this.#bound) * ms;
    this.#beganBeyond += began;
  }

  held(): Held {
    return {
      peak: this.#peak,
      atBoundMs: this.#atBoundMs,
      beyondMs: this.#beyondMs,
      beganBeyond: this.#beganBeyond,
      peakBeyond: this.#peakBeyond,
    };
  }
}
