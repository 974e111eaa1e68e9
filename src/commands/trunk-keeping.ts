import type { Logger } from "pino";
import type { AmiEvent } from "../ami/events.ts";
import type { Switches } from "../ami/switches.ts";
import { Reachability } from "../calls/reachability.ts";
import { SilenceWatch } from "../calls/silence-watch.ts";
import type { SpendWatch } from "../calls/spend-watch.ts";
import { trunkOfChannel } from "../calls/switch-news.ts";
import type { TrunkHealthBook } from "../calls/trunk-health.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { callIdOf } from "../core/tenant/stamp.ts";
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
  readonly #silence = new SilenceWatch();

  constructor(options: TrunkKeepingOptions) {
    this.#options = options;
    this.#reachability = new Reachability(options.health);
  }

  /** `at` is epoch milliseconds. */
  news(server: string, news: AmiEvent, at: number): void {
    const { spending, snapshot } = this.#options;
    switch (news.type) {
      case "dial_begin": {
        const trunk = trunkOfChannel(news.destChannel, snapshot());
        if (trunk !== null) this.#silence.dialled({ server, uniqueid: news.destUniqueid }, trunk.name, at);
        return;
      }
      case "dial_state":
        this.#silence.spoke({ server, uniqueid: news.destUniqueid });
        return;
      case "dial_end":
        this.#dialEnded(server, news, at);
        return;
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

  /** Dial's own step comes only when the call is over, or never: its end tells at once how the carrier did. */
  #dialEnded(server: string, news: Extract<AmiEvent, { type: "dial_end" }>, at: number): void {
    const { health, spending, snapshot } = this.#options;
    const leg = { server, uniqueid: news.destUniqueid };
    const call = news.destSbCall ?? news.sbCall;
    const silence = this.#silence.over(leg, at);
    if (silence !== null && call !== null && (news.status === "CANCEL" || news.status === "NOANSWER"))
      health.silent(silence.trunk, call, silence.silentMs, at);
    const trunk = trunkOfChannel(news.destChannel, snapshot());
    if (news.status !== "ANSWER" || trunk === null || call === null) return;
    health.answered(trunk.name, call, at);
    const asked = news.uniqueid === null ? call : callIdOf(server, news.uniqueid);
    spending.answered(leg, [...new Set([asked, call])], at);
  }

  /** The connection to a switch came up or went down: changes in between were not heard, so all is asked anew. */
  state(server: string, up: boolean, at: number): void {
    this.#reachability.forget(server, at);
    this.#silence.forget(server);
    if (up) void this.#askProbes(server);
  }

  /**
   * Only changes are told, so a carrier that was gone before is asked for. By its endpoint's state, which takes no right
   * that the account does not have; a list of PJSIP's contacts would take `system`.
   */
  async #askProbes(server: string): Promise<void> {
    const { switches, snapshot, log } = this.#options;
    const { system, trunks } = snapshot();
    const home = system.switches.find((each) => each.server === server);
    const technology = home?.technology === "sip" ? "SIP" : "PJSIP";
    try {
      for (const { name, endpoint, qualifySeconds } of trunks.values()) {
        if (qualifySeconds === 0) continue;
        const question = { Variable: `DEVICE_STATE(${technology}/${endpoint})` };
        const answer = await switches().connection(server)?.action("GetVar", question);
        const gone = answer?.fields.get("Value") === "UNAVAILABLE";
        if (gone) this.#reachability.heard(server, name, false, Date.now());
      }
    } catch (error) {
      log.warn({ event: "trunks.not_asked", server }, messageOf(error));
    }
  }
}
