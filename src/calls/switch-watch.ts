/**
 * Keeps the slots of one switch equal to its trunk legs: it asks the switch, hands what it hears to LegWatch, and
 * carries out what follows. It looks for itself every few seconds, since events are lost whenever the connection is.
 * It never hangs up a call, and what is to be believed is not its affair (legs.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { SlotKey } from "../core/admission/admission.ts";
import { messageOf, SignalboxError } from "../platform/errors.ts";
import { Due } from "./due.ts";
import { Gathered } from "./gathered.ts";
import type { LegBook, LegOrder, SweepOutcome } from "./leg-facts.ts";
import { carryOut } from "./leg-orders.ts";
import { LegWatch, SPACING_MS } from "./legs.ts";
import { keepOwnCount } from "./own-count.ts";
import { bookOf, type SwitchNews, trunkOfChannel } from "./switch-news.ts";
import { type WatchOptions, type WatchTimings, watchTimings } from "./watch-options.ts";
import { WatchTally, type WatchView } from "./watch-view.ts";

/** Milliseconds until what could not be done for an event is tried again; after that a look makes up for it. */
const RETRIES: readonly number[] = [300, 1500];
/** How long the switch is asked about no further channel after one, so that it is asked about many in one go. */
const ASK_EVERY_MS = 20;
/** A switch that answers no more must not keep a node from ending, nor the next one from starting. */
const STOP_MS = 1000;

export class SwitchWatch {
  readonly #options: WatchOptions;
  readonly #timings: WatchTimings;
  readonly #legs: LegWatch;
  readonly #tally = new WatchTally();
  readonly #orders = new Gathered<readonly LegOrder[]>(ASK_EVERY_MS, (orders) => void this.#follow(orders));
  #up = false;
  #listening = false;
  /** When a complete list was last had, or this node began to ask for one. */
  #listedAt = 0;
  #elsewhere = false;
  #keptAt = Number.NEGATIVE_INFINITY;
  #stopped = false;
  /** When this listener first had a complete list while the store of this era waits to be rebuilt; null while none. */
  #rebuilding: { readonly era: string; readonly since: number } | null = null;
  #sweeping: Promise<void> | null = null;
  /** A look that is under way is joined, and sees to the next one when it is done. */
  readonly #nextLook = new Due(() => void this.sweep());
  #electionTimer: NodeJS.Timeout | null = null;
  /** The last attempt of a channel has failed, and it tries no other. */
  readonly settled = (uniqueid: string): void => this.#legs.settled(uniqueid);

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#timings = { ...watchTimings, ...options.timings };
    this.#legs = new LegWatch(options.server);
  }

  get view(): WatchView {
    return this.#tally.view(this.#options.server, this.#listening);
  }

  /** True when another node was found to listen; false while nobody is known to. */
  get leavesToOthers(): boolean {
    return this.#elsewhere;
  }

  /** The boot as last seen, "" before the first look. */
  get boot(): string {
    return this.#tally.boot;
  }

  /** Without the store each node counts for itself, by what it hears itself. */
  get #alone(): boolean {
    return this.#options.slots.health().state === "unreachable";
  }

  /** From now on the switch is looked after, also while it is not seen. */
  start(): void {
    this.#scheduleElection();
  }

  /** The manager session came up: anything may have been missed. */
  async up(): Promise<void> {
    this.#up = true;
    await this.#elect();
  }

  /** It went down: nothing of this switch ends until somebody sees it again. */
  async down(): Promise<void> {
    this.#up = false;
    this.#elsewhere = false;
    this.#clearTimers();
    this.#scheduleElection();
    if (!this.#listening) return;
    await this.#obey(this.#legs.unseen());
    await this.#resign();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#clearTimers();
    await Promise.race([this.#sweeping, sleep(STOP_MS, undefined, { ref: false })]);
    if (this.#listening) await this.#resign();
  }

  /** One event of the switch. Returns at once; what follows from it is done behind its back, in any order. */
  news(news: SwitchNews): void {
    // Whoever listens: a call that fails over asks about its last leg on the node that decides it.
    if (news.type === "dial_end") this.#legs.dialEnd(news, this.#book());
    if (!this.#listening && !this.#alone) return;
    if (news.type === "hangup") this.#orders.add(this.#legs.hangup(news));
    if (news.type !== "dial_begin") return;
    void this.#follow(this.#legs.dialBegin(news, this.boot, this.#book()));
    const trunk = trunkOfChannel(news.destChannel, this.#options.snapshot());
    if (news.uniqueid === null && trunk !== null) this.#unbound(news.destUniqueid);
  }

  /** Whether a leg has ended, asked of the switch; if so its slot is free. False when it lives or nobody knows. */
  async freeIfGone(leg: SlotKey): Promise<boolean> {
    return (await this.#safely("confirm", () => this.#confirm(leg.uniqueid))) === true;
  }

  /** Looks at the switch now; a look that is under way is joined. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepOnce().finally(() => {
      this.#sweeping = null;
    });
    return this.#sweeping;
  }

  async #sweepOnce(): Promise<void> {
    this.#nextLook.clear();
    if (!this.#listening) return;
    const settled = (await this.#safely("sweep", () => this.#look())) === true;
    if (performance.now() - this.#listedAt > this.#timings.unlistedMs)
      await this.#obey(this.#legs.unlisted());
    this.#sweepWithin(settled ? this.#timings.sweepMs : this.#timings.againMs);
  }

  /** True when nothing is left open. */
  async #look(): Promise<boolean> {
    const { server, slots, eyes } = this.#options;
    const beganAt = performance.now();
    const rebuilding = slots.health().state === "rebuilding";
    // The slots are read first: what is taken while the switch answers is then not missed.
    const held = await slots.snapshot();
    const era = rebuilding ? (held.era ?? "") : null;
    const stored = held.slots.filter(({ key }) => key.server === server);
    const frozen = held.frozen.includes(server);
    const boot = await eyes.boot(server);
    const { channels, complete, lacks } = await eyes.list(server);
    // This process stood still: by now another may listen, and what was listed may be of an earlier boot.
    if (this.#stopped || performance.now() - beganAt > this.#timings.leaseMs) return false;
    const book = this.#book();
    const at = performance.now();
    const outcome = this.#legs.sweep({ listed: channels, complete, boot, stored, frozen, at }, book);
    this.#tally.boot = boot;
    const done = await this.#obey(outcome.orders);
    this.#tally.looked(outcome, complete, Date.now());
    this.#report(outcome);
    if (!complete) throw new SignalboxError("switch_unreadable", `the list of its channels ${lacks}`);
    this.#options.onLook?.({ server, boot, channels, frozen: held.frozen });
    this.#listedAt = performance.now();
    if (done) await this.#tellRebuilt(era, outcome.again, at);
    return done && !outcome.again;
  }

  /**
   * What the first look has found the second has adopted; calls that come and go meanwhile keep nobody waiting. Looks
   * before another node listened, or for an earlier rebuilding, have found nothing for this one.
   */
  async #tellRebuilt(era: string | null, again: boolean, at: number): Promise<void> {
    const { server, slots, snapshot } = this.#options;
    // A look that began before the store was lost has read what is not there any more.
    if (era === null || slots.health().state !== "rebuilding") {
      this.#rebuilding = null;
      return;
    }
    if (this.#rebuilding?.era !== era) this.#rebuilding = { era, since: at };
    if (again && at - this.#rebuilding.since < SPACING_MS) return;
    this.#rebuilding = null;
    const servers = snapshot().system.switches.map((each) => each.server);
    await slots.rebuilt(server, servers, era);
  }

  #report({ drift }: SweepOutcome): void {
    const { server, log } = this.#options;
    const says = "a leg carries another client's code than the one it counts for";
    for (const other of drift.otherTenant) log.error({ event: "slots.other_tenant", server, ...other }, says);
  }

  /** What an event has said once: a store that is away for a moment must hear of it all the same. */
  async #follow(orders: readonly LegOrder[], tries = 0): Promise<void> {
    if (await this.#obey(orders)) return;
    const waitMs = RETRIES[tries];
    if (waitMs === undefined || !this.#listening) return this.#sweepWithin(this.#timings.againMs);
    setTimeout(() => void this.#follow(orders, tries + 1), waitMs).unref();
  }

  /** Carries orders out, in their order. False when the store or the switch could not be asked. */
  async #obey(orders: readonly LegOrder[]): Promise<boolean> {
    let all = true;
    for (const order of orders)
      all = (await this.#safely(order.do, () => this.#carry(order))) !== null && all;
    return all;
  }

  async #carry(order: LegOrder): Promise<boolean> {
    if (order.do === "confirm") return this.#confirm(order.uniqueid);
    const { slots, node, server, log } = this.#options;
    const outcome = await carryOut(order, slots, node);
    if (outcome.did === "bind" && outcome.why === "no_pending") this.#unbound(outcome.uniqueid);
    this.#tally.did(outcome);
    if (outcome.did === "free" && outcome.slots > 0) {
      const healed = order.do === "endBoot" || (order.do === "release" && order.reason === "swept");
      if (healed) log.warn({ event: "slots.healed", server, why: order.do, freed: outcome.slots });
    }
    return true;
  }

  /** Nobody asked for this leg: an emergency call, a static fallback, an operator's own dial. */
  #unbound(uniqueid: string): void {
    if (!this.#listening) return;
    this.#legs.unbound(uniqueid, performance.now());
    this.#sweepWithin(this.#timings.againMs);
  }

  /** An event is one witness; the switch itself is the second. True when the channel is gone. */
  async #confirm(uniqueid: string): Promise<boolean> {
    if (await this.#options.eyes.lives(this.#options.server, uniqueid)) return false;
    for (const order of this.#legs.ended(uniqueid)) await this.#carry(order);
    return true;
  }

  /**
   * One node listens to a switch; the others wait for it to fall silent. Where none can, the leases are frozen: nobody
   * sees whether those calls have ended.
   */
  async #elect(): Promise<void> {
    const { server, slots, node } = this.#options;
    if (this.#stopped) return;
    const elected = await this.#safely("elect", () =>
      slots.electListener(server, node, this.#timings.leaseMs),
    );
    this.#scheduleElection();
    if (elected === null) return this.#keepOwnCount();
    this.#elsewhere = !elected;
    if (!elected) this.#listening = false;
    else if (!this.#up) {
      await this.#obey(this.#legs.unseen());
      await this.#resign();
    } else if (!this.#listening) {
      this.#listening = true;
      this.#listedAt = performance.now();
      this.#rebuilding = null;
      await this.#obey(this.#legs.unseen());
      await this.sweep();
    } else if (slots.health().state === "rebuilding") this.#sweepWithin(SPACING_MS);
  }

  async #keepOwnCount(): Promise<void> {
    if (!this.#up || performance.now() - this.#keptAt < this.#timings.sweepMs) return;
    this.#keptAt = performance.now();
    await this.#safely("own count", () => keepOwnCount(this.#options, this.#legs, this.boot));
  }

  async #resign(): Promise<void> {
    const { server, slots, node } = this.#options;
    this.#listening = false;
    await this.#safely("resign", () => slots.resignListener(server, node));
  }

  /** The store may be away and the switch may be deaf; the next look makes up for either. */
  async #safely<T>(what: string, act: () => Promise<T>): Promise<T | null> {
    try {
      return await act();
    } catch (error) {
      const { server, log } = this.#options;
      log.warn({ event: "slots.not_kept", server, what }, messageOf(error));
      return null;
    }
  }

  #book(): LegBook {
    return bookOf(this.#options.snapshot());
  }

  /** Brings the next look forward, never back: events that keep coming must not put it off. */
  #sweepWithin(ms: number): void {
    if (!this.#stopped && this.#up) this.#nextLook.within(ms);
  }

  #scheduleElection(): void {
    if (this.#stopped) return;
    if (this.#electionTimer !== null) clearTimeout(this.#electionTimer);
    const ms = this.#up ? this.#timings.electionMs : this.#timings.unseenMs;
    this.#electionTimer = setTimeout(() => void this.#elect(), ms).unref();
  }

  #clearTimers(): void {
    this.#nextLook.clear();
    if (this.#electionTimer !== null) clearTimeout(this.#electionTimer);
  }
}
