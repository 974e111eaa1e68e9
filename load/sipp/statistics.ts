/** The counters that decide whether a run went well, from SIPp's -trace_stat file. */
export interface Counters {
  readonly created: number;
  readonly successful: number;
  readonly failed: number;
  /** Calls that were taken, as far as the scenario counts them (`ANSWERED`). */
  readonly answered: number;
  /** Calls that were still going on when SIPp ended. */
  readonly unfinished: number;
  readonly retransmissions: number;
  /** Why calls failed: SIPp's own counter names (`FailedUnexpectedMessage`, …), those above zero only. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Response times in milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** The cumulative counters of the last line, or null when SIPp died before it wrote one. */
export function readCounters(text: string): Counters | null {
  const [head, ...rows] = text.split("\n").filter((line) => line.trim() !== "");
  const row = rows.at(-1)?.split(";");
  if (head === undefined || row === undefined) return null;
  const all = new Map(head.split(";").map((name, index) => [name, Number(row[index])]));
  const total = (name: string) => all.get(`${name}(C)`) ?? 0;
  const created = all.get("TotalCallCreated") ?? 0;
  const failures: Record<string, number> = {};
  for (const [name, value] of all) {
    if (/^Failed.+\(C\)$/.test(name) && name !== "FailedCall(C)" && value > 0)
      failures[name.slice(0, -3)] = value;
  }
  return {
    created,
    successful: total("SuccessfulCall"),
    failed: total("FailedCall"),
    answered: total("answered"),
    unfinished: Math.max(0, created - total("SuccessfulCall") - total("FailedCall")),
    retransmissions: total("Retransmissions"),
    failures,
  };
}

/** Nearest-rank percentiles of SIPp's -trace_rtt file (`date;milliseconds;timer`); null without a measurement. */
export function readPercentiles(text: string): Percentiles | null {
  const times = text
    .split("\n")
    .slice(1)
    .map((line) => Number.parseFloat(line.split(";")[1] ?? ""))
    .filter((value) => Number.isFinite(value));
  return percentiles(times);
}

/** Nearest-rank percentiles; null for an empty list. */
export function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
