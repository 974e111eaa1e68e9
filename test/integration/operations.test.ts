// What operators install from docs/operations: units that systemd accepts, rules about metrics that exist.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "js-yaml";
import { afterAll, describe, expect, it } from "vitest";
import { writeOffice } from "../../load/bench/office.ts";
import { waitFor } from "../../load/lab/ports.ts";
import { runCommand, startChild } from "../../load/lab/processes.ts";
import { startSignalbox } from "../../load/lab/signalbox.ts";
import { projectRoot } from "../../load/lab/world.ts";
import { createMetrics } from "../../src/http/metrics.ts";

const OPERATIONS = join(projectRoot, "docs/operations");
const ANALYZE = "/usr/bin/systemd-analyze";
const ACTIVATE = "/usr/bin/systemd-socket-activate";
const PORT = 28_700;

const folder = mkdtempSync(join(tmpdir(), "sb-units-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As they stand in docs/operations, with the program where it is here: one that does not exist is an error too. */
function unitsHere(): readonly string[] {
  // A link stands for the checkout, whose path may have a space in it.
  const link = join(folder, "signalbox");
  symlinkSync(projectRoot, link);
  const names = readdirSync(OPERATIONS).filter((name) => /\.(service|timer)$/.test(name));
  return names.map((name) => {
    const text = readFileSync(join(OPERATIONS, name), "utf8");
    const file = join(folder, name);
    writeFileSync(file, text.replaceAll("/opt/signalbox/", `${link}/`));
    return file;
  });
}

describe("units", () => {
  it("systemd_accepts_each", async () => {
    expect(existsSync(ANALYZE), "systemd-analyze is missing: apt-get install systemd").toBe(true);
    const files = unitsHere();
    expect(files.map((file) => basename(file))).toEqual([
      "signalbox-purge.service",
      "signalbox-purge.timer",
      "signalbox.service",
    ]);
    const args = ["verify", "--man=no", "--recursive-errors=no", ...files];
    const { code, stderr } = await runCommand(ANALYZE, args);
    expect(stderr).not.toMatch(/signalbox/);
    expect(code, stderr).toBe(0);
  });

  it("systemd_hears_that_a_node_is_ready_that_it_lives_and_that_it_stops", async () => {
    const socket = join(folder, "notify");
    const args = ["--datagram", `--listen=${socket}`, "sh", "-c", "exec cat <&3 >heard"];
    const systemd = await startChild({ name: "systemd", command: ACTIVATE, args, cwd: folder });
    await waitFor("its socket", () => existsSync(socket) || undefined, 5000);
    const at = (nth: number) => `127.0.0.1:${PORT + nth}`;
    const config = join(folder, "config");
    writeOffice(config, { fastagi: at(0), http: at(1), ami: at(2) }, "{ingroup: APEX_INBOUND}");
    const env = { ...process.env, AMI_SECRET: "x", NOTIFY_SOCKET: socket, WATCHDOG_USEC: "300000" };
    const node = await startSignalbox({ config, variables: join(folder, "var"), env });
    const heard = () => readFileSync(join(folder, "heard"), "utf8").replaceAll("BARRIER=1", "");
    const lives = () => heard().split("WATCHDOG=1").length - 1;
    await waitFor(
      "signs of life",
      () => (existsSync(join(folder, "heard")) && lives() > 2) || undefined,
      5000,
    );
    expect(heard()).toMatch(/^READY=1(WATCHDOG=1)+$/);
    // What hangs says nothing.
    process.kill(node.pid, "SIGSTOP");
    await sleep(300);
    const before = lives();
    await sleep(1000);
    expect(lives()).toBe(before);
    process.kill(node.pid, "SIGCONT");
    await node.stop();
    await waitFor("its end", () => heard().includes("STOPPING=1") || undefined, 5000);
    await systemd.stop();
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
