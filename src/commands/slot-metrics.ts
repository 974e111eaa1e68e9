import { type SlotSnapshot, type StoreHealth, slotTimes } from "../calls/slot-port.ts";
import type { WatchView } from "../calls/watch-view.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { Gauges } from "../http/metrics.ts";

export type SlotReading = {
  /** Null when the store cannot be asked: its numbers are left out rather than told as zero. */
  readonly slots: SlotSnapshot | null;
  readonly health: StoreHealth;
  readonly views: readonly WatchView[];
  readonly snapshot: Snapshot;
  /** Epoch milliseconds of this node. */
  readonly now: number;
};

/** Puts what the store holds and what the watches saw into the gauges. */
export function showSlots(gauges: Gauges, { slots, health, views, snapshot, now }: SlotReading): void {
  gauges.channels.reset();
  gauges.channelsLimit.reset();
  gauges.channelsReserved.reset();
  for (const slot of slots?.slots ?? []) {
    const direction = slot.state === "refused" ? "refused" : (slot.direction ?? "unknown");
    gauges.channels.inc({ tenant: slot.tenant ?? "none", trunk: slot.trunk, direction });
  }
  for (const { id, limits } of snapshot.tenants.values()) {
    if (limits.channels !== null) gauges.channelsLimit.set({ tenant: id }, limits.channels);
    if (limits.reserved > 0) gauges.channelsReserved.set({ tenant: id }, limits.reserved);
  }
  if (slots !== null) showAges(gauges, slots);
  gauges.slotsReady.set(health.state === "ready" ? 1 : 0);
  showViews(gauges, views, now);
}

function showAges(gauges: Gauges, { at, slots }: SlotSnapshot): void {
  const oldest = Math.min(at, ...slots.map(({ takenAt }) => takenAt));
  gauges.oldestSlot.set((at - oldest) / 1000);
  const leased = slots.flatMap(({ state, leaseEndsAt }) =>
    state === "pending" || leaseEndsAt === null ? [] : [leaseEndsAt - slotTimes.leaseMs],
  );
  gauges.oldestLease.set((at - Math.min(at, ...leased)) / 1000);
  gauges.frozenSlots.set(slots.filter(({ leaseEndsAt }) => leaseEndsAt === null).length);
}

/** Each switch is swept by one node: only what this node listens to is told, so that nodes can be added up. */
function showViews(gauges: Gauges, views: readonly WatchView[], now: number): void {
  const { listening, sweepAge, sweeps, slotsAdopted, slotsFreed } = gauges;
  const heard = views.filter((view) => view.listening);
  const sum = (of: (view: WatchView) => number): number => heard.reduce((all, view) => all + of(view), 0);
  gauges.slotDrift.set(sum(({ drift }) => drift));
  gauges.unstamped.set(sum(({ unstamped }) => unstamped));
  for (const each of [listening, sweepAge, sweeps, slotsAdopted, slotsFreed]) each.reset();
  for (const view of views) {
    const { server, sweptAt } = view;
    listening.set({ server }, view.listening ? 1 : 0);
    // One that was never looked at has waited for as long as this node has run.
    const since = sweptAt ?? performance.timeOrigin;
    if (view.listening) sweepAge.set({ server }, Math.max(0, now - since) / 1000);
    sweeps.inc({ server, complete: "yes" }, view.sweeps);
    sweeps.inc({ server, complete: "no" }, view.incomplete);
    slotsAdopted.inc({ server }, view.adopted);
    slotsFreed.inc({ server }, view.freed);
  }
}
