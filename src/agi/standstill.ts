/** How often a process that goes on looks at its clock. */
const LOOK_MS = 250;
/** One that has not looked for so long stood still. */
const STILL_MS = 1000;
/** What came meanwhile is worked off within this time. */
const BACKLOG_MS = 1000;

/**
 * Knows that this process has just stood still, as on a machine that was paused: whoever asked meanwhile may have been
 * given up, and lives on without an answer.
 */
export class Standstill {
  readonly #timer = setInterval(() => this.#look(), LOOK_MS).unref();
  #lookedAt = performance.now();
  #behindUntil = Number.NEGATIVE_INFINITY;

  /** True while what is heard may have been said a while ago. */
  get isBehind(): boolean {
    this.#look();
    return this.#lookedAt < this.#behindUntil;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAt >= STILL_MS) this.#behindUntil = now + BACKLOG_MS;
    this.#lookedAt = now;
  }
}
