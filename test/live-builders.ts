/** Readings of a running node for tests, made from slots as a store lists them. */
import type { Slot, SlotCounts, SlotSnapshot, StoreHealth } from "../src/calls/slot-port.ts";
import { calmConditions } from "../src/core/snapshot/conditions.ts";
import type { Snapshot } from "../src/core/snapshot/snapshot.ts";
import type { CallId } from "../src/core/tenant/stamp.ts";
import { unknownHealth } from "../src/core/trunk/health.ts";
import type { LiveReading, TrunkReading } from "../src/reports/live.ts";
import { at, tenantId } from "./builders.ts";

export const moment = at("2026-11-23T12:00:00Z");

export const storeReady: StoreHealth = { state: "ready", code: null, why: "slots are kept in this process" };
export const storeRebuilding: StoreHealth = {
  state: "rebuilding",
  code: "slots_rebuilding",
  why: "waits for every switch to be swept",
};

let made = 0;

/** An inbound leg of apex on pool_a, taken this moment, unless given. */
export function slotWith({
  tenant = "apex",
  ...slot
}: Partial<Omit<Slot, "tenant">> & { readonly tenant?: string | null } = {}): Slot {
  made += 1;
  return {
    key: { server: "ast1", uniqueid: `1700000000.${made}` },
    state: "bound",
    tenant: tenant === null ? null : tenantId(tenant),
    direction: "inbound",
    trunk: "pool_a",
    boot: "",
    asker: null,
    call: `ast1-1700000000.${made}` as CallId,
    node: "tel1",
    takenAt: moment,
    leaseEndsAt: moment + 60_000,
    flagged: null,
    adopted: false,
    ...slot,
  };
}

export function slotsWith(slots: readonly Slot[], shared: readonly string[] = ["pool_a"]): SlotSnapshot {
  return { at: moment, slots, counts: countsOf(slots, shared), frozen: [] };
}

function countsOf(slots: readonly Slot[], shared: readonly string[]): SlotCounts {
  const names = [...new Set(slots.flatMap(({ tenant }) => (tenant === null ? [] : [tenant])))];
  const trunks = [...new Set(slots.map(({ trunk }) => trunk))];
  const of = (which: (slot: Slot) => boolean): number => slots.filter(which).length;
  return {
    tenants: new Map(
      names.map((name) => {
        const own = (which: (slot: Slot) => boolean) => of((slot) => slot.tenant === name && which(slot));
        const inbound = own(({ direction }) => direction === "inbound");
        const outbound = own(({ direction }) => direction === "outbound");
        const use = {
          total: own(() => true),
          inbound,
          outbound,
          pool: own(({ trunk }) => shared.includes(trunk)),
        };
        return [name, use];
      }),
    ),
    trunks: new Map(trunks.map((name) => [name, of(({ trunk }) => trunk === name)])),
  };
}

export function trunkReading(trunk: string, reading: Partial<TrunkReading> = {}): TrunkReading {
  return { trunk, ...unknownHealth, takesCalls: true, answerRatio: null, ...reading };
}

export function readingWith(snapshot: Snapshot, reading: Partial<LiveReading> = {}): LiveReading {
  return {
    node: "tel1",
    snapshot,
    conditions: calmConditions,
    slots: slotsWith([]),
    ownCount: false,
    health: storeReady,
    trunks: [...snapshot.trunks.keys()].map((trunk) => trunkReading(trunk)),
    switches: [],
    today: () => ({ refused: 0, peak: 0 }),
    ...reading,
  };
}

export function severalSlots(count: number, slot: Parameters<typeof slotWith>[0] = {}): Slot[] {
  return Array.from({ length: count }, () => slotWith(slot));
}
