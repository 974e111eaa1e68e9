/** What waits, and is told when it has waited for too long. */
export type Waiter = { expired(): void };

/**
 * Deadlines of one length for many. They come due in the order in which they were set, so that one timer for the first
 * of them serves all: a timer of its own for each wait would be a good part of what a session costs. Nothing is told
 * before its time, and at most a millisecond or two after it.
 */
export class Deadlines {
  readonly #ms: number;
  /** Waiter → when it is due, the first one due first. */
  readonly #due = new Map<Waiter, number>();
  #timer: NodeJS.Timeout | null = null;

  /** `ms`: how long each may wait. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** `waiter` waits from `now` on, of performance.now(); it MUST NOT be waiting here already. */
  set(waiter: Waiter, now: number): void {
    this.#due.set(waiter, now + this.#ms);
    if (this.#timer === null) this.#arm(this.#ms);
  }

  clear(waiter: Waiter): void {
    this.#due.delete(waiter);
  }

  // What waits has a socket, which keeps the process; the timer need not.
  #arm(ms: number): void {
    this.#timer = setTimeout(this.#look, ms).unref();
  }

  readonly #look = (): void => {
    this.#timer = null;
    const now = performance.now();
    for (const [waiter, due] of this.#due) {
      if (due > now) {
        this.#arm(Math.ceil(due - now));
        return;
      }
      this.#due.delete(waiter);
      waiter.expired();
    }
  };
}
