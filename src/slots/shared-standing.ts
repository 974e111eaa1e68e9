/**
 * Standing orders that all nodes share through Redis: each node keeps its own file and exchanges entries with one hash,
 * at once after an order and every second besides. Later entries win on both sides, so a Redis that was away or comes
 * back empty is filled again by the nodes, and what is in force stays in force meanwhile.
 */
import type { Logger } from "pino";
import type {
  KeptOrders,
  Order,
  OverrideOrder,
  PinVerdict,
  Standing,
  StandingOrders,
} from "../calls/standing-port.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import { messageOf } from "../platform/errors.ts";
import { connectRedis, type RedisClient } from "./redis-client.ts";
import type { RedisTarget } from "./redis-url.ts";

export type SharedStandingOptions = {
  readonly kept: KeptOrders;
  readonly target: RedisTarget;
  readonly log: Logger;
  /** First part of the key. */
  readonly prefix?: string;
  readonly everyMs?: number;
};

/** A caller waits for this: the other nodes hear of it later all the same. */
const PATIENCE_MS = 100;
/** Who gives an order waits longer, to be told whether they have heard of it. */
const ORDER_PATIENCE_MS = 2000;

export class SharedStanding implements StandingOrders {
  readonly #kept: KeptOrders;
  readonly #log: Logger;
  readonly #client: RedisClient;
  readonly #key: string;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;
  #closed = false;
  #alone: boolean | null = null;
  /** What the connection said last; the command that fails for it says less. */
  #trouble: string | null = null;
  /** How many orders were given here, and how many of them the others have been told. */
  #ordered = 0;
  #told = 0;
  readonly #met = Promise.withResolvers<void>();

  constructor({ kept, target, log, prefix = "signalbox", everyMs = 1000 }: SharedStandingOptions) {
    this.#kept = kept;
    this.#log = log;
    this.#key = `{${prefix}}:standing`;
    this.#client = connectRedis(target);
    this.#client.on("error", (error) => {
      this.#trouble = messageOf(error);
    });
    this.#client.on("ready", () => void this.#exchange());
    this.#timer = setInterval(() => void this.#exchange(), everyMs);
  }

  /** Resolves once what the other nodes know is in force here, or after `withinMs`: without Redis a node starts too. */
  async met(withinMs: number): Promise<void> {
    await atMost(withinMs, this.#met.promise);
  }

  current(): Standing {
    return this.#kept.current();
  }

  async setOverride(order: OverrideOrder): Promise<void> {
    await this.#kept.setOverride(order);
    await this.#soon();
  }

  async suspend(tenant: TenantId, order: Order): Promise<void> {
    await this.#kept.suspend(tenant, order);
    await this.#soon(ORDER_PATIENCE_MS);
  }

  async resume(tenant: TenantId, order: Order): Promise<boolean> {
    const resumed = await this.#kept.resume(tenant, order);
    await this.#soon(ORDER_PATIENCE_MS);
    return resumed;
  }

  /** What other nodes have counted is fetched first, and they are told at once. */
  async pinTried(tenant: TenantId, right: boolean): Promise<PinVerdict> {
    await this.#soon();
    const verdict = await this.#kept.pinTried(tenant, right);
    await this.#soon();
    return verdict;
  }

  untold(): string | null {
    if (this.#told === this.#ordered) return null;
    return `Redis cannot be asked (${this.#trouble ?? "it does not answer"})`;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#running;
    this.#client.disconnect();
    await this.#kept.close();
  }

  /** An exchange that begins now: one under way may have missed what was just ordered. */
  #soon(patienceMs = PATIENCE_MS): Promise<void> {
    this.#ordered += 1;
    const fresh = (this.#running ?? Promise.resolve()).then(() => this.#exchange());
    return atMost(patienceMs, fresh);
  }

  #exchange(): Promise<void> {
    if (this.#closed) return this.#running ?? Promise.resolve();
    this.#running ??= this.#exchangeOnce().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #exchangeOnce(): Promise<void> {
    const ordered = this.#ordered;
    try {
      const theirs = new Map(Object.entries(await this.#client.hgetall(this.#key)));
      const ours = await this.#kept.exchange(theirs);
      if (ours.size > 0) await this.#client.hset(this.#key, Object.fromEntries(ours));
      this.#told = ordered;
      this.#met.resolve();
      this.#trouble = null;
      this.#found(false, "standing orders are shared through Redis");
    } catch (error) {
      this.#found(
        true,
        `Redis cannot be asked (${this.#trouble ?? messageOf(error)}): this node goes by the orders it knows`,
      );
    }
  }

  #found(alone: boolean, why: string): void {
    if (this.#alone === alone) return;
    this.#alone = alone;
    if (alone) this.#log.warn({ event: "standing.alone" }, why);
    else this.#log.info({ event: "standing.shared" }, why);
  }
}

function atMost(ms: number, work: Promise<void>): Promise<void> {
  return new Promise((done, fail) => {
    const timer = setTimeout(done, ms);
    work.then(done, fail).finally(() => clearTimeout(timer));
  });
}
