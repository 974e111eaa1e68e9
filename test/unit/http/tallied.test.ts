import { Histogram, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { Tallied, TalliedTimes } from "../../../src/http/tallied.ts";

const made = () => {
  const registry = new Registry();
  const labelNames = ["tenant", "reason"] as const;
  const tallied = new Tallied({ name: "signalbox_x_total", help: "x", labelNames, registers: [registry] });
  return { registry, tallied };
};
const shown = async (registry: Registry) =>
  (await registry.metrics()).split("\n").filter((line) => line.startsWith("signalbox"));

test("shows_what_was_counted_each_time_it_is_asked", async () => {
  const { registry, tallied } = made();
  tallied.add("apex", "tenant_full");
  tallied.add("apex", "tenant_full");
  tallied.add("green", "no_trunk");
  const first = [
    'signalbox_x_total{tenant="apex",reason="tenant_full"} 2',
    'signalbox_x_total{tenant="green",reason="no_trunk"} 1',
  ];
  expect(await shown(registry)).toEqual(first);
  expect(await shown(registry)).toEqual(first);
  tallied.add("apex", "tenant_full");
  expect(await shown(registry)).toContain('signalbox_x_total{tenant="apex",reason="tenant_full"} 3');
});

test("keeps_apart_what_only_runs_together", async () => {
  const { registry, tallied } = made();
  tallied.add("a", "bc");
  tallied.add("ab", "c");
  expect(await shown(registry)).toHaveLength(2);
});

describe("TalliedTimes", () => {
  test("shows_what_the_library_would", async () => {
    const about = { name: "seconds", help: "How long it took." };
    const bounds = [0.001, 0.01, 0.1];
    const [theirs, ours] = [new Registry(), new Registry()];
    const library = new Histogram({ ...about, buckets: bounds, registers: [theirs] });
    const tallied = new TalliedTimes(about, bounds, ours);
    expect(await ours.metrics()).toBe(await theirs.metrics());
    for (const seconds of [0, 0.0005, 0.001, 0.0011, 0.05, 0.1, 3]) {
      library.observe(seconds);
      tallied.add(seconds);
    }
    expect(await ours.metrics()).toBe(await theirs.metrics());
  });
});
