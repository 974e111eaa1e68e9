import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createMetrics } from "../../../src/http/metrics.ts";
import { inCheckout } from "../commands/command-line.ts";

const page = readFileSync(inCheckout("docs/metrics.md"), "utf8");

test("every_metric_is_on_the_page_with_its_labels", async () => {
  const metrics = await createMetrics().registry.getMetricsAsJSON();
  const missing = metrics.map(({ name }) => name).filter((name) => !new RegExp(`\`${name}[\`{]`).test(page));
  expect(missing).toEqual([]);
});

test("the_page_names_no_metric_that_is_not_there", async () => {
  const names = new Set((await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name));
  const named = [...page.matchAll(/signalbox_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ""));
  expect([...new Set(named)].filter((name) => !names.has(name))).toEqual([]);
});
