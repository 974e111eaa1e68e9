/**
 * What comes alone is done at once, and what comes within `ms` after that together: each by itself would cost a busy
 * node more than all of what is done.
 */
export class Gathered<Item> {
  readonly #ms: number;
  readonly #act: (item: Item) => void;
  #waiting: Item[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `act` MUST not throw. */
  constructor(ms: number, act: (item: Item) => void) {
    this.#ms = ms;
    this.#act = act;
  }

  add(item: Item): void {
    if (this.#timer === null) {
      this.#act(item);
      this.#wait();
    } else this.#waiting.push(item);
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#waiting.length === 0) return;
      const items = this.#waiting;
      this.#waiting = [];
      for (const item of items) this.#act(item);
      this.#wait();
    }, this.#ms).unref();
  }
}
