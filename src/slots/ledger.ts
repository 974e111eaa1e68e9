/**
 * The slot store's rules over plain maps, at once and without waiting: the memory store, and every node's own copy for
 * the time when Redis cannot be asked. It refuses nothing that the switch says is alive; only an acquire is weighed.
 * lua/*.lua are the same rules for Redis, and test/contract holds the two together.
 */
import {
  type AcquireContext,
  type AdoptOutcome,
  type BindOutcome,
  type BootSpare,
  type FoundLeg,
  type RefusedLeg,
  type ReleaseReason,
  type SlotCounts,
  type SlotSnapshot,
  type SlotVerdict,
  slotTimes,
  type TrunkLeg,
} from "../calls/slot-port.ts";
import type { SlotKey, SlotRequest } from "../core/admission/admission.ts";
import { Entries, type Entry, nameOf } from "./entries.ts";
import { bare, dialled, isLegOf } from "./new-slots.ts";
import { Tally } from "./tally.ts";
import { Tombstones } from "./tombstones.ts";

/** Epoch milliseconds that never run back. */
function steadyClock(): number {
  return performance.timeOrigin + performance.now();
}

export class Ledger {
  readonly #now: () => number;
  readonly #unattendedMs: number;
  readonly #tally = new Tally();
  readonly #entries = new Entries(this.#tally);
  readonly #gone = new Tombstones();
  readonly #boots = new Map<string, string>();
  #attendedAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number = steadyClock, unattendedMs: number = slotTimes.unattendedMs) {
    this.#now = now;
    this.#unattendedMs = unattendedMs;
  }

  acquire(request: SlotRequest, context: AcquireContext): SlotVerdict {
    const now = this.#collect();
    const { key, tenant } = request;
    const name = nameOf(key);
    const bound = request.leg === "own";
    const leaseMs = bound ? slotTimes.leaseMs : (context.pendingMs ?? slotTimes.pendingMs);
    if (this.#gone.has(name, now)) return { granted: false, scope: "gone", previousLeg: null };
    if (request.pool !== null) this.#entries.usePool(request.pool.trunks);
    const held = bound ? this.#entries.leg(name) : this.#entries.pending(name);
    if (held?.tenant && (bound || (held.tenant === tenant && held.trunk === request.trunk))) {
      this.#entries.lease(held, now + leaseMs);
      return { granted: true, wouldRefuse: held.flagged, tenant: held.tenant, how: "held" };
    }
    if (held !== undefined) this.#entries.remove(held);
    const failed = this.#failedLeg(request, name);
    const weighed = this.#tally.weigh(request, now, failed?.counted ?? null);
    if (weighed.refuses !== null) {
      // A leg lives whatever is decided; a pending slot was for an attempt that is over, unless the call fails over.
      if (held !== undefined && (bound || request.failedTrunk !== null))
        this.#entries.add(held, held.leaseEndsAt);
      const previousLeg = bound ? null : (this.#entries.legDialledBy(name)?.key ?? null);
      return { granted: false, scope: weighed.refuses, previousLeg };
    }
    this.#tally.spend(request, weighed);
    if (failed !== undefined) {
      this.#entries.remove(failed);
      this.#entries.add({ ...failed, tenant: null, direction: null }, failed.leaseEndsAt);
    }
    this.#entries.add(
      {
        key: { server: key.server, uniqueid: key.uniqueid },
        state: bound ? "bound" : "pending",
        tenant,
        direction: request.direction,
        trunk: request.trunk,
        boot: context.boot,
        asker: null,
        call: request.call,
        node: context.node,
        takenAt: now,
        flagged: weighed.full,
        adopted: false,
      },
      now + leaseMs,
    );
    const moved = held ?? failed;
    const how = moved === undefined ? "taken" : bound ? "claimed" : "moved";
    return { granted: true, wouldRefuse: weighed.full, tenant, how };
  }

  bind(asker: SlotKey, leg: TrunkLeg): BindOutcome {
    const now = this.#collect();
    const name = nameOf(leg.key);
    if (this.#gone.has(name, now)) return { bound: false, why: "gone" };
    const held = this.#entries.leg(name);
    const pending = this.#entries.pending(nameOf(asker));
    // What a decision has counted stays; what a sweep has found gives way to the decision it belongs to.
    const decided = held?.tenant && !held.adopted;
    if (decided || held?.asker === asker.uniqueid) return { bound: true, why: "already" };
    if (pending === undefined) {
      return held === undefined ? { bound: false, why: "no_pending" } : { bound: true, why: "already" };
    }
    if (pending.trunk !== leg.trunk) {
      if (held !== undefined) return { bound: true, why: "already" };
      this.#entries.add(dialled(pending, leg), now + slotTimes.leaseMs);
      return { bound: true, why: "other_trunk" };
    }
    if (held !== undefined) this.#entries.remove(held);
    this.#entries.remove(pending);
    this.#entries.add(dialled(pending, leg), now + slotTimes.leaseMs);
    return { bound: true, why: "bound" };
  }

  cancel(asker: SlotKey): boolean {
    this.#collect();
    return this.#entries.removeIf(this.#entries.pending(nameOf(asker)));
  }

  release(key: SlotKey, reason: ReleaseReason): boolean {
    const now = this.#collect();
    const name = nameOf(key);
    if (reason === "hangup") this.#gone.add(name, now);
    const leg = this.#entries.removeIf(this.#entries.leg(name));
    const pending = this.#entries.removeIf(this.#entries.pending(name));
    return leg || pending;
  }

  handBack(key: SlotKey, asker: SlotKey): boolean {
    const held = this.#entries.leg(nameOf(key));
    const freed = this.release(key, "hangup");
    const now = this.#now();
    const theirs = held?.state === "bound" && held.tenant !== null && held.asker === asker.uniqueid;
    const name = nameOf(asker);
    if (!freed || !theirs || this.#gone.has(name, now) || this.#entries.pending(name) !== undefined)
      return freed;
    const { counted: _, name: __, ...slot } = held;
    this.#entries.add(
      { ...slot, key: asker, state: "pending", asker: null, adopted: false },
      now + slotTimes.handedBackMs,
    );
    return freed;
  }

  markRefused(leg: RefusedLeg): boolean {
    const now = this.#collect();
    const name = nameOf(leg.key);
    if (this.#gone.has(name, now)) return false;
    const held = this.#entries.leg(name);
    if (held?.tenant) return false;
    if (held !== undefined) this.#entries.remove(held);
    this.#entries.add(
      { ...bare(leg, leg.node, now), call: leg.call, state: "refused" },
      now + slotTimes.leaseMs,
    );
    return true;
  }

  renew(server: string, boot: string, uniqueids: readonly string[]): readonly string[] {
    const now = this.#collect();
    return [...new Set(uniqueids)].filter((uniqueid) => {
      const held = this.#entries.leg(nameOf({ server, uniqueid }));
      if (held === undefined) return true;
      if (boot !== "") held.boot = boot;
      this.#entries.lease(held, now + slotTimes.leaseMs);
      return false;
    });
  }

  adopt(leg: FoundLeg, node: string): AdoptOutcome {
    const now = this.#collect();
    const name = nameOf(leg.key);
    if (this.#gone.has(name, now)) return { why: "gone", tenant: null };
    const held = this.#entries.leg(name);
    const lease = now + slotTimes.leaseMs;
    if (held !== undefined) return this.#adoptHeld(held, leg, lease);
    const asker = leg.asker === null || leg.asker === leg.key.uniqueid ? null : leg.asker;
    const pending =
      asker === null ? undefined : this.#entries.pending(nameOf({ server: leg.key.server, uniqueid: asker }));
    if (pending !== undefined && isLegOf(pending, leg)) {
      this.#entries.remove(pending);
      this.#entries.add(dialled(pending, leg), lease);
      return { why: "bound", tenant: pending.tenant };
    }
    const found = bare(leg, node, now);
    const refused = leg.direction === "refused";
    const tenant = refused ? null : leg.tenant;
    const direction = leg.direction === "refused" || tenant === null ? null : leg.direction;
    const state = refused ? "refused" : "bound";
    this.#entries.add({ ...found, state, tenant, direction, call: leg.call, adopted: true }, lease);
    return { why: "adopted", tenant };
  }

  endBoot(server: string, boot: string, spare: BootSpare): number {
    const now = this.#collect();
    const known = this.#boots.get(server);
    if (known !== undefined && known !== boot) this.#gone.forget(server);
    this.#boots.set(server, boot);
    const spared = new Set(spare.uniqueids);
    let freed = 0;
    for (const entry of this.#entries.of(server)) {
      if (entry.boot === boot) continue;
      const young = now - entry.takenAt < spare.youngerThanMs;
      if (young || spared.has(entry.key.uniqueid)) entry.boot = boot;
      else freed += Number(this.#entries.removeIf(entry));
    }
    return freed;
  }

  freeze(server: string): void {
    this.#entries.freeze(server);
  }

  unfreeze(server: string): void {
    const now = this.#now();
    this.#entries.unfreeze(server, (entry) => freshLease(entry, now));
  }

  expire(): number {
    const before = this.#entries.size;
    this.#gone.prune(this.#collect());
    return before - this.#entries.size;
  }

  snapshot(): SlotSnapshot {
    const at = this.#collect();
    return {
      at,
      slots: this.#entries.list(),
      counts: this.#tally.counts(),
      frozen: this.#entries.frozen(),
    };
  }

  usage(tenants: readonly string[], trunks: readonly string[]): SlotCounts {
    this.#collect();
    return this.#tally.usage(tenants, trunks);
  }

  /** Becomes a copy of another store, by this one's clock; rates, tombstones and boots stay its own. */
  load({ at, slots, frozen }: Pick<SlotSnapshot, "at" | "slots" | "frozen">): void {
    const now = this.#now();
    const aheadMs = now - at;
    const ours = slots.map((slot) => ({
      ...slot,
      takenAt: slot.takenAt + aheadMs,
      leaseEndsAt: slot.leaseEndsAt === null ? null : slot.leaseEndsAt + aheadMs,
    }));
    this.#entries.replace(ours, frozen, now + slotTimes.leaseMs);
  }

  #collect(): number {
    const now = this.#now();
    // This process stood still: what nobody could renew has not been seen to end.
    if (now - this.#attendedAt > this.#unattendedMs)
      this.#entries.leaseAllAnew((entry) => freshLease(entry, now));
    this.#attendedAt = now;
    this.#entries.collect(now);
    return now;
  }

  /** The leg of this channel's failed attempt, while its Hangup is still on the way. */
  #failedLeg(request: SlotRequest, name: string): Entry | undefined {
    if (request.leg === "own" || request.failedTrunk === null) return undefined;
    const leg = this.#entries.legDialledBy(name);
    return leg?.trunk === request.failedTrunk && leg.tenant === request.tenant ? leg : undefined;
  }

  #adoptHeld(held: Entry, leg: FoundLeg, lease: number): AdoptOutcome {
    if (leg.boot !== "") held.boot = leg.boot;
    const { trunk, tenant, direction, call } = leg;
    const unknown = held.state === "bound" && held.tenant === null;
    const learns = unknown && tenant !== null && direction !== "refused";
    if (!learns && held.trunk === trunk) {
      this.#entries.lease(held, lease);
      return { why: "held", tenant: held.tenant };
    }
    this.#entries.remove(held);
    const learnt = learns ? { tenant, direction, call: call ?? held.call } : {};
    this.#entries.add({ ...held, trunk, ...learnt }, lease);
    return learns ? { why: "attributed", tenant } : { why: "held", tenant: held.tenant };
  }
}

function freshLease({ state }: Entry, now: number): number {
  return now + (state === "pending" ? slotTimes.pendingMs : slotTimes.leaseMs);
}
