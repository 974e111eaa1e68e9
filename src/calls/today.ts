/**
 * What the day has brought to every client so far: calls refused, and the most legs at one time. A day is one of the
 * client's own calendar. It remembers nothing across a restart and decides nothing; reports count from the records.
 */
import { wallClock } from "../core/schedule/wall-clock.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { type DecidedStep, type StepWatcher, tenantOfStep } from "./ports.ts";
import type { SlotCounts } from "./slot-port.ts";

export type Today = {
  /** By this node. */
  readonly refused: number;
  /** Of the readings that were taken; a burst between two of them is not seen. */
  readonly peak: number;
};

type Day = { day: number; refused: number; peak: number };

const NOTHING: Today = { refused: 0, peak: 0 };

export class TodayBook implements StepWatcher {
  readonly #snapshot: () => Snapshot;
  readonly #days = new Map<string, Day>();

  constructor(snapshot: () => Snapshot) {
    this.#snapshot = snapshot;
  }

  decided(step: DecidedStep): void {
    if (step.decision.refusal === null) return;
    const tenant = tenantOfStep(step);
    if (tenant !== null) this.#day(tenant, step.at).refused += 1;
  }

  /** Legs as they are at `now`, epoch milliseconds. */
  saw({ tenants }: SlotCounts, now: number): void {
    for (const [tenant, { total }] of tenants) {
      const day = this.#day(tenant, now);
      day.peak = Math.max(day.peak, total);
    }
  }

  of(tenant: string, now: number): Today {
    if (!this.#days.has(tenant)) return NOTHING;
    const { refused, peak } = this.#day(tenant, now);
    return { refused, peak };
  }

  #day(tenant: string, now: number): Day {
    const zone = this.#zoneOf(tenant);
    const day = wallClock(zone, now)?.day ?? Math.floor(now / 86_400_000);
    const known = this.#days.get(tenant);
    if (known?.day === day) return known;
    const begun = { day, refused: 0, peak: 0 };
    this.#days.set(tenant, begun);
    return begun;
  }

  /** A client that is not configured any more may still have legs. */
  #zoneOf(tenant: string): string {
    for (const { id, timezone } of this.#snapshot().tenants.values()) if (id === tenant) return timezone;
    return "UTC";
  }
}
