// What operators install from docs/operations: units that systemd accepts, rules about metrics that exist.
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "../../load/lab/processes.ts";
import { projectRoot } from "../../load/lab/world.ts";
import { createMetrics } from "../../src/http/metrics.ts";

const OPERATIONS = join(projectRoot, "docs/operations");
const ANALYZE = "/usr/bin/systemd-analyze";

const folder = mkdtempSync(join(tmpdir(), "sb-units-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("units", () => {
  it("systemd_accepts_the_node's", async () => {
    expect(existsSync(ANALYZE), "systemd-analyze is missing: apt-get install systemd").toBe(true);
    const unit = readFileSync(join(OPERATIONS, "signalbox.service"), "utf8");
    // It is judged with the program where it is here: one that does not exist is an error too.
    // A link stands for the checkout, whose path may have a space in it.
    const link = join(folder, "signalbox");
    symlinkSync(projectRoot, link);
    const here = unit.replaceAll("/opt/signalbox/", `${link}/`);
    const file = join(folder, "signalbox.service");
    writeFileSync(file, here);
    const { code, stderr } = await runCommand(ANALYZE, ["verify", "--man=no", "--recursive-errors=no", file]);
    expect(stderr).not.toMatch(/signalbox\.service/);
    expect(code, stderr).toBe(0);
  });

  it("asterisk's_drop_in_sets_one_thing", () => {
    const text = readFileSync(join(OPERATIONS, "asterisk.service.d/signalbox.conf"), "utf8");
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines).toEqual(["[Service]", "UMask=0027"]);
  });
});

type Rule = { alert: string; expr: string; annotations: { summary: string; do: string } };

describe("alerts", () => {
  const text = readFileSync(join(OPERATIONS, "alerts.yaml"), "utf8");
  const { groups } = load(text) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);

  it("ask_only_for_metrics_that_there_are", async () => {
    const known = await knownSeries();
    const asked = rules.flatMap(({ expr }) => expr.match(/signalbox_[a-z_]+/g) ?? []);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it("ask_only_for_labels_that_these_metrics_have", async () => {
    const labels = new Set([...(await knownSeries()).values()].flat());
    const asked = rules.flatMap(({ expr }) => [
      ...[...expr.matchAll(/(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/,\s*/)),
      ...[...expr.matchAll(/signalbox_[a-z_]+\{([a-z]+)[=!]/g)].map(([, name = ""]) => name),
    ]);
    expect(asked.filter((name) => !labels.has(name))).toEqual([]);
  });

  it("each_says_what_to_do", () => {
    for (const { alert, annotations } of rules) {
      expect(annotations.summary, alert).not.toBe("");
      expect(annotations.do, alert).not.toBe("");
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});

/** Every series that a node can have, and its labels. */
async function knownSeries(): Promise<ReadonlyMap<string, readonly string[]>> {
  const series = new Map<string, readonly string[]>();
  const { registry } = createMetrics();
  for (const metric of registry.getMetricsAsArray()) {
    const labels =
      "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
    series.set(metric.name, labels);
    if (String(metric.type) !== "histogram") continue;
    for (const end of ["bucket", "sum", "count"]) series.set(`${metric.name}_${end}`, [...labels, "le"]);
  }
  return series;
}
