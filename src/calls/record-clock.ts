import type { OpenCalls } from "./open-calls.ts";
import { markLate } from "./open-calls.ts";
import type { RecordWatcherOptions } from "./record-watcher-options.ts";

/** The watcher looks several times within it: who was not asked for so long stood still. */
const STILL_MS = 1500;
/** What came meanwhile is worked off within this time. */
const BACKLOG_MS = 1000;

/** Keeps the calls that are on true to time: when the machine's clock is set, and when this process stands still. */
export class RecordClock {
  readonly #open: OpenCalls;
  readonly #options: Pick<Required<RecordWatcherOptions>, "store" | "log" | "clockStep" | "elapsed">;
  #askedAt = Number.POSITIVE_INFINITY;
  #behindUntil = Number.NEGATIVE_INFINITY;

  constructor(open: OpenCalls, options: Required<RecordWatcherOptions>) {
    this.#open = open;
    this.#options = options;
  }

  /** True while what is heard may have happened a while ago. */
  get isBehind(): boolean {
    return this.#askedAt < this.#behindUntil;
  }

  /** To be called before anything that is heard is noted. */
  follow(): void {
    this.#followSteps();
    this.#followStandstills();
  }

  /** A call that lasts while the clock is set would last for as long as the clock was moved. */
  #followSteps(): void {
    const { clockStep, log, store } = this.#options;
    const byMs = clockStep();
    if (byMs === 0) return;
    this.#open.shift(byMs);
    log.warn(
      { event: "clock.stepped", byMs, calls: this.#open.byCall.size },
      "the machine's clock was set: is NTP running?",
    );
    for (const { facts } of this.#open.byCall.values()) store.keepOpen(facts);
  }

  /** What happened while this process stood still is heard after it: the switch's own records know when it was. */
  #followStandstills(): void {
    const now = this.#options.elapsed();
    const stillMs = now - this.#askedAt;
    this.#askedAt = now;
    if (stillMs < STILL_MS) return;
    this.#behindUntil = now + BACKLOG_MS;
    const calls = this.#open.byCall.size;
    if (calls === 0) return;
    for (const open of this.#open.byCall.values()) markLate(open);
    const says =
      "this process stood still, and hears late what happened meanwhile: has the machine too much to do?";
    this.#options.log.warn({ event: "records.stood_still", stillMs: Math.round(stillMs), calls }, says);
  }
}
