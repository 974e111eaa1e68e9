import { setTimeout as sleep } from "node:timers/promises";
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
import type { Trunk } from "../core/trunk/trunk.ts";
import { messageOf } from "../platform/errors.ts";

export type TrunkKeepingOptions = {
  readonly health: TrunkHealthBook;
  readonly spending: SpendWatch;
  readonly switches: () => Switches;
  readonly snapshot: () => Snapshot;
  readonly log: Logger;
  /** Milliseconds since some beginning, for how long something lasts; no clock that can be set. */
  readonly elapsed?: () => number;
};

/** Milliseconds until a switch has made up its mind of an endpoint one of whose addresses has just been missed. */
const MADE_UP: readonly number[] = [500, 1500];

/** What the switches tell of trunks themselves: who answered, what a leg cost, whether a carrier is there. */
export class TrunkKeeping {
  readonly #options: TrunkKeepingOptions;
  readonly #reachability: Reachability;
  readonly #silence = new SilenceWatch();
  readonly #elapsed: () => number;
  /** Switch and trunk → the last event of it. */
  readonly #told = new Map<string, symbol>();

  constructor(options: TrunkKeepingOptions) {
    this.#options = options;
    this.#elapsed = options.elapsed ?? (() => performance.now());
    this.#reachability = new Reachability(options.health);
  }

  /** `at` is epoch milliseconds. */
  news(server: string, news: AmiEvent, at: number): void {
    const { spending, snapshot } = this.#options;
    switch (news.type) {
      case "dial_begin": {
        const trunk = trunkOfChannel(news.destChannel, snapshot());
        const leg = { server, uniqueid: news.destUniqueid };
        if (trunk !== null) this.#silence.dialled(leg, trunk.name, this.#elapsed());
        return;
      }
      case "dial_state":
        this.#silence.spoke({ server, uniqueid: news.destUniqueid });
        return;
      case "dial_end":
        this.#dialEnded(server, news, at);
        return;
      case "hangup":
        spending.ended({ server, uniqueid: news.uniqueid }, this.#elapsed());
        return;
      case "endpoint_reachable": {
        const { trunks, trunkByEndpoint } = snapshot();
        const trunk = trunks.get(trunkByEndpoint.get(news.endpoint) ?? "");
        if (trunk === undefined) return;
        this.#endpointProbed(server, trunk, news.reachable, at);
        return;
      }
    }
  }

  /** Dial's own step comes only when the call is over, or never: its end tells at once how the carrier did. */
  #dialEnded(server: string, news: Extract<AmiEvent, { type: "dial_end" }>, at: number): void {
    const { health, spending, snapshot } = this.#options;
    const leg = { server, uniqueid: news.destUniqueid };
    const call = news.destSbCall ?? news.sbCall;
    const over = this.#silence.over(leg, this.#elapsed());
    if (over !== null && call !== null && (news.status === "CANCEL" || news.status === "NOANSWER"))
      health.givenUp(over.trunk, call, over.silentMs, at);
    const trunk = trunkOfChannel(news.destChannel, snapshot());
    if (news.status !== "ANSWER" || trunk === null || call === null) return;
    health.answered(trunk.name, call, at);
    const asked = news.uniqueid === null ? call : callIdOf(server, news.uniqueid);
    spending.answered(leg, [...new Set([asked, call])], this.#elapsed());
  }

  /** The connection to a switch came up or went down: changes in between were not heard, so all is asked anew. */
  state(server: string, up: boolean, at: number): void {
    this.#reachability.forget(server, at);
    this.#silence.forget(server);
    if (up) void this.#askProbes(server);
  }

  /**
   * An endpoint of the operator's own may have several addresses, and the event is about one of them: the carrier is gone
   * when the switch has none left to dial.
   */
  #endpointProbed(server: string, trunk: Trunk, reachable: boolean | null, at: number): void {
    const where = `${server} ${trunk.name}`;
    const event = Symbol();
    this.#told.set(where, event);
    if (trunk.existing && reachable === false)
      void this.#missed(server, trunk, () => this.#told.get(where) === event);
    else this.#reachability.heard(server, trunk.name, reachable, at);
  }

  /** `still` is false as soon as another event has come, which says more. */
  async #missed(server: string, { name, endpoint }: Trunk, still: () => boolean): Promise<void> {
    await this.#asking(server, async () => {
      for (const ms of MADE_UP) {
        await sleep(ms, undefined, { ref: false });
        const gone = still() && (await this.#isGone(server, endpoint));
        if (gone && still()) return this.#reachability.heard(server, name, false, Date.now());
      }
    });
  }

  /** Only changes are told, so a carrier that was gone before is asked for. */
  async #askProbes(server: string): Promise<void> {
    await this.#asking(server, async () => {
      for (const { name, endpoint, existing, qualifySeconds } of this.#options.snapshot().trunks.values()) {
        // Whether an endpoint of the operator's own is probed is for the switch alone to know.
        if ((qualifySeconds === 0 && !existing) || !(await this.#isGone(server, endpoint))) continue;
        this.#reachability.heard(server, name, false, Date.now());
      }
    });
  }

  /**
   * By the endpoint's state, which takes no right that the account does not have; a list of PJSIP's contacts would take
   * `system`.
   */
  async #isGone(server: string, endpoint: string): Promise<boolean> {
    const { switches, snapshot } = this.#options;
    const home = snapshot().system.switches.find((each) => each.server === server);
    const technology = home?.technology === "sip" ? "SIP" : "PJSIP";
    const question = { Variable: `DEVICE_STATE(${technology}/${endpoint})` };
    const answer = await switches().connection(server)?.action("GetVar", question);
    return answer?.fields.get("Value") === "UNAVAILABLE";
  }

  async #asking(server: string, ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      this.#options.log.warn({ event: "trunks.not_asked", server }, messageOf(error));
    }
  }
}
