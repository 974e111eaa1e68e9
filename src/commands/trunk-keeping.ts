import type { AmiEvent } from "../ami/events.ts";
import { Reachability } from "../calls/reachability.ts";
import type { SpendWatch } from "../calls/spend-watch.ts";
import { trunkOfChannel } from "../calls/switch-news.ts";
import type { TrunkHealthBook } from "../calls/trunk-health.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";

export type TrunkKeepingOptions = {
  readonly health: TrunkHealthBook;
  readonly spending: SpendWatch;
  readonly snapshot: () => Snapshot;
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

  /** The connection to a switch came up or went down: changes in between were not heard. */
  state(server: string, at: number): void {
    this.#reachability.forget(server, at);
  }
}
