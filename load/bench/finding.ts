// What a bench hands back, and how many rounds become one honest figure: never an average, always the median with the
// smallest and the largest beside it.

export type Spread = {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly rounds: number;
};

export type Finding = {
  /** The bench it belongs to. */
  readonly bench: string;
  readonly what: string;
  /** As people read it; empty where nothing was promised. */
  readonly target: string;
  readonly measured: string;
  /** Null where nothing was promised. */
  readonly met: boolean | null;
  /** Of a missed one: why. Of others: what to know about the figure; may be empty. */
  readonly why: string;
};

export type BenchResult = {
  readonly findings: readonly Finding[];
  /** Everything measured, for the JSON. */
  readonly figures: Readonly<Record<string, unknown>>;
};

export type BenchContext = {
  /** Private folder of this bench. */
  readonly folder: string;
  /** Ports that this run may take: `ports` and the 899 after it. */
  readonly ports: number;
  readonly rounds: number;
  /** 1 is the full size; a tenth of it gives figures in seconds, not good ones. */
  readonly size: number;
  readonly say: (line: string) => void;
};

export type Bench = {
  readonly name: string;
  readonly says: string;
  readonly run: (context: BenchContext) => Promise<BenchResult>;
};

/** Throws RangeError for no values: a bench without a round has nothing to say. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new RangeError("no round was measured");
  const upper = sorted[Math.floor(sorted.length / 2)] ?? max;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? min;
  return { min, median: (upper + lower) / 2, max, rounds: sorted.length };
}

/** Round by round, so that what disturbs the machine disturbs both sides of a ratio. */
export function ratio(over: readonly number[], under: readonly number[]): Spread {
  return spread(over.map((value, round) => value / (under[round] ?? Number.NaN)));
}

/** `1.24 (1.20–1.31)` */
export function shown({ min, median, max }: Spread, digits = 2, unit = ""): string {
  const text = (value: number) => value.toFixed(digits);
  return `${text(median)}${unit} (${text(min)}–${text(max)})`;
}

type Judged = {
  readonly bench: string;
  readonly what: string;
  readonly spread: Spread;
  readonly digits?: number;
  readonly unit?: string;
  /** What the median must not be above, or below. */
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Why, should it be missed. */
  readonly ifMissed: string;
  readonly note?: string;
};

/** Holds the median against its target. */
export function judge(judged: Judged): Finding {
  const { bench, what, atMost, atLeast, unit = "", digits = 2, ifMissed, note = "" } = judged;
  const { median } = judged.spread;
  const met = (atMost === undefined || median <= atMost) && (atLeast === undefined || median >= atLeast);
  const target = [
    ...(atMost === undefined ? [] : [`≤ ${atMost}${unit}`]),
    ...(atLeast === undefined ? [] : [`≥ ${atLeast}${unit}`]),
  ].join(", ");
  const measured = shown(judged.spread, digits, unit);
  return { bench, what, target, measured, met: target === "" ? null : met, why: met ? note : ifMissed };
}

/** Whole numbers of a full size, never below one. */
export function sized(full: number, size: number): number {
  return Math.max(1, Math.round(full * size));
}
