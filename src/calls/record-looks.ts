import type { Logger } from "pino";
import { messageOf } from "../platform/errors.ts";
import type { RecordWatcher } from "./record-watcher.ts";
import type { SwitchEyes } from "./switch-eyes-port.ts";

export type RecordLooksOptions = {
  readonly watcher: Pick<RecordWatcher, "servers" | "booted" | "swept">;
  readonly eyes: Pick<SwitchEyes, "boot" | "list">;
  /** True for a switch that this node sweeps anyway. */
  readonly hears: (server: string) => boolean;
  readonly log: Logger;
};

/** Calls that were heard of without a break are looked for this often: a list of a full switch is long. */
const CALM_EVERY_MS = 60_000;

/**
 * Looks after calls that this node follows on a switch that another one listens to: should their end go unheard there,
 * nobody else will tell what became of them. Without such calls it asks nothing.
 */
export class RecordLooks {
  readonly #options: RecordLooksOptions;
  readonly #lookedAt = new Map<string, number>();
  #looking = false;

  constructor(options: RecordLooksOptions) {
    this.#options = options;
  }

  /** To be called every few seconds. Never rejects: a switch that cannot be asked is asked the next time. */
  async look(): Promise<void> {
    const { watcher, hears } = this.#options;
    if (this.#looking) return;
    this.#looking = true;
    for (const [server, { doubted }] of watcher.servers()) {
      const agoMs = performance.now() - (this.#lookedAt.get(server) ?? Number.NEGATIVE_INFINITY);
      if (!hears(server) && (doubted || agoMs >= CALM_EVERY_MS)) await this.#lookAt(server);
    }
    this.#looking = false;
  }

  async #lookAt(server: string): Promise<void> {
    const { watcher, eyes, log } = this.#options;
    this.#lookedAt.set(server, performance.now());
    try {
      watcher.booted(server, await eyes.boot(server), Date.now());
      const { channels, complete } = await eyes.list(server);
      if (complete) watcher.swept(server, channels, Date.now());
    } catch (error) {
      log.debug({ event: "records.not_looked", server }, messageOf(error));
    }
  }
}
