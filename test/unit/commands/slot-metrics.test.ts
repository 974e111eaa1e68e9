import { describe, expect, test } from "vitest";
import type { Slot } from "../../../src/calls/slot-port.ts";
import { type SlotReading, showSlots } from "../../../src/commands/slot-metrics.ts";
import { createMetrics } from "../../../src/http/metrics.ts";
import { snapshotWith } from "../../builders.ts";
import {
  moment,
  severalSlots,
  slotsWith,
  slotWith,
  storeReady,
  storeRebuilding,
} from "../../live-builders.ts";

const snapshot = snapshotWith({ tenants: { apex: { limits: { channels: 4, reserved: 2 } }, green: {} } });

/** The lines of the metrics that begin with `name`, after each reading in turn. */
async function told(name: string, ...readings: Partial<SlotReading>[]): Promise<string[]> {
  const { gauges, registry } = createMetrics();
  for (const reading of readings)
    showSlots(gauges, {
      ...{ slots: slotsWith([]), health: storeReady, views: [], snapshot, now: moment },
      ...reading,
    });
  const lines = (await registry.metrics()).split("\n");
  return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

const holding = (slots: readonly Slot[]) => ({ slots: slotsWith(slots) });

describe("channels", () => {
  test("are_told_by_client_trunk_and_direction", async () => {
    const slots = [...severalSlots(2), slotWith({ direction: "outbound", state: "pending" })];
    expect(await told("signalbox_channels", holding(slots))).toEqual([
      'signalbox_channels{tenant="apex",trunk="pool_a",direction="inbound"} 2',
      'signalbox_channels{tenant="apex",trunk="pool_a",direction="outbound"} 1',
    ]);
  });

  test("of_nobody_and_refused_ones_stand_apart", async () => {
    const slots = [
      slotWith({ tenant: null, direction: null }),
      slotWith({ tenant: null, direction: null, state: "refused" }),
    ];
    expect(await told("signalbox_channels", holding(slots))).toEqual([
      'signalbox_channels{tenant="none",trunk="pool_a",direction="unknown"} 1',
      'signalbox_channels{tenant="none",trunk="pool_a",direction="refused"} 1',
    ]);
  });

  test("that_have_ended_are_no_longer_told", async () => {
    expect(await told("signalbox_channels", holding(severalSlots(2)), holding([]))).toEqual([]);
  });

  test("are_left_out_when_the_store_cannot_be_asked", async () => {
    const away = { slots: null, health: storeRebuilding };
    expect(await told("signalbox_channels", holding(severalSlots(2)), away)).toEqual([]);
    expect(await told("signalbox_slots_ready", away)).toEqual(["signalbox_slots_ready 0"]);
  });

  test("caps_and_reserves_are_told_where_there_are_any", async () => {
    expect(await told("signalbox_channels_limit", {})).toEqual(['signalbox_channels_limit{tenant="apex"} 4']);
    expect(await told("signalbox_channels_reserved", {})).toEqual([
      'signalbox_channels_reserved{tenant="apex"} 2',
    ]);
  });
});

describe("ages", () => {
  test("of_a_slot_count_from_when_it_was_taken", async () => {
    const slots = [slotWith({ takenAt: moment - 90_000 }), slotWith()];
    expect(await told("signalbox_slot_oldest_seconds", holding(slots))).toEqual([
      "signalbox_slot_oldest_seconds 90",
    ]);
  });

  test("of_a_lease_count_from_the_last_look_that_saw_the_leg", async () => {
    const slots = [slotWith({ leaseEndsAt: moment + 48_000 }), slotWith()];
    expect(await told("signalbox_slot_oldest_lease_seconds", holding(slots))).toEqual([
      "signalbox_slot_oldest_lease_seconds 12",
    ]);
  });

  test("of_an_unseen_switch_are_counted_as_frozen_instead", async () => {
    const slots = holding([slotWith({ leaseEndsAt: null })]);
    expect(await told("signalbox_slot_oldest_lease_seconds", slots)).toEqual([
      "signalbox_slot_oldest_lease_seconds 0",
    ]);
    expect(await told("signalbox_slots_frozen", slots)).toEqual(["signalbox_slots_frozen 1"]);
  });
});

describe("what a switch's watch has seen", () => {
  const numbers = { boot: "b", drift: 2, unstamped: 1, sweeps: 5, incomplete: 1, adopted: 3, freed: 4 };
  const heard = { server: "ast1", listening: true, ...numbers, sweptAt: moment - 4000 };

  test("is_told_once_however_often_it_is_read", async () => {
    const views = [heard];
    expect(await told("signalbox_sweeps_total", { views }, { views })).toEqual([
      'signalbox_sweeps_total{server="ast1",complete="yes"} 5',
      'signalbox_sweeps_total{server="ast1",complete="no"} 1',
    ]);
    expect(await told("signalbox_sweep_age_seconds", { views })).toEqual([
      'signalbox_sweep_age_seconds{server="ast1"} 4',
    ]);
    expect(await told("signalbox_slot_drift", { views })).toEqual(["signalbox_slot_drift 2"]);
  });

  test("of_one_that_was_never_looked_at_counts_from_the_node's_beginning", async () => {
    const reading = { views: [{ ...heard, sweptAt: null }], now: performance.timeOrigin + 90_000 };
    expect(await told("signalbox_sweep_age_seconds", reading)).toEqual([
      'signalbox_sweep_age_seconds{server="ast1"} 90',
    ]);
  });

  test("counts_only_where_this_node_listens", async () => {
    const views = [{ ...heard, listening: false }];
    expect(await told("signalbox_slot_drift", { views })).toEqual(["signalbox_slot_drift 0"]);
    expect(await told("signalbox_unstamped_channels", { views })).toEqual(["signalbox_unstamped_channels 0"]);
  });

  test("goes_with_its_switch", async () => {
    expect(await told("signalbox_switch_listening", { views: [heard] }, { views: [] })).toEqual([]);
  });
});
