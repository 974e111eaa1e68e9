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
import { getPriority, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "js-yaml";
import { afterAll, describe, expect, it } from "vitest";
import { writeOffice } from "../../load/bench/office.ts";
import { waitFor } from "../../load/lab/ports.ts";
import { runCommand, startChild } from "../../load/lab/processes.ts";
import { asItsUnit, startSignalbox } from "../../load/lab/signalbox.ts";
import { projectRoot } from "../../load/lab/world.ts";
import type { AgiOutcome } from "../../src/agi/session.ts";
import { refusals } from "../../src/core/callflow/refusal.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { type KnownSeries, labelsOf } from "../promql.ts";

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
  it("systemd_accepts_each_and_finds_little_that_it_could_do", async () => {
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
    // In tenths: what it can do that a service need not. 0 is one that can do nothing.
    for (const [name, most] of [
      ["signalbox.service", "20"],
      ["signalbox-purge.service", "28"],
    ] as const) {
      const threshold = ["security", "--offline=yes", "--no-pager", `--threshold=${most}`];
      const judged = await runCommand(ANALYZE, [...threshold, join(folder, name)]);
      expect(judged.code, judged.stdout.split("\n").slice(-3).join()).toBe(0);
    }
  });

  it.each(["signalbox.service", "signalbox-purge.service"])(
    "%s_may_ask_for_this_machines_addresses",
    (name) => {
      const [, families = ""] =
        /^RestrictAddressFamilies=(.+)$/m.exec(readFileSync(join(OPERATIONS, name), "utf8")) ?? [];
      expect(families.split(" ").sort()).toEqual(["AF_INET", "AF_INET6", "AF_NETLINK", "AF_UNIX"]);
    },
  );

  it("systemd_hears_that_a_node_is_ready_that_it_lives_and_that_it_stops", async () => {
    const socket = join(folder, "notify");
    const args = ["--datagram", `--listen=${socket}`, "sh", "-c", "exec cat <&3 >heard"];
    const systemd = await startChild({ name: "systemd", command: ACTIVATE, args, cwd: folder });
    await waitFor("its socket", () => existsSync(socket) || undefined, 5000);
    const at = (nth: number) => `127.0.0.1:${PORT + nth}`;
    const config = join(folder, "config");
    writeOffice(config, { fastagi: at(0), http: at(1), ami: at(2) }, "{ingroup: APEX_INBOUND}");
    const env = {
      ...process.env,
      AMI_SECRET: "x",
      NOTIFY_SOCKET: socket,
      WATCHDOG_USEC: "300000",
      ...asItsUnit(),
    };
    const node = await startSignalbox({ config, variables: join(folder, "var"), env });
    const heard = () => readFileSync(join(folder, "heard"), "utf8").replaceAll("BARRIER=1", "");
    const lives = () => heard().split("WATCHDOG=1").length - 1;
    await waitFor(
      "signs of life",
      () => (existsSync(join(folder, "heard")) && lives() > 2) || undefined,
      5000,
    );
    expect(heard()).toMatch(/^READY=1(WATCHDOG=1)+$/);
    // The thread that decides stands where the unit puts it, where this user may; the others stay where they are.
    const nicenessOf = (named: string) =>
      readdirSync(`/proc/${node.pid}/task`)
        .filter((thread) => readFileSync(`/proc/${node.pid}/task/${thread}/comm`, "utf8") === `${named}\n`)
        .map((thread) => getPriority(Number(thread)));
    const here = getPriority(0);
    const [decides = here, ...more] = nicenessOf("MainThread");
    const refused = node.log().filter(({ event }) => event === "signalbox.not_first");
    expect(decides).toBe(refused.length === 0 ? -10 : here);
    expect(more).toEqual([]);
    expect([...nicenessOf("WorkerThread"), ...nicenessOf("V8Worker")]).toSatisfy((all: number[]) =>
      all.every((each) => each === Math.max(here, 0)),
    );
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

const OUTCOMES: Readonly<Record<AgiOutcome, true>> = {
  ...{ decided: true, no_decision: true, hangup: true, timeout: true, protocol_error: true },
  ...{ refused: true, error: true },
};

const VALUES: Readonly<Record<string, KnownSeries["values"]>> = {
  signalbox_refusals_total: { reason: Object.keys(refusals) },
  signalbox_agi_sessions_total: { outcome: Object.keys(OUTCOMES) },
};

type Rule = { alert: string; expr: string; annotations: { summary: string; do: string } };

describe("alerts", () => {
  const text = readFileSync(join(OPERATIONS, "alerts.yaml"), "utf8");
  const { groups } = load(text) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);

  const named = rules.map((rule) => [rule.alert, rule] as const);
  it.each(named)("%s_asks_for_what_there_is_and_says_what_it_knows", (_name, { expr, annotations }) => {
    const labels = labelsOf(expr, knownSeries());
    const said = `${annotations.summary} ${annotations.do}`;
    const told = [...said.matchAll(/\$labels\.(\w+)/g)].map(([, name = ""]) => name);
    expect(told.filter((name) => !labels.includes(name))).toEqual([]);
    expect(said.replaceAll(/\{\{ \$(labels\.\w+|value) \}\}/g, "")).not.toMatch(/[{}$]/);
  });

  it.each([
    ["signalbox_chanels > 0", "there is no series signalbox_chanels"],
    ["sum by (tennant) (signalbox_channels) > 0", "nothing there has a label tennant"],
    ["sum by (tenant) (signalbox_trunk_up) > 0", "nothing there has a label tenant"],
    ['signalbox_channels{server="a"} > 0', "signalbox_channels has no label server"],
    ["rate(signalbox_calls_total) > 0", "rate needs a range"],
    ["signalbox_calls_total[5m]", "no series, but ranges"],
    ['rate(signalbox_refusals_total{reason=~"no_trunk|too_late"}[5m]) > 0', "is never too_late"],
    ["sum(rate(signalbox_calls_total[5m]) > 0", "it ends too early"],
    ["histogram_quantile(0.99, sum(rate(signalbox_step_seconds_bucket[5m]))) > 1", "a quantile needs"],
    ["sum by (tenant) (signalbox_channels) / signalbox_channels_limit > 1", "never meet"],
  ])("%s_is_refused", (expr, why) => {
    expect(() => labelsOf(expr, knownSeries())).toThrow(why);
  });

  const page = readFileSync(join(projectRoot, "docs/metrics.md"), "utf8");
  const advice = page.split("\n").filter((line) => line.startsWith("Alerts:"));
  it.each(
    advice.flatMap((line) => [...line.matchAll(/`([^`]+ (?:[<>]|==|!=) [^`]+)`/g)].map(([, expr]) => expr)),
  )("%s_of_the_page_of_metrics_can_be_asked", (expr = "") => {
    expect(() => labelsOf(expr, knownSeries())).not.toThrow();
  });

  it("each_says_what_to_do", () => {
    for (const { alert, annotations } of rules) {
      expect(annotations.summary, alert).not.toBe("");
      expect(annotations.do, alert).not.toBe("");
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});

/** Every series that a node can have, its labels and, where they are a fixed set, their values. */
function knownSeries(): ReadonlyMap<string, KnownSeries> {
  const series = new Map<string, KnownSeries>([["up", { labels: [] }]]);
  const { registry } = createMetrics();
  for (const metric of registry.getMetricsAsArray()) {
    const labels =
      "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
    series.set(metric.name, { labels, values: VALUES[metric.name] ?? {} });
    if (String(metric.type) !== "histogram") continue;
    for (const end of ["bucket", "sum", "count"]) {
      series.set(`${metric.name}_${end}`, { labels: [...labels, "le"] });
    }
  }
  return series;
}
