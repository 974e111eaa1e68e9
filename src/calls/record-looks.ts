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

/**
 * Looks after calls that this node follows on a switch that another one has come to listen to: they began while it
 * listened itself, or nobody did, and what became of them nobody else will tell. Without such calls it asks nothing.
 */
export class RecordLooks {
  readonly #options: RecordLooksOptions;
  #looking = false;

  constructor(options: RecordLooksOptions) {
    this.#options = options;
  }

  /** To be called every few seconds. Never rejects: a switch that cannot be asked is asked the next time. */
  async look(): Promise<void> {
    const { watcher, hears } = this.#options;
    if (this.#looking) return;
    this.#looking = true;
    for (const server of watcher.servers()) if (!hears(server)) await this.#lookAt(server);
    this.#looking = false;
  }

  async #lookAt(server: string): Promise<void> {
    const { watcher, eyes, log } = this.#options;
    try {
      watcher.booted(server, await eyes.boot(server), Date.now());
      const { channels, complete } = await eyes.list(server);
      const uniqueids = channels.map(({ uniqueid }) => uniqueid);
      if (complete) watcher.swept(server, uniqueids, Date.now());
    } catch (error) {
      log.debug({ event: "records.not_looked", server }, messageOf(error));
    }
  }
}
