/**
 * The spend guard of all nodes that share a Redis: one count for each tenant, day and prefix, so that a limit is exact
 * over all of them. Each node keeps what it has counted in its own file as well and tells it again every second; a Redis
 * that comes back empty is filled in from that before it lets a call in. It refuses sooner than it guesses.
 */
import type { Logger } from "pino";
import type { KeptSpending, SpendLedger, Spent } from "../calls/spend-port.ts";
import type { SpendAnswer, SpendRequest } from "../core/callflow/commands.ts";
import type { CallId } from "../core/tenant/stamp.ts";
import { messageOf } from "../platform/errors.ts";
import { keepNewest } from "../platform/keep-newest.ts";
import { connectRedis, type RedisClient } from "./redis-client.ts";
import { runScript, type ScriptName } from "./redis-scripts.ts";
import type { RedisTarget } from "./redis-url.ts";

export type SharedSpendingOptions = {
  readonly node: string;
  readonly kept: KeptSpending;
  readonly target: RedisTarget;
  readonly log: Logger;
  /** First part of every key. */
  readonly prefix?: string;
  readonly everyMs?: number;
  /** How long a ledger that is new waits for the nodes to fill it in. */
  readonly fillMs?: number;
};

/** The port allows 150 ms. */
const PATIENCE_MS = 120;
/** Three exchanges of every node. */
const FILL_MS = 3000;
const DAY_MS = 86_400_000;
/** Calls of yesterday may end today, anywhere on Earth. */
const KEEP_SECONDS = 3 * 86_400;
/** Ends that could not be told are told later; of more than this the records tell. */
const MOST_OWED = 20_000;

export class SharedSpending implements SpendLedger {
  readonly #options: SharedSpendingOptions;
  readonly #client: RedisClient;
  readonly #timer: NodeJS.Timeout;
  readonly #owed = new Map<CallId, number>();
  #running: Promise<void> | null = null;
  #alone: boolean | null = null;
  #closed = false;

  constructor(options: SharedSpendingOptions) {
    this.#options = options;
    this.#client = connectRedis(options.target);
    this.#client.on("error", () => {}); // each command that fails for it says so
    this.#client.on("ready", () => void this.#exchange());
    this.#timer = setInterval(() => void this.#exchange(), options.everyMs ?? 1000);
  }

  async begin(request: SpendRequest): Promise<SpendAnswer> {
    const { kept, node, fillMs = FILL_MS } = this.#options;
    const { call, placing, tenant, day, limits } = request;
    try {
      if (kept.knows(request)) return { within: true };
      const keys = [this.#key(`spent:${day}`), this.#key(`spent-call:${call}`), this.#key("spent-since")];
      const asked = limits.flatMap(({ prefix, callsPerDay, minutesPerDay }) => [
        prefix,
        callsPerDay ?? -1,
        minutesPerDay === null ? -1 : minutesPerDay * 60,
      ]);
      const reply = await this.#run("spend-begin", keys, [
        ...[node, tenant, day, KEEP_SECONDS, fillMs, placing],
        ...asked,
      ]);
      const [verdict, index, limit] = reply.split("|");
      if (verdict === "filling") return UNKNOWN;
      if (verdict === "over")
        return {
          within: false,
          prefix: limits[Number(index)]?.prefix ?? "",
          limit: limit === "minutes" ? "minutes" : "calls",
        };
      if (verdict === "counted") kept.note(request);
      return { within: true };
    } catch (error) {
      this.#found(true, error);
      return request.whenUnreachable === "allow" ? kept.begin(request) : UNKNOWN;
    }
  }

  async ended(call: CallId, seconds: number): Promise<boolean> {
    try {
      return await this.#end(call, Math.ceil(seconds));
    } catch (error) {
      this.#found(true, error);
      this.#owed.set(call, seconds);
      keepNewest(this.#owed, MOST_OWED);
      return true;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#running;
    this.#client.disconnect();
    await this.#options.kept.close();
  }

  /** What Redis does not know of was counted here alone, while it was away: the next exchange tells it. */
  async #end(call: CallId, seconds: number): Promise<boolean> {
    const { kept, node } = this.#options;
    const args = [node, seconds, KEEP_SECONDS, this.#key("spent:")];
    const reply = await this.#run("spend-end", [this.#key(`spent-call:${call}`)], args);
    if (reply === "over") return true;
    if (reply === "unknown") return kept.ended(call, seconds);
    const [day = "", tenant = "", prefixes = ""] = reply.split("|");
    kept.noteEnd(call, { tenant, day, seconds }, prefixes.split(","));
    return true;
  }

  #exchange(): Promise<void> {
    if (this.#closed || this.#client.status !== "ready") return this.#running ?? Promise.resolve();
    this.#running ??= this.#exchangeOnce().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #exchangeOnce(): Promise<void> {
    const { kept, node, fillMs = FILL_MS } = this.#options;
    try {
      const since = new Date(Date.now() - 2 * DAY_MS).toISOString().slice(0, 10);
      // Also a node that has counted nothing says so, or a new ledger would begin to wait with the first call.
      const days = new Map<string, Spent[]>([[since, []]]);
      for (const spent of kept.own(since)) days.set(spent.day, [...(days.get(spent.day) ?? []), spent]);
      for (const [day, all] of days) {
        const rows = all.flatMap(({ tenant, prefix, calls, seconds }) => [
          `${tenant}|${prefix}`,
          calls,
          seconds,
        ]);
        await this.#run(
          "spend-fill",
          [this.#key(`spent:${day}`), this.#key("spent-since")],
          [node, KEEP_SECONDS, fillMs, ...rows],
        );
      }
      for (const [call, seconds] of [...this.#owed]) {
        await this.#end(call, seconds);
        this.#owed.delete(call);
      }
      this.#found(false);
    } catch (error) {
      this.#found(true, error);
    }
  }

  async #run(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<string> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    try {
      return String(await Promise.race([runScript(this.#client, name, keys, args), late]));
    } finally {
      clearTimeout(timer);
    }
  }

  #key(name: string): string {
    return `{${this.#options.prefix ?? "signalbox"}}:${name}`;
  }

  #found(alone: boolean, error?: unknown): void {
    if (this.#alone === alone || this.#closed) return;
    this.#alone = alone;
    const { log } = this.#options;
    if (!alone) {
      log.info({ event: "spending.shared" }, "spending limits are counted in Redis over all nodes");
      return;
    }
    const why = `Redis cannot be asked (${messageOf(error)})`;
    const what =
      "clients with limits are refused, or go by this node's count where when_slots_unreachable allows";
    log.warn({ event: "spending.alone" }, `${why}: ${what}`);
  }
}

const UNKNOWN: SpendAnswer = { within: false, prefix: "", limit: "unknown" };
