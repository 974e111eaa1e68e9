import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { type SlotStore, SlotStoreError } from "../calls/slot-port.ts";
import type { OtherHealth } from "./readiness.ts";

export type NodeNameOptions = {
  readonly name: string;
  readonly slots: Pick<SlotStore, "claimName" | "leaveName">;
  readonly log: Logger;
  /** Milliseconds since some beginning; it never goes back. */
  readonly clock?: () => number;
};

const TTL_MS = 10_000;
const ASK_EVERY_MS = 3000;
/** Who has asked in vain must not lose the name to one that comes later. */
const ASK_AGAIN_MS = 300;
/** A node that was killed has its name for as long as it was claimed: whoever starts in its place waits that out. */
const PATIENCE_MS = 2 * TTL_MS;
const LOG_EVERY_MS = 60_000;

/**
 * Watches that no other process has this node's name: two of one name would both listen to every switch and count each
 * other's calls as their own. It decides nothing and keeps no call waiting; it says so, in /readyz and in the log.
 */
export class NodeName {
  readonly #options: NodeNameOptions;
  readonly #clock: () => number;
  readonly #instance = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #refusedSince: number | null = null;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: NodeNameOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  start(): void {
    let nextMs = ASK_AGAIN_MS;
    void this.#claim()
      .then((answered) => {
        if (answered) nextMs = ASK_EVERY_MS;
      })
      .finally(() => {
        if (!this.#stopped) this.#timer = setTimeout(() => this.start(), nextMs);
      });
  }

  health(): OtherHealth {
    if (!this.#isTaken()) return { ready: true, code: null, why: "" };
    const why = `another node runs as ${this.#options.name}: start one of the two with a name of its own (--node)`;
    return { ready: false, code: "node_name_taken", why };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const { name, slots } = this.#options;
    await slots.leaveName(name, this.#instance).catch(forgive);
  }

  /** False where the store could not be asked. */
  async #claim(): Promise<boolean> {
    const { name, slots, log } = this.#options;
    const claimed = await slots.claimName(name, this.#instance, TTL_MS).catch(forgive);
    if (claimed === true) this.#refusedSince = null;
    if (claimed === false) this.#refusedSince ??= this.#clock();
    if (this.#isTaken() && this.#clock() - this.#loggedAt >= LOG_EVERY_MS) {
      this.#loggedAt = this.#clock();
      const { code, why } = this.health();
      log.error({ event: "node.name_taken", code, node: name }, why);
    }
    return claimed !== null;
  }

  #isTaken(): boolean {
    return this.#refusedSince !== null && this.#clock() - this.#refusedSince > PATIENCE_MS;
  }
}

/** A store that cannot be asked says nothing of names, and reports itself. */
function forgive(error: unknown): null {
  if (error instanceof SlotStoreError) return null;
  throw error;
}
