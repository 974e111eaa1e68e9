import type { Slot } from "../calls/slot-port.ts";
import type { SlotKey } from "../core/admission/admission.ts";
import type { Counted, Tally, TenantTally, TrunkTally } from "./tally.ts";

/** A slot as the ledger holds it, with the tallies it is counted in. */
export type Entry = Omit<Slot, "leaseEndsAt" | "boot"> & {
  boot: string;
  /** Infinity while frozen. */
  leaseEndsAt: number;
  readonly name: string;
  readonly counted: Counted & { readonly tenant: TenantTally | null; readonly trunk: TrunkTally };
};

type Addable = Omit<Slot, "leaseEndsAt">;

/** The members: found by leg or by asking channel, counted when added and uncounted when removed, never otherwise. */
export class Entries {
  readonly #tally: Tally;
  readonly #legs = new Map<string, Entry>();
  readonly #pending = new Map<string, Entry>();
  /** Asking channel → its latest leg. */
  readonly #dialled = new Map<string, string>();
  readonly #frozen = new Set<string>();
  // Never later than the first lease that ends; saves looking through all on every call.
  #nextEnd = Number.POSITIVE_INFINITY;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  get size(): number {
    return this.#legs.size + this.#pending.size;
  }

  /** By `nameOf` its key. */
  leg(name: string): Entry | undefined {
    return this.#legs.get(name);
  }

  /** By `nameOf` the asking channel. */
  pending(name: string): Entry | undefined {
    return this.#pending.get(name);
  }

  legDialledBy(name: string): Entry | undefined {
    const leg = this.#dialled.get(name);
    return leg === undefined ? undefined : this.#legs.get(leg);
  }

  add(slot: Addable, leaseEndsAt: number): void {
    const tenant = slot.tenant === null ? null : this.#tally.tenant(slot.tenant);
    const trunk = this.#tally.trunk(slot.trunk);
    const counted = { tenant, trunk, direction: slot.direction, refused: slot.state === "refused" };
    const name = nameOf(slot.key);
    const entry: Entry = {
      name,
      key: slot.key,
      state: slot.state,
      tenant: slot.tenant,
      direction: slot.direction,
      trunk: slot.trunk,
      boot: slot.boot,
      asker: slot.asker,
      call: slot.call,
      node: slot.node,
      takenAt: slot.takenAt,
      flagged: slot.flagged,
      adopted: slot.adopted,
      leaseEndsAt,
      counted,
    };
    this.lease(entry, leaseEndsAt);
    this.#tally.count(counted, 1);
    this.#home(entry).set(name, entry);
    if (entry.asker !== null) this.#dialled.set(`${entry.key.server}|${entry.asker}`, name);
  }

  remove(entry: Entry): void {
    const { key, asker, name } = entry;
    if (!this.#home(entry).delete(name)) return;
    this.#tally.count(entry.counted, -1);
    if (asker === null) return;
    const dialler = `${key.server}|${asker}`;
    if (this.#dialled.get(dialler) === name) this.#dialled.delete(dialler);
  }

  removeIf(entry: Entry | undefined): boolean {
    if (entry === undefined) return false;
    this.remove(entry);
    return true;
  }

  lease(entry: Entry, endsAt: number): void {
    entry.leaseEndsAt = this.#frozen.has(entry.key.server) ? Number.POSITIVE_INFINITY : endsAt;
    if (entry.leaseEndsAt < this.#nextEnd) this.#nextEnd = entry.leaseEndsAt;
  }

  collect(nowMs: number): void {
    if (nowMs < this.#nextEnd) return;
    this.#nextEnd = Number.POSITIVE_INFINITY;
    for (const entry of this.#all()) {
      if (entry.leaseEndsAt <= nowMs) this.remove(entry);
      else if (entry.leaseEndsAt < this.#nextEnd) this.#nextEnd = entry.leaseEndsAt;
    }
  }

  /** Every lease that has an end begins anew. */
  leaseAllAnew(endsAt: (entry: Entry) => number): void {
    this.#nextEnd = Number.POSITIVE_INFINITY;
    for (const entry of this.#all()) this.lease(entry, endsAt(entry));
  }

  *of(server: string): Iterable<Entry> {
    for (const entry of this.#all()) if (entry.key.server === server) yield entry;
  }

  freeze(server: string): void {
    this.#frozen.add(server);
    for (const entry of this.of(server)) entry.leaseEndsAt = Number.POSITIVE_INFINITY;
  }

  unfreeze(server: string, endsAt: (entry: Entry) => number): void {
    if (!this.#frozen.delete(server)) return;
    for (const entry of this.of(server)) this.lease(entry, endsAt(entry));
  }

  frozen(): readonly string[] {
    return [...this.#frozen];
  }

  usePool(trunks: readonly string[]): void {
    if (this.#tally.poolIsNew(trunks)) this.#tally.recountPool(trunks, this.#countedAll());
  }

  list(): Slot[] {
    return [...this.#all()].map(({ counted: _, name: __, leaseEndsAt, ...slot }) => ({
      ...slot,
      leaseEndsAt: Number.isFinite(leaseEndsAt) ? leaseEndsAt : null,
    }));
  }

  replace(slots: readonly Slot[], frozen: readonly string[], leaseEndsAt: number): void {
    for (const entry of [...this.#all()]) this.remove(entry);
    this.#frozen.clear();
    for (const server of frozen) this.#frozen.add(server);
    for (const slot of slots) this.add(slot, slot.leaseEndsAt ?? leaseEndsAt);
  }

  *#all(): Iterable<Entry> {
    yield* this.#legs.values();
    yield* this.#pending.values();
  }

  *#countedAll(): Iterable<Counted> {
    for (const entry of this.#all()) yield entry.counted;
  }

  #home(entry: Entry): Map<string, Entry> {
    return entry.state === "pending" ? this.#pending : this.#legs;
  }
}

/** A channel's name in the ledger: uniqueids of two servers collide. */
export function nameOf({ server, uniqueid }: SlotKey): string {
  return `${server}|${uniqueid}`;
}
