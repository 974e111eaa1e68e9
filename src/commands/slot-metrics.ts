import type { SlotSnapshot, StoreHealth } from "../calls/slot-port.ts";
import type { WatchView } from "../calls/watch-view.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { Gauges } from "../http/metrics.ts";

export type SlotReading = {
  /** Null when the store cannot be asked: its numbers are left out rather than told as zero. */
  readonly slots: SlotSnapshot | null;
  readonly health: StoreHealth;
  readonly views: readonly WatchView[];
  readonly snapshot: Snapshot;
};

/** Puts what the store holds and what the watches saw into the gauges. */
export function showSlots(gauges: Gauges, { slots, health, views, snapshot }: SlotReading): void {
  gauges.channels.reset();
  gauges.channelsLimit.reset();
  for (const slot of slots?.slots ?? []) {
    const direction = slot.state === "refused" ? "refused" : (slot.direction ?? "unknown");
    gauges.channels.inc({ tenant: slot.tenant ?? "none", trunk: slot.trunk, direction });
  }
  for (const { id, limits } of snapshot.tenants.values()) {
    if (limits.channels !== null) gauges.channelsLimit.set({ tenant: id }, limits.channels);
  }
  if (slots !== null) {
    const taken = slots.slots.map(({ takenAt }) => takenAt);
    gauges.oldestSlot.set(taken.length === 0 ? 0 : Math.max(0, slots.at - Math.min(...taken)) / 1000);
  }
  gauges.slotsReady.set(health.state === "ready" ? 1 : 0);
  showViews(gauges, views);
}

/** Each switch is swept by one node: only what this node listens to is told, so that nodes can be added up. */
function showViews(gauges: Gauges, views: readonly WatchView[]): void {
  const heard = views.filter(({ listening }) => listening);
  const sum = (of: (view: WatchView) => number): number => heard.reduce((all, view) => all + of(view), 0);
  gauges.slotDrift.set(sum(({ drift }) => drift));
  gauges.unstamped.set(sum(({ unstamped }) => unstamped));
  for (const view of views) {
    const { server } = view;
    gauges.listening.set({ server }, view.listening ? 1 : 0);
    gauges.sweeps.set({ server, complete: "yes" }, view.sweeps);
    gauges.sweeps.set({ server, complete: "no" }, view.incomplete);
    gauges.slotsAdopted.set({ server }, view.adopted);
    gauges.slotsFreed.set({ server }, view.freed);
  }
}
