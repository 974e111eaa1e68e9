import type { Logger } from "pino";
import { type AmiEvent, readEvent } from "../ami/events.ts";
import type { Switches } from "../ami/switches.ts";
import { Reachability } from "../calls/reachability.ts";
import type { SpendWatch } from "../calls/spend-watch.ts";
import { trunkOfChannel } from "../calls/switch-news.ts";
import type { TrunkHealthBook } from "../calls/trunk-health.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { messageOf } from "../platform/errors.ts";

export type TrunkKeepingOptions = {
  readonly health: TrunkHealthBook;
  readonly spending: SpendWatch;
  readonly switches: () => Switches;
  readonly snapshot: () => Snapshot;
  readonly log: Logger;
};

/** What the switches tell of trunks themselves: who answered, what a leg cost, whether a carrier is there. */
export class TrunkKeeping {
  readonly #options: TrunkKeepingOptions;
  readonly #reachability: Reachability;

  constructor(options: TrunkKeepingOptions) {
    this.#options = options;
    this.#reachability = new Reachability(options.health);
  }

  /** `at` is epoch milliseconds. */
  news(server: string, news: AmiEvent, at: number): void {
    const { health, spending, snapshot } = this.#options;
    switch (news.type) {
      case "dial_end": {
        // Dial's own step comes only when the call is over; its answer tells at once that a carrier is well.
        const trunk = trunkOfChannel(news.destChannel, snapshot());
        const call = news.destSbCall ?? news.sbCall;
        if (news.status !== "ANSWER" || trunk === null || call === null) return;
        health.answered(trunk.name, call, at);
        spending.answered({ server, uniqueid: news.destUniqueid }, call, at);
        return;
      }
      case "hangup":
        spending.ended({ server, uniqueid: news.uniqueid }, at);
        return;
      case "endpoint_reachable": {
        const trunk = snapshot().trunkByEndpoint.get(news.endpoint);
        if (trunk !== undefined) this.#reachability.heard(server, trunk, news.reachable, at);
        return;
      }
    }
  }

  /** The connection to a switch came up or went down: changes in between were not heard, so all is asked anew. */
  state(server: string, up: boolean, at: number): void {
    this.#reachability.forget(server, at);
    if (up) void this.#askProbes(server);
  }

  /** Only changes are told. What chan_sip's peers are at this moment is not asked: their next change says it. */
  async #askProbes(server: string): Promise<void> {
    const { switches, snapshot, log } = this.#options;
    const { system, trunks } = snapshot();
    const pjsip = system.switches.some((each) => each.server === server && each.technology === "pjsip");
    if (
      !pjsip ||
      ![...trunks.values()].some(({ qualifySeconds, existing }) => qualifySeconds > 0 || existing)
    )
      return;
    try {
      const rows = (await switches().connection(server)?.list("PJSIPShowContacts"))?.events ?? [];
      for (const row of rows) {
        const news = readEvent(row, () => {});
        if (news !== null) this.news(server, news, Date.now());
      }
    } catch (error) {
      // A switch without a single contact answers with an error too.
      log.info({ event: "trunks.not_asked", server }, messageOf(error));
    }
  }
}
