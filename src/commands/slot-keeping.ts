import type { Logger } from "pino";
import { createSwitchEyes } from "../ami/switch-eyes.ts";
import type { Switches } from "../ami/switches.ts";
import type { StepWatcher } from "../calls/ports.ts";
import type { SlotStore } from "../calls/slot-port.ts";
import type { SwitchNews } from "../calls/switch-news.ts";
import { trunkOfChannel } from "../calls/switch-news.ts";
import { SwitchWatch } from "../calls/switch-watch.ts";
import type { Look, WatchView } from "../calls/watch-view.ts";
import type { SlotKey } from "../core/admission/admission.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";

export type SlotKeepingOptions = {
  readonly node: string;
  readonly slots: SlotStore;
  readonly switches: () => Switches;
  readonly snapshot: () => Snapshot;
  readonly log: Logger;
  readonly onLook: (look: Look) => void;
};

/** One watch for every switch of the configuration, and what calls tell about their own legs. */
export class SlotKeeping implements StepWatcher {
  readonly #options: SlotKeepingOptions;
  readonly #watches = new Map<string, SwitchWatch>();

  constructor(options: SlotKeepingOptions) {
    this.#options = options;
  }

  /** Begins to watch switches that are new and leaves those that are gone. */
  follow(servers: readonly string[]): void {
    const { node, slots, switches, snapshot, log } = this.#options;
    for (const [server, watch] of [...this.#watches]) {
      if (servers.includes(server)) continue;
      this.#watches.delete(server);
      void watch.stop();
    }
    const eyes = createSwitchEyes((server) => switches().connection(server));
    for (const server of servers) {
      if (this.#watches.has(server)) continue;
      const onLook = (look: Look) => this.#looked(look);
      const watch = new SwitchWatch({ server, node, slots, eyes, snapshot, log, onLook });
      this.#watches.set(server, watch);
      watch.start();
    }
  }

  /** What is frozen of a switch that has left the configuration would wait for ever: nobody looks after it any more. */
  #looked(look: Look): void {
    const { slots, log, onLook } = this.#options;
    for (const server of look.frozen.filter((name) => !this.#watches.has(name))) {
      log.warn(
        { event: "slots.thawed", server },
        "it is not configured any more: its slots end within a minute",
      );
      slots.unfreeze(server).catch(() => {}); // the next look tries again
    }
    onLook(look);
  }

  state(server: string, up: boolean): void {
    const watch = this.#watches.get(server);
    void (up ? watch?.up() : watch?.down());
  }

  news(server: string, news: SwitchNews): void {
    this.#watches.get(server)?.news(news);
  }

  /** True when this node is the one that listens to the switch. */
  listensTo(server: string): boolean {
    return this.#watches.get(server)?.view.listening ?? false;
  }

  /** True when another node was found to be the one that listens to the switch. */
  othersListenTo(server: string): boolean {
    return this.#watches.get(server)?.leavesToOthers ?? false;
  }

  bootOf(server: string): string {
    return this.#watches.get(server)?.boot ?? "";
  }

  freeIfGone(leg: SlotKey): Promise<boolean> {
    return this.#watches.get(leg.server)?.freeIfGone(leg) ?? Promise.resolve(false);
  }

  /** What this channel dialled last has failed, and it tries no other trunk. */
  settled({ server, uniqueid }: SlotKey): void {
    this.#watches.get(server)?.settled(uniqueid);
  }

  /** A leg that is being turned away is on its trunk until it has gone, and on no client. */
  decided({ event, decision }: Parameters<StepWatcher["decided"]>[0]): void {
    if (decision.refusal === null || event.type !== "offer" || event.direction !== "inbound") return;
    const { slots, node, snapshot, log } = this.#options;
    const trunk = trunkOfChannel(event.channel, snapshot());
    if (trunk === null) return;
    const { server, uniqueid } = event;
    const leg = { key: { server, uniqueid }, boot: this.bootOf(server), trunk: trunk.name };
    slots.markRefused({ ...leg, call: decision.call, node }).catch((error: unknown) => {
      log.warn({ event: "slots.not_kept", server, what: "refused", err: error });
    });
  }

  views(): readonly WatchView[] {
    return [...this.#watches.values()].map((watch) => watch.view);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
  }
}
