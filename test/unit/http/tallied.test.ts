import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { Tallied } from "../../../src/http/tallied.ts";

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
