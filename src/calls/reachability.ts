import type { TrunkHealthBook } from "./trunk-health.ts";

/**
 * What the switches' own probing says of each carrier, put together: one that any switch reaches is there, and one is
 * gone only when every switch that knows says so. What a switch has said holds as long as it is heard.
 */
export class Reachability {
  readonly #health: Pick<TrunkHealthBook, "reachable">;
  /** Trunk → switch → what it said last. */
  readonly #said = new Map<string, Map<string, boolean>>();

  constructor(health: Pick<TrunkHealthBook, "reachable">) {
    this.#health = health;
  }

  /** A switch has found a trunk's carrier there or gone; null: it does not probe it. */
  heard(server: string, trunk: string, reachable: boolean | null, now: number): void {
    const said = this.#said.get(trunk) ?? new Map<string, boolean>();
    this.#said.set(trunk, said);
    if (reachable === null) said.delete(server);
    else said.set(server, reachable);
    this.#tell(trunk, said, now);
  }

  /** The switch is heard no more, or anew: what it said may have changed since, and it tells changes only. */
  forget(server: string, now: number): void {
    for (const [trunk, said] of this.#said) if (said.delete(server)) this.#tell(trunk, said, now);
  }

  #tell(trunk: string, said: ReadonlyMap<string, boolean>, now: number): void {
    if (said.size === 0) this.#said.delete(trunk);
    const known = [...said.values()];
    this.#health.reachable(trunk, known.length === 0 ? null : known.includes(true), now);
  }
}
