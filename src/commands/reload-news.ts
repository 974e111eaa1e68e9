import type { ReloadResult } from "../config/configuration.ts";

/** What the last reading of the files came to, for who asks hours after the log has told it. */
export class ReloadNews {
  readonly #now: () => number;
  #refusedAt: number | null = null;
  #errors = 0;
  #waiting: readonly string[] = [];

  /** `now` in epoch milliseconds. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** `waiting` are the keys whose new values hold from the next start on. */
  heard({ errors }: Pick<ReloadResult, "errors">, waiting: () => readonly string[]): void {
    this.#errors = errors.length;
    if (errors.length > 0) {
      this.#refusedAt ??= this.#now();
      return;
    }
    this.#refusedAt = null;
    this.#waiting = waiting();
  }

  /** `ok` where the files are in force as they are. */
  says(): string {
    const parts: string[] = [];
    if (this.#refusedAt !== null) {
      const since = new Date(this.#refusedAt).toISOString().slice(0, 19);
      const what = this.#errors === 1 ? "1 error" : `${this.#errors} errors`;
      parts.push(
        `the files have had ${what} since ${since}Z, and what was in force before still is: see configuration.error in the log, or signalbox check`,
      );
    }
    if (this.#waiting.length > 0)
      parts.push(`${this.#waiting.join(", ")} of signalbox.yaml changed: restart this node`);
    return parts.length === 0 ? "ok" : parts.join("; ");
  }
}
