// The servers that a floor's nodes share: Redis, alone or with a replica and a Sentinel, and MariaDB. Each can be killed
// and started again by itself.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../lab/lab-error.ts";
import { type RunningMariadb, startMariadb } from "../lab/mariadb.ts";
import { type Child, startChild } from "../lab/processes.ts";
import { type RunningRedis, startRedis } from "../lab/redis.ts";
import { addressesOf } from "./floor-configuration.ts";

export type StorePart = "redis" | "replica" | "mariadb";

export type StoreOptions = {
  readonly folder: string;
  readonly ports: number;
  readonly withSentinel: boolean;
  readonly withMariadb: boolean;
  /** Reached from other networks too. */
  readonly everywhere: boolean;
};

/** Sentinel's name for the pair. */
const PRIMARY = "floor";

export class FloorStores {
  readonly #options: StoreOptions;
  readonly #at;
  readonly #running = new Map<StorePart, RunningRedis | RunningMariadb>();
  #sentinel: Child | null = null;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#at = addressesOf(options.ports);
  }

  async start(): Promise<void> {
    const { withSentinel, withMariadb } = this.#options;
    await this.startPart("redis");
    if (withSentinel) await this.startPart("replica");
    if (withSentinel) await this.#startSentinel();
    if (withMariadb) await this.startPart("mariadb");
  }

  /** As everybody on the loopback reaches it. */
  get slotsUrl(): string {
    const { withSentinel } = this.#options;
    if (!withSentinel) return `redis://127.0.0.1:${this.#at.redisPort}/0`;
    return `redis+sentinel://127.0.0.1:${this.#at.sentinelPort}/${PRIMARY}/0`;
  }

  get recordsUrl(): string {
    if (!this.#options.withMariadb) return "sqlite:signalbox.db";
    return `mysql://signalbox:signalbox@127.0.0.1:${this.#at.mariadbPort}/signalbox`;
  }

  part(name: StorePart): RunningRedis | RunningMariadb {
    const found = this.#running.get(name);
    if (found === undefined) throw new LabError("part_missing", `${name} does not run on this floor`);
    return found;
  }

  async startPart(part: StorePart): Promise<void> {
    const { folder, everywhere } = this.#options;
    const { redisPort, replicaPort, mariadbPort } = this.#at;
    if (part === "mariadb") {
      const settings: Record<string, string> = everywhere ? { "bind-address": "0.0.0.0" } : {};
      const place = { folder: join(folder, "mariadb"), port: mariadbPort, settings };
      this.#running.set(part, await startMariadb(place));
      return;
    }
    const open: Record<string, string> = everywhere ? { bind: "0.0.0.0", "protected-mode": "no" } : {};
    const follows: Record<string, string> =
      part === "replica" ? { replicaof: `127.0.0.1 ${redisPort}`, "repl-diskless-sync-delay": "0" } : {};
    const port = part === "replica" ? replicaPort : redisPort;
    const settings = { ...open, ...follows, "repl-diskless-sync-delay": "0" };
    this.#running.set(part, await startRedis({ folder: join(folder, part), port, settings }));
  }

  async kill(part: StorePart): Promise<void> {
    this.part(part).kill("SIGKILL");
    await this.part(part).exited;
  }

  /** One Sentinel that needs nobody's agreement and waits for a second. */
  async #startSentinel(): Promise<void> {
    const place = join(this.#options.folder, "sentinel");
    const file = join(place, "sentinel.conf");
    mkdirSync(place, { recursive: true });
    const about = (what: string) => `sentinel ${what}\n`;
    writeFileSync(
      file,
      `port ${this.#at.sentinelPort}\nbind 127.0.0.1\ndir "${place}"\n` +
        about(`monitor ${PRIMARY} 127.0.0.1 ${this.#at.redisPort} 1`) +
        about(`down-after-milliseconds ${PRIMARY} 1000`) +
        about(`failover-timeout ${PRIMARY} 5000`),
    );
    const args = [file, "--sentinel"];
    this.#sentinel = await startChild({ name: "Sentinel", command: "redis-server", args, cwd: place });
    // It promotes only what it has heard of.
    await this.#sentinel.waitForLine(/\+slave slave/, 20_000);
  }

  async stop(): Promise<void> {
    await this.#sentinel?.stop();
    await Promise.all([...this.#running.values()].map((part) => part.stop()));
  }
}
