import type { SpendAnswer, SpendRequest } from "../core/callflow/commands.ts";
import type { CallId } from "../core/tenant/stamp.ts";
import type { SpendLedger } from "./spend-port.ts";

type Used = { calls: number; seconds: number };

/** Where the last number of a call counts; null once the call is over. */
type Counted = { readonly placing: number; readonly used: readonly Used[] | null };

/** Days kept: the one that is and the one before, for calls that last past midnight anywhere on Earth. */
const DAYS_KEPT = 3;

/** The spend guard of one node without a database: it forgets with the process, and keeps the last three days. */
export class MemorySpendLedger implements SpendLedger {
  /** Day → `tenant prefix` → what was used. */
  readonly #days = new Map<string, Map<string, Used>>();
  /** Day → calls whose last number is counted on it. */
  readonly #calls = new Map<string, Map<CallId, Counted>>();

  async begin({ call, placing, tenant, day, limits }: SpendRequest): Promise<SpendAnswer> {
    const before = [...this.#calls.values()].find((calls) => calls.has(call));
    if ((before?.get(call)?.placing ?? 0) >= placing) return { within: true };
    const used = limits.map(({ prefix }) => this.#used(day, `${tenant} ${prefix}`));
    for (const [index, { prefix, callsPerDay, minutesPerDay }] of limits.entries()) {
      const { calls = 0, seconds = 0 } = used[index] ?? {};
      if (callsPerDay !== null && calls >= callsPerDay) return { within: false, prefix, limit: "calls" };
      if (minutesPerDay !== null && seconds >= minutesPerDay * 60)
        return { within: false, prefix, limit: "minutes" };
    }
    for (const each of used) each.calls++;
    before?.delete(call);
    this.#callsOf(day).set(call, { placing, used });
    return { within: true };
  }

  async ended(call: CallId, seconds: number): Promise<boolean> {
    for (const calls of this.#calls.values()) {
      const counted = calls.get(call);
      if (counted === undefined) continue;
      for (const each of counted.used ?? []) each.seconds += seconds;
      calls.set(call, { ...counted, used: null });
      return true;
    }
    return false;
  }

  #used(day: string, key: string): Used {
    let of = this.#days.get(day);
    if (of === undefined) {
      of = new Map();
      this.#days.set(day, of);
      forgetOldest(this.#days);
    }
    let used = of.get(key);
    if (used === undefined) {
      used = { calls: 0, seconds: 0 };
      of.set(key, used);
    }
    return used;
  }

  #callsOf(day: string): Map<CallId, Counted> {
    let calls = this.#calls.get(day);
    if (calls === undefined) {
      calls = new Map();
      this.#calls.set(day, calls);
      forgetOldest(this.#calls);
    }
    return calls;
  }
}

/** `YYYY-MM-DD` sorts as time does. */
function forgetOldest(days: Map<string, unknown>): void {
  const [oldest] = [...days.keys()].sort();
  if (days.size > DAYS_KEPT && oldest !== undefined) days.delete(oldest);
}
