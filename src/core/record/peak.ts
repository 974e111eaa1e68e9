/**
 * The most channels a tenant held at one time, exactly, without reading every leg of a month. For each minute it is
 * kept how many legs began and how many ended in it. That bounds what the level can have been within the minute; only
 * minutes whose bound is above the best level found so far are looked into leg by leg.
 */

export type Peak = {
  readonly channels: number;
  /** The first instant at which it was reached, epoch milliseconds; null when no channel was ever held. */
  readonly at: number | null;
};

export type MinuteFlow = {
  /** Epoch minutes. */
  readonly minute: number;
  readonly began: number;
  readonly ended: number;
};

/** One leg's beginning (+1) or end (-1). */
export type Edge = { readonly at: number; readonly change: 1 | -1 };

/**
 * What a store must tell. The window is whole minutes, half-open. A beginning on the minute is in the minute that it
 * opens, an end on the minute in the one that it closes.
 */
export type Flow = {
  /** When the window opens, epoch milliseconds. */
  readonly from: number;
  /** Legs held at that instant: all that began before it less all that ended up to it. */
  readonly levelBefore: number;
  /** In order of time; minutes without an edge are absent. */
  readonly flows: readonly MinuteFlow[];
};

/**
 * Looks for the peak: yields a minute whose edges, in any order, it wants to see, and returns the peak. A leg that
 * ends at the instant another begins was never beside it.
 */
export function* findPeak({ from, levelBefore, flows }: Flow): Generator<number, Peak, readonly Edge[]> {
  let best: Peak = { channels: levelBefore, at: levelBefore > 0 ? from : null };
  const bounds: { minute: number; level: number; bound: number }[] = [];
  let level = levelBefore;
  for (const { minute, began, ended } of flows) {
    bounds.push({ minute, level, bound: level + began });
    level += began - ended;
  }
  bounds.sort((a, b) => b.bound - a.bound || a.minute - b.minute);
  for (const { minute, level: start, bound } of bounds) {
    if (bound < best.channels) break;
    // It could reach the best level again at most, and later: minutes of one bound are in order of time.
    if (bound === best.channels && best.at !== null && minute * 60_000 >= best.at) continue;
    best = better(best, walk(start, yield minute));
  }
  return best;
}

/** The highest level that one minute's edges lead to. */
function walk(start: number, edges: readonly Edge[]): Peak {
  let level = start;
  let best: Peak = { channels: 0, at: null };
  for (const { at, change } of [...edges].sort((a, b) => a.at - b.at || a.change - b.change)) {
    level += change;
    if (change === 1 && level > best.channels) best = { channels: level, at };
  }
  return best;
}

function better(a: Peak, b: Peak): Peak {
  if (b.at === null || b.channels < a.channels) return a;
  if (b.channels > a.channels || a.at === null) return b;
  return b.at < a.at ? b : a;
}
