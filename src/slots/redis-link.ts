/**
 * The connection to Redis and whether it may be believed. One heartbeat decides: it runs open.lua, which knows this
 * store from another one. Between a failure and the next good heartbeat nothing is asked, so a Redis that hangs costs
 * one call its budget and not every call.
 */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { SlotStoreError, type StoreHealth, slotTimes } from "../calls/slot-port.ts";
import { connectRedis, type RedisClient, storeError } from "./redis-client.ts";
import { runScript, type ScriptName } from "./redis-scripts.ts";
import { type Ask, Turn } from "./redis-turn.ts";
import type { RedisTarget } from "./redis-url.ts";

export type LinkTimings = {
  readonly beatMs: number;
  /** While it is unreachable or rebuilding. */
  readonly beatWhenNotReadyMs: number;
};

export type LinkOptions = {
  readonly target: RedisTarget;
  /** First part of every key. */
  readonly prefix: string;
  readonly log: Logger;
  readonly timings?: Partial<LinkTimings>;
  /** After every good heartbeat. */
  readonly onBeat: () => void;
};

/** How many names go into one script: longer ones would keep a call waiting, and Lua passes on 8,000 at most. */
const BATCH = 500;

const DEFAULT_TIMINGS: LinkTimings = { beatMs: 1000, beatWhenNotReadyMs: 250 };

const STARTING: StoreHealth = {
  state: "unreachable",
  code: "slots_connecting",
  why: "the first connection to Redis is still being made",
};
const READY: StoreHealth = { state: "ready", code: null, why: "slots are kept in Redis" };
const REBUILDING: StoreHealth = {
  state: "rebuilding",
  code: "slots_rebuilding",
  why: "Redis came back empty or as another server; it rules again when every switch was swept, so see which is not",
};

export class RedisLink {
  readonly client: RedisClient;
  readonly #options: LinkOptions;
  readonly #timings: LinkTimings;
  readonly #keys: readonly string[];
  readonly #turn: Turn;
  #health: StoreHealth = STARTING;
  /** How far Redis' clock is before ours: infinite until the first heartbeat has bounded it. */
  #aheadMs = Number.POSITIVE_INFINITY;
  #beat: NodeJS.Timeout | undefined;
  #beating = false;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.#keys = [this.key("slots"), this.key("leases")];
    this.client = connectRedis(options.target);
    this.#turn = new Turn({
      client: this.client,
      keys: this.#keys,
      tombstoneKey: (channel) => this.#tombstoneKey(channel),
      deadlineMs: () => Math.ceil(this.redisNow() + slotTimes.acquireMs),
    });
    // What closed a connection is said first, and says more than what cannot be sent on it afterwards.
    this.client.on("error", (error: Error) => {
      const echo = error.message.startsWith("Stream isn't writeable");
      if (!echo || this.#health.state !== "unreachable") this.#fail(error);
    });
    this.client.on("close", () => {
      if (this.#health.state !== "unreachable") this.#fail(new Error("the connection is closed"));
    });
    this.client.on("ready", () => void this.heartbeat());
    this.#schedule();
  }

  get health(): StoreHealth {
    return this.#health;
  }

  /** All keys share one hash tag: a cluster keeps them together, as one atomic script needs. */
  key(name: string): string {
    return `{${this.#options.prefix}}:${name}`;
  }

  /** What a script about one channel is given: the store, and the channel's tombstone. */
  keysOf(channel: string): readonly string[] {
    return [...this.#keys, this.#tombstoneKey(channel)];
  }

  /** Redis' clock at this instant, as the last heartbeat found it. */
  redisNow(): number {
    return performance.now() + this.#aheadMs;
  }

  /** Rejects with SlotStoreError when Redis cannot be asked or is no longer the store that was opened. */
  async run(
    name: ScriptName,
    args: readonly (string | number)[],
    keys: readonly string[] = this.#keys,
  ): Promise<unknown> {
    if (this.#health.state === "unreachable") throw this.#unreachable();
    return this.runAnyway(name, args, keys);
  }

  /** As `run`, without asking first whether Redis can be believed. */
  async runAnyway(
    name: ScriptName,
    args: readonly (string | number)[],
    keys: readonly string[] = this.#keys,
  ): Promise<unknown> {
    this.#turn.send();
    try {
      const reply = await runScript(this.client, name, keys, args);
      if (reply === "lost") throw this.lost();
      return reply;
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** The answers of a script that takes any number of names after `head`, and answers with a list. */
  async inBatches(
    name: ScriptName,
    head: readonly (string | number)[],
    names: readonly string[],
  ): Promise<readonly unknown[]> {
    const answers: unknown[] = [];
    for (let from = 0; from < names.length; from += BATCH) {
      const reply = await this.run(name, [...head, ...names.slice(from, from + BATCH)]);
      if (Array.isArray(reply)) answers.push(...reply);
    }
    return answers;
  }

  /** How many slots were freed. Rejects as `run` does. */
  async free(ask: Ask): Promise<number> {
    if (this.#health.state === "unreachable") throw this.#unreachable();
    return this.freeAnyway(ask);
  }

  /** As `free`, without asking first whether Redis can be believed. */
  async freeAnyway(ask: Ask): Promise<number> {
    try {
      const reply = await this.#turn.ask(ask);
      if (reply === "lost") throw this.lost();
      return Number(reply);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /**
   * One acquire within its budget. What Redis begins later than that takes nothing: it is told the deadline. What it
   * has begun in time and answers too late goes to `onLate`.
   */
  take(ask: Ask, onLate: (reply: string) => void): Promise<string> {
    if (this.#health.state === "unreachable") return Promise.reject(this.#unreachable());
    const reply = this.#turn.ask(ask);
    return new Promise((resolve, reject) => {
      let late = false;
      let answered = false;
      const timer = setTimeout(() => {
        // Had this process been held up itself, the answer may be there and only be read after the timers.
        setImmediate(() => {
          if (answered) return;
          late = true;
          reject(this.#fail(slow()));
          // It may have been for a moment only: the next call should not have to wait for the next heartbeat.
          void this.heartbeat();
        });
      }, slotTimes.acquireMs);
      reply.then(
        (text) => {
          answered = true;
          clearTimeout(timer);
          if (late) onLate(String(text));
          else if (text === "late") reject(this.#fail(slow()));
          else if (text === "lost") reject(this.#fail(this.lost()));
          else resolve(String(text));
        },
        (error: unknown) => {
          answered = true;
          clearTimeout(timer);
          if (!late) reject(this.#fail(error));
        },
      );
    });
  }

  lost(): SlotStoreError {
    return new SlotStoreError("slots_lost", "Redis has lost what it held; it is rebuilt from the switches");
  }

  /** Asks now instead of at the next beat. */
  async heartbeat(): Promise<void> {
    if (this.#closed || this.#beating || this.client.status !== "ready") return;
    this.#beating = true;
    const sentAt = performance.now();
    try {
      const reply = await runScript(this.client, "open", this.#keys, [randomUUID(), slotTimes.leaseMs]);
      this.#opened(reply, sentAt);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#beating = false;
    }
    if (this.#health.state !== "unreachable") this.#options.onBeat();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#beat);
    this.#health = { state: "unreachable", code: "slots_closed", why: "the store was closed" };
    this.client.disconnect();
  }

  #tombstoneKey(channel: string): string {
    return this.key(`gone:${channel}`);
  }

  #opened(reply: unknown, sentAt: number): void {
    const [at, ready, which, policy] = Array.isArray(reply) ? reply.map(String) : [];
    // Redis has looked at its clock between the two. A heartbeat that took long, be it that this process was held up,
    // says little and must not spoil what earlier ones have said; a clock that was set lies outside and is followed.
    this.#aheadMs = Math.min(Math.max(this.#aheadMs, Number(at) - performance.now()), Number(at) - sentAt);
    if (which === "new" && policy !== "noeviction") {
      const why = "Redis may evict the slots when its memory is full: set maxmemory-policy noeviction";
      this.#options.log.warn({ event: "slots.may_evict", policy }, why);
    }
    this.#change(ready === "1" ? READY : REBUILDING);
  }

  #fail(error: unknown): SlotStoreError {
    const known = storeError(error);
    if (!this.#closed) this.#change({ state: "unreachable", code: known.code, why: known.message });
    return known;
  }

  #change(health: StoreHealth): void {
    const before = this.#health;
    this.#health = health;
    if (before.state === health.state && before.code === health.code) return;
    const { log } = this.#options;
    const fields = { event: `slots.${health.state}`, code: health.code };
    if (health.state === "ready") log.info(fields, health.why);
    else log.error(fields, health.why);
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#beat);
    if (this.#closed) return;
    const { beatMs, beatWhenNotReadyMs } = this.#timings;
    const waitMs = this.#health.state === "ready" ? beatMs : beatWhenNotReadyMs;
    this.#beat = setTimeout(() => void this.heartbeat().finally(() => this.#schedule()), waitMs);
  }

  #unreachable(): SlotStoreError {
    return new SlotStoreError(this.#health.code ?? "slots_unreachable", this.#health.why);
  }
}

function slow(): SlotStoreError {
  const why = `Redis did not answer within ${slotTimes.acquireMs} ms: see its load and slow log, and the network`;
  return new SlotStoreError("slots_slow", why);
}
