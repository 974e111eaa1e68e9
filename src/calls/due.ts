/** One act that is to be done within some time. Asked again it is brought forward, never put off. */
export class Due {
  readonly #act: () => void;
  #timer: NodeJS.Timeout | null = null;
  #at = Number.POSITIVE_INFINITY;

  constructor(act: () => void) {
    this.#act = act;
  }

  within(ms: number): void {
    const at = performance.now() + ms;
    if (this.#at <= at) return;
    this.clear();
    this.#at = at;
    this.#timer = setTimeout(() => {
      this.clear();
      this.#act();
    }, ms).unref();
  }

  /** What was due is not done, or was done just now. */
  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#at = Number.POSITIVE_INFINITY;
  }
}
