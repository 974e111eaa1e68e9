/**
 * Follows every call from its first step to the end of its last leg and hands the finished record to the store, from
 * decided steps and what the switches say, in whatever order. Open calls are written down as they change, so that a new
 * process goes on where a killed one stopped. It waits for nothing and never throws: it stands on every call's path.
 */
import { recordOf, stampRecord } from "../core/record/derive.ts";
import type { CallFact } from "../core/record/facts.ts";
import { emptyFacts, foldEvent } from "../core/record/fold.ts";
import { foldStep } from "../core/record/fold-step.ts";
import { asOverheard } from "../core/record/overheard.ts";
import type { CallFacts, CallRecord, RecordingMark } from "../core/record/record.ts";
import { type CallId, callIdOf } from "../core/tenant/stamp.ts";
import { messageOf } from "../platform/errors.ts";
import type { CdrNews } from "./cdr-rows.ts";
import { CdrRows, type ToldCall } from "./cdr-waiting.ts";
import { asCallerOnly, asToldBefore, markLate, type OpenCall, OpenCalls, sweptFacts } from "./open-calls.ts";
import type { DecidedStep, StepWatcher } from "./ports.ts";
import { RecordClock } from "./record-clock.ts";
import type { PutHow } from "./record-port.ts";
import type { RecordWatcherOptions } from "./record-watcher-options.ts";
import type { ListedChannel } from "./switch-eyes-port.ts";
import { type LegNews, readListed, readNews, type SwitchNews, trunkOfChannel } from "./switch-news.ts";

/** Signs of life come with every sweep and change nothing else: they are written down this often. */
const KEEP_SEEN_MS = 60_000;

/** Whoever listens to the switch stores a call first: two nodes at one row at one time would only wait for each other. */
const AFTER_LISTENER_MS = 3000;

/** No sign of life for this long, of a call that nobody is known to look for. */
const STALE_MS = 15 * 60_000;
/** The same, where another node looks: that one tells its end, and a call that is on must not stand there as over. */
const LOOKED_FOR_STALE_MS = 60 * 60_000;
/** All calls on switches that this node does not listen to are looked through, so seldom. */
const OTHERS_EVERY_MS = 10_000;

export class RecordWatcher implements StepWatcher {
  readonly #options: Required<RecordWatcherOptions>;
  readonly #open = new OpenCalls();
  readonly #boots = new Map<string, string>();
  readonly #rows = new CdrRows();
  readonly #clock: RecordClock;
  #othersLookAt = 0;

  constructor(options: RecordWatcherOptions) {
    this.#options = {
      hears: () => true,
      handsOver: () => false,
      onEnd: () => {},
      clockStep: () => 0,
      elapsed: () => 0,
      settleMs: 2000,
      most: 50_000,
      ...options,
    };
    this.#clock = new RecordClock(this.#open, this.#options);
  }

  /** Calls that are on. */
  get size(): number {
    return this.#open.byCall.size;
  }

  /** Switches that calls are on, and whether the end of any of them may have gone unheard. */
  servers(): ReturnType<OpenCalls["servers"]> {
    return this.#open.servers();
  }

  /** Takes up the calls that were on when the last process ended. Rejects when the local file cannot be read. */
  async restore(at: number): Promise<number> {
    const calls = await this.#options.store.openCalls();
    for (const facts of calls) this.#open.learn(facts, at).doubted = true;
    return calls.length;
  }

  decided(step: DecidedStep): void {
    this.#guarded(() => {
      const { event, decision, at } = step;
      const known = this.#open.byCall.get(decision.call)?.facts ?? null;
      const boot = this.#boots.get(event.server) ?? "";
      const snapshot = this.#options.snapshot();
      const trunk = trunkOfChannel(event.channel, snapshot);
      const facts = foldStep(known, { ...step, snapshot }, { boot, trunk });
      const open = this.#open.learn(facts, at);
      // The switch is not seen: the call may be answered unheard, though its end is heard.
      if (!this.#boots.has(event.server)) open.doubted = true;
      if (this.#options.handsOver(event.server)) this.#tell(open);
      this.#keep(open, at);
      this.#bound(at);
    });
  }

  /** What a switch's manager interface said, as it came in. `at` is epoch milliseconds. */
  heard(server: string, news: SwitchNews, at: number): void {
    this.#guarded(() => {
      const read = readNews(news, server, this.#options.snapshot(), at);
      if (read !== null) this.#fold(server, read, at);
    });
  }

  /** What is known of a call that is on; null for another. */
  factsOf(call: CallId): CallFacts | null {
    return this.#open.byCall.get(call)?.facts ?? null;
  }

  /** The recording of a call that is on was paused, resumed or ended by hand. */
  marked(call: CallId, mark: RecordingMark): void {
    this.#guarded(() => {
      const open = this.#open.byCall.get(call);
      if (open !== undefined) this.#learn(open, [{ type: "recording_marked", ...mark }], mark.at);
    });
  }

  /** The switch runs as `boot`. The calls of its earlier boots are over, and nobody will say how. */
  booted(server: string, boot: string, at: number): void {
    this.#guarded(() => {
      this.#boots.set(server, boot);
      for (const open of this.#open.on(server)) {
        if (open.facts.boot === "") this.#keep(this.#open.learn({ ...open.facts, boot }, at), at);
        else if (open.facts.boot !== boot) this.#learn(open, [{ type: "legs_gone", at }], at);
      }
    });
  }

  /** A complete list of the switch's channels. */
  swept(server: string, channels: readonly ListedChannel[], at: number): void {
    this.#guarded(() => {
      const listed = new Set(channels.map(({ uniqueid }) => uniqueid));
      for (const channel of channels) {
        const lacking = this.#open.lacking(server, channel);
        if (lacking === null) continue;
        if (channel.isUp) markLate(lacking);
        this.#learn(lacking, [readListed(channel, this.#options.snapshot(), at)], at);
      }
      for (const open of this.#open.on(server)) this.#learn(open, sweptFacts(open, listed, at), at);
    });
  }

  /** The connection to the switch broke: until `at`, when it was heard last, its legs lived as far as anybody knows. */
  lost(server: string, at: number): void {
    this.#guarded(() => {
      // What comes up until the next look may be of a new boot: it is filed under none until that is known.
      this.#boots.delete(server);
      for (const open of this.#open.on(server)) {
        open.doubted = true;
        const living = open.facts.legs.filter((leg) => leg.endedAt === null);
        const seen = living.map(({ uniqueid }) => ({ type: "leg_seen", uniqueid, at }) as const);
        this.#learn(open, seen, at);
        this.#keep(open, at);
      }
    });
  }

  /**
   * What the switch's own records say, in their order. Of a call that is on it is kept with it; one that was heard from
   * beginning to end needs none of it; any other is stored with it, as one that nobody saw or to be joined with what is
   * known of it.
   */
  reported(server: string, rows: readonly CdrNews[], at: number): void {
    this.#guarded(() => {
      for (const row of rows) {
        const told = this.#rows.take(server, row, this.#open.callOfLeg(server, row.uniqueid));
        if (told !== null && !this.#open.isWhole(told.call)) this.#report(server, told, at);
      }
    });
  }

  /** Hands over the calls that have been over for a while. To be called a few times a second. */
  settle(at: number): void {
    this.#guarded(() => {
      for (const { facts, overSince } of [...this.#open.over]) {
        const waitMs = this.#options.settleMs + (this.#options.hears(facts.server) ? 0 : AFTER_LISTENER_MS);
        // One that cannot be told must not keep the others: it stays in the local file as what was seen of it.
        if (overSince !== null && at - overSince >= waitMs) this.#guarded(() => this.#finish(facts));
      }
      if (Math.abs(at - this.#othersLookAt) >= OTHERS_EVERY_MS) this.#lookAfterOthers(at);
    });
  }

  /**
   * Calls on switches that this node does not listen to. What it decided while it did is in the store once another one
   * does; what stays unseen is closed. Should the other say how such a call ended, that is joined with it.
   */
  #lookAfterOthers(at: number): void {
    this.#othersLookAt = at;
    const { hears, handsOver } = this.#options;
    for (const server of this.servers().keys()) {
      if (hears(server)) continue;
      const staleMs = handsOver(server) ? LOOKED_FOR_STALE_MS : STALE_MS;
      for (const open of this.#open.on(server)) {
        if (open.overSince !== null) continue;
        const { facts, toldBefore } = open;
        const silent = facts.legs.every((leg) => at - (leg.seenAt ?? 0) > staleMs);
        if (silent) this.#guarded(() => this.#leave(facts, at));
        else if (toldBefore === null && handsOver(server)) this.#guarded(() => this.#tell(open));
      }
    }
  }

  #report(server: string, { call, cdr }: ToldCall, at: number): void {
    const open = this.#open.byCall.get(call);
    const boot = open?.facts.boot ?? "";
    const facts = { ...emptyFacts(call, server, boot), cdr };
    if (open === undefined) this.#handOver(facts, {});
    else this.#keep(this.#open.learn(facts, at), at);
  }

  /** Files what was said with its call. */
  #fold(server: string, { fact, call: named, dialler }: LegNews, at: number): void {
    const byLeg = this.#open.callOfLeg(server, fact.uniqueid);
    const byDialler = dialler === null ? null : this.#open.callOfLeg(server, dialler);
    // A leg that was transferred dials for the call that it asked for, not for the one that it is on.
    const own = dialler !== null && named === callIdOf(server, dialler);
    const call = byLeg ?? (own ? named : (byDialler ?? named));
    const open = call === null ? undefined : this.#open.byCall.get(call);
    const asked = this.#open.byCall.get(callIdOf(server, fact.uniqueid));
    if (asked !== undefined && asked !== open) this.#learn(asked, [asCallerOnly(fact)], at);
    if (open !== undefined) {
      this.#learn(open, [fact], at);
      return;
    }
    const begins = fact.type === "leg_up" || fact.type === "dial_begin";
    const onTrunk = (fact.trunk ?? null) !== null && (begins || (fact.direction ?? null) !== null);
    // A call that only its legs name: this process came too late for its steps, or another node takes them.
    const ours = onTrunk && this.#options.hears(server);
    if (call === null || !ours || (!begins && this.#open.isClosed(call))) {
      this.#open.stray(server, fact);
      return;
    }
    const empty = emptyFacts(call, server, this.#boots.get(server) ?? "");
    this.#keep(this.#open.learn(foldEvent(empty, fact), at), at);
    this.#bound(at);
  }

  #learn(open: OpenCall, facts: readonly CallFact[], at: number): void {
    if (facts.length === 0) return;
    open.facts = facts.reduce(foldEvent, open.facts);
    this.#open.learn(open.facts, at);
    const onlySeen = facts.every((fact) => fact.type === "leg_seen");
    if (!onlySeen || at - open.keptAt >= KEEP_SEEN_MS) this.#keep(open, at);
  }

  #keep(open: OpenCall, at: number): void {
    if (this.#clock.isBehind) markLate(open);
    open.keptAt = at;
    this.#options.store.keepOpen(open.facts);
  }

  /** With too many calls at a time, the one that has been known for longest is closed as it stands. */
  #bound(at: number): void {
    if (this.#open.byCall.size <= this.#options.most) return;
    const oldest = this.#open.byCall.values().next().value;
    if (oldest === undefined) return;
    const { most, log } = this.#options;
    const { call } = oldest.facts;
    log.error(
      { event: "records.too_many_open", call, most },
      "a call is recorded as it stands: too many are on",
    );
    this.#leave(oldest.facts, at);
  }

  /** Closes it as it stands. It may go on: what is still said of it is not passed over. */
  #leave(facts: CallFacts, at: number): void {
    this.#finish(foldEvent(facts, { type: "legs_gone", at }), true);
  }

  #finish(facts: CallFacts, on = false): void {
    const toldBefore = this.#open.byCall.get(facts.call)?.toldBefore ?? null;
    this.#open.forget(facts.call, on);
    this.#options.onEnd(this.#handOver(asToldBefore({ facts, toldBefore }), {}));
  }

  /** What it decided of a call that is on. */
  #tell(open: OpenCall): void {
    open.toldBefore ??= 0;
    this.#handOver(asToldBefore(open), { part: true });
  }

  #handOver(facts: CallFacts, how: PutHow): CallRecord {
    const record = recordOf(this.#options.hears(facts.server) ? facts : asOverheard(facts));
    const stamped = stampRecord(record);
    if (stamped === null) this.#options.store.putUnowned({ ...record, tenant: null }, how);
    else this.#options.store.put(stamped, how);
    return record;
  }

  #guarded(work: () => void): void {
    try {
      this.#clock.follow();
      work();
    } catch (error) {
      this.#options.log.error(
        { event: "records.watcher_failed", code: "records_watcher_failed" },
        messageOf(error),
      );
    }
  }
}
