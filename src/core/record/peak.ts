/**
 * The most channels a tenant held at one time, exactly, without reading every leg of a month. How far the level rises
 * within a minute above what it was when the minute opened follows from that minute's own beginnings and ends, so a
 * store keeps the rise of each minute beside their counts; one pass over the minutes then finds the peak.
 *
 * A beginning on the minute is in the minute that it opens, an end on the minute in the one that it closes. A leg that
 * ends at the instant another begins was never beside it.
 */

export type Peak = {
  readonly channels: number;
  /** The first instant at which it was reached, epoch milliseconds; null when no channel was ever held. */
  readonly at: number | null;
};

/** One leg's beginning (+1) or end (-1). */
export type Edge = { readonly at: number; readonly change: 1 | -1 };

export type Rise = {
  /** Channels above the minute's opening level, 0 when it never rises above that. */
  readonly rise: number;
  /** When that was first reached, epoch milliseconds; null for 0. */
  readonly riseAt: number | null;
};

export type MinuteFlow = Rise & {
  /** Epoch minutes. */
  readonly minute: number;
  readonly began: number;
  readonly ended: number;
};

const MINUTE_MS = 60_000;

/** The epoch minutes that a leg's beginning and its end belong to. */
export function minutesOf({ from, to }: { readonly from: number; readonly to: number }): {
  readonly began: number;
  readonly ended: number;
} {
  return { began: Math.floor(from / MINUTE_MS), ended: Math.ceil(to / MINUTE_MS) - 1 };
}

/** In the order of time. Those that are already are given back as they are. */
export function inOrder(edges: readonly Edge[]): readonly Edge[] {
  let last: Edge | undefined;
  for (const edge of edges) {
    if (last !== undefined && compareEdges(last, edge) > 0) return [...edges].sort(compareEdges);
    last = edge;
  }
  return edges;
}

/** Of a beginning and an end at one instant the end is first. */
export function compareEdges(a: Edge, b: Edge): number {
  return a.at - b.at || a.change - b.change;
}

/** How far the level rises within a minute that has these edges, in any order. */
export function riseOf(edges: readonly Edge[]): Rise {
  let level = 0;
  let rise = 0;
  let riseAt: number | null = null;
  for (const { at, change } of inOrder(edges)) {
    level += change;
    if (level <= rise) continue;
    rise = level;
    riseAt = at;
  }
  return { rise, riseAt };
}

/**
 * The peak from the minute `first` on. `levelBefore` is what was held when it opened: all that began in earlier minutes
 * less all that ended in them. `flows` are in order of time; minutes without an edge are absent.
 */
export function findPeak(first: number, levelBefore: number, flows: Iterable<MinuteFlow>): Peak {
  let best: Peak = { channels: levelBefore, at: levelBefore > 0 ? first * MINUTE_MS : null };
  let level = levelBefore;
  for (const { began, ended, rise, riseAt } of flows) {
    if (riseAt !== null && level + rise > best.channels) best = { channels: level + rise, at: riseAt };
    level += began - ended;
  }
  return best;
}
