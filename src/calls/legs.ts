/**
 * What follows for the slots from what one switch tells of its channels. It knows no socket, no clock and no store: it
 * takes facts and gives orders. An event binds; nothing is freed on an event's word alone: a hangup is confirmed by one
 * question about that channel, and what sweeps see or miss counts when two of them agree, since a sweep's answer runs
 * ahead of the events and, on Asterisk 16, comes from a cache that lags behind them.
 */
import type { SlotKey } from "../core/admission/admission.ts";
import { type CallId, callIdOf } from "../core/tenant/stamp.ts";
import { keepNewest } from "../platform/keep-newest.ts";
import {
  type DialBeginFact,
  type DialEndFact,
  type Drift,
  directionOf,
  type HangupFact,
  type LegBook,
  type LegOrder,
  type ListedFact,
  type Sweep,
  type SweepOutcome,
} from "./leg-facts.ts";
import type { FoundLeg, Slot } from "./slot-port.ts";

/** Two looks closer together than this are one: the list's lag spans them both. */
export const SPACING_MS = 1000;
/** After these the dialler is gone or has what it wanted; after every other end it may try another trunk. */
const SETTLED: ReadonlySet<string> = new Set(["ANSWER", "CANCEL"]);
/** Legs whose hangup was never told are forgotten when this many are known. */
const MOST_KNOWN = 20_000;
/** A slot taken this shortly before a new boot was found may be that boot's first call. */
const YOUNG_MS = 5000;

export class LegWatch {
  readonly #server: string;
  /** Trunk legs without a slot → when first seen. */
  readonly #found = new Map<string, number>();
  /** Slots without a channel → when first missed. */
  readonly #missed = new Map<string, number>();
  /** Trunk legs that were dialled in vain → who dialled them. */
  readonly #failed = new Map<string, string>();
  /** Channels that will try no other trunk: they have nothing to keep for one. */
  readonly #settled = new Set<string>();
  /** Trunk legs that nobody dialled and that go out all the same: the manager has originated them. */
  readonly #originated = new Set<string>();
  #boot: string | null = null;
  #frozen = false;

  constructor(server: string) {
    this.#server = server;
  }

  /** Also the first order of all: leases may have ended while nobody listened. */
  unseen(): readonly LegOrder[] {
    this.#frozen = true;
    this.#boot = null;
    this.#found.clear();
    this.#missed.clear();
    this.#failed.clear();
    this.#settled.clear();
    this.#originated.clear();
    return [{ do: "freeze", server: this.#server }];
  }

  /** It is heard, but its channels cannot be listed: nothing that ends unheard would ever be noticed. */
  unlisted(): readonly LegOrder[] {
    if (this.#frozen) return [];
    this.#frozen = true;
    return [{ do: "freeze", server: this.#server }];
  }

  dialBegin(fact: DialBeginFact, boot: string, book: LegBook): readonly LegOrder[] {
    const trunk = book.trunkOf(fact.destChannel);
    if (trunk === null) return [];
    if (fact.uniqueid === null) {
      this.#originated.add(fact.destUniqueid);
      keepNewest(this.#originated, MOST_KNOWN);
      return [];
    }
    this.#settled.delete(fact.uniqueid);
    const leg = { key: this.#key(fact.destUniqueid), boot, trunk };
    return [{ do: "bind", asker: this.#key(fact.uniqueid), leg }];
  }

  /** Comes before the leg's Hangup, and says whether its dialler may go on to another trunk. */
  dialEnd({ uniqueid, destUniqueid, destChannel, status }: DialEndFact, book: LegBook): void {
    if (uniqueid === null || SETTLED.has(status) || book.trunkOf(destChannel) === null) return;
    this.#failed.set(destUniqueid, uniqueid);
    keepNewest(this.#failed, MOST_KNOWN);
  }

  /** A step has said that what this channel dialled last was its last attempt; its leg's end may be heard after that. */
  settled(uniqueid: string): void {
    this.#settled.add(uniqueid);
    keepNewest(this.#settled, MOST_KNOWN);
  }

  /** A bind found nothing pending: the leg was seen once, and the next sweep that lists it adopts it. */
  unbound(uniqueid: string, at: number): void {
    if (!this.#found.has(uniqueid)) this.#found.set(uniqueid, at - SPACING_MS);
  }

  /**
   * Every channel is asked about, also one that is on no trunk and carries no mark: it may have asked for a slot and
   * hung up before the answer could mark it.
   */
  hangup({ uniqueid }: HangupFact): readonly LegOrder[] {
    return [{ do: "confirm", uniqueid }];
  }

  /** The switch has confirmed that the channel is no more. */
  ended(uniqueid: string): readonly LegOrder[] {
    this.#found.delete(uniqueid);
    this.#originated.delete(uniqueid);
    this.#missed.delete(`leg ${uniqueid}`);
    this.#missed.delete(`asker ${uniqueid}`);
    const key = this.#key(uniqueid);
    const asker = this.#failed.get(uniqueid);
    this.#failed.delete(uniqueid);
    this.#settled.delete(uniqueid);
    if (asker !== undefined && !this.#settled.has(asker))
      return [{ do: "handBack", key, asker: this.#key(asker) }];
    return [{ do: "release", key, reason: "hangup" }];
  }

  /** The trunk legs among the channels of a switch. */
  among(listed: readonly ListedFact[], boot: string, book: LegBook): readonly FoundLeg[] {
    return [...this.#legs(new Map(listed.map((fact) => [fact.uniqueid, fact])), boot, book).values()];
  }

  sweep(sweep: Sweep, book: LegBook): SweepOutcome {
    const listed = new Map(sweep.listed.map((fact) => [fact.uniqueid, fact]));
    const legs = this.#legs(listed, sweep.boot, book);
    const slots = new Map<string, Slot>();
    for (const slot of sweep.stored) if (slot.state !== "pending") slots.set(slot.key.uniqueid, slot);
    // Also a leg whose trunk has left the configuration: it lives.
    const known = [...slots.keys()].filter((uniqueid) => listed.has(uniqueid));
    const orders: LegOrder[] = [
      { do: "renew", server: this.#server, boot: sweep.boot, uniqueids: known },
      ...this.#adoptions(legs, slots, sweep),
      ...(sweep.complete ? this.#frees(listed, sweep) : []),
      ...(sweep.complete ? this.#bootOrders(listed, sweep) : []),
    ];
    return {
      orders,
      drift: driftOf(legs, slots, listed),
      unstamped: [...legs.values()]
        .filter((leg) => leg.tenant === null && leg.direction !== "refused")
        .map((leg) => leg.key.uniqueid),
      again: this.#found.size > 0 || this.#missed.size > 0,
    };
  }

  #legs(listed: ReadonlyMap<string, ListedFact>, boot: string, book: LegBook): Map<string, FoundLeg> {
    const legs = new Map<string, FoundLeg>();
    for (const fact of listed.values()) {
      const trunk = book.trunkOf(fact.channel);
      if (trunk === null) continue;
      legs.set(fact.uniqueid, {
        key: this.#key(fact.uniqueid),
        boot,
        trunk,
        tenant: book.tenantOf(fact.accountCode),
        direction: this.#directionOf(fact),
        call: fact.sbCall as CallId | null,
        asker: this.#askerOf(fact.sbCall),
      });
    }
    return legs;
  }

  #adoptions(
    legs: ReadonlyMap<string, FoundLeg>,
    slots: ReadonlyMap<string, Slot>,
    { at, complete }: Sweep,
  ): LegOrder[] {
    const orders: LegOrder[] = [];
    for (const [uniqueid, leg] of legs) {
      const slot = slots.get(uniqueid);
      // An unattributed slot whose leg still names nobody has nothing to learn.
      const unclaimed = slot?.state === "bound" && slot.tenant === null && leg.tenant !== null;
      // A trunk that got another name in the configuration takes what is up along.
      const moved = slot !== undefined && slot.trunk !== leg.trunk;
      if (slot !== undefined && !unclaimed && !moved) this.#found.delete(uniqueid);
      else if (this.#twice(this.#found, uniqueid, at)) orders.push({ do: "adopt", leg });
    }
    if (complete)
      for (const uniqueid of this.#found.keys()) if (!legs.has(uniqueid)) this.#found.delete(uniqueid);
    return orders;
  }

  #frees(listed: ReadonlyMap<string, ListedFact>, { stored, at }: Sweep): LegOrder[] {
    const orders: LegOrder[] = [];
    const absent = new Set<string>();
    for (const { key, state } of stored) {
      if (listed.has(key.uniqueid)) continue;
      const name = `${state === "pending" ? "asker" : "leg"} ${key.uniqueid}`;
      absent.add(name);
      if (!this.#twice(this.#missed, name, at)) continue;
      if (state === "pending") orders.push({ do: "cancel", asker: key });
      else orders.push({ do: "release", key, reason: "swept" });
    }
    for (const name of this.#missed.keys()) if (!absent.has(name)) this.#missed.delete(name);
    return orders;
  }

  /** The first complete sweep of a connection tells the store which boot runs, and thaws its leases. */
  #bootOrders(listed: ReadonlyMap<string, ListedFact>, { boot, frozen }: Sweep): LegOrder[] {
    const orders: LegOrder[] = [];
    if (boot !== "" && boot !== this.#boot) {
      this.#boot = boot;
      const spare = { uniqueids: [...listed.keys()], youngerThanMs: YOUNG_MS };
      orders.push({ do: "endBoot", server: this.#server, boot, spare });
    }
    // Also what a node has frozen that listened before and was held up in the middle of saying so.
    if (this.#frozen || frozen) orders.push({ do: "unfreeze", server: this.#server });
    this.#frozen = false;
    return orders;
  }

  /** True the second time, then counted from the start again should the order not have come through. */
  #twice(since: Map<string, number>, name: string, at: number): boolean {
    const first = since.get(name);
    if (first === undefined) {
      since.set(name, at);
      return false;
    }
    return at - first >= SPACING_MS;
  }

  /**
   * A leg that is marked with the call of another channel was dialled by that one. Where no step sent it out, an operator's
   * own Dial() say, it carries the whole mark of a call that came in.
   */
  #directionOf({ uniqueid, sbCall, sbDirection }: ListedFact): FoundLeg["direction"] {
    const direction = directionOf(sbDirection) ?? (this.#originated.has(uniqueid) ? "outbound" : null);
    const dialler = this.#askerOf(sbCall) ?? uniqueid;
    return direction === "inbound" && dialler !== uniqueid ? "outbound" : direction;
  }

  #askerOf(sbCall: string | null): string | null {
    const prefix = callIdOf(this.#server, "");
    return sbCall?.startsWith(prefix) ? sbCall.slice(prefix.length) : null;
  }

  #key(uniqueid: string): SlotKey {
    return { server: this.#server, uniqueid };
  }
}

function driftOf(
  legs: ReadonlyMap<string, FoundLeg>,
  slots: ReadonlyMap<string, Slot>,
  listed: ReadonlyMap<string, ListedFact>,
): Drift {
  const otherTenant: Drift["otherTenant"][number][] = [];
  for (const [uniqueid, leg] of legs) {
    const slot = slots.get(uniqueid)?.tenant;
    if (slot && leg.tenant !== null && leg.tenant !== slot) {
      otherTenant.push({ uniqueid, slot, stamp: leg.tenant });
    }
  }
  return {
    uncounted: [...legs.keys()].filter((uniqueid) => !slots.has(uniqueid)).length,
    absent: [...slots.keys()].filter((uniqueid) => !listed.has(uniqueid)).length,
    otherTenant,
  };
}
