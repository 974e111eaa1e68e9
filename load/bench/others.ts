// The benches that are programs of their own: what 100,000 numbers cost, and what a million call records cost.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../lab/processes.ts";
import { projectRoot } from "../lab/world.ts";
import { type Bench, type BenchContext, type Finding, judge, sized, spread } from "./finding.ts";

const TIMEOUT_MS = 30 * 60_000;

type ScaleLine = {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  readonly met: boolean;
};

export const configurationBench: Bench = {
  name: "configuration",
  says: "100,000 numbers: check, load, reload under load, memory, Asterisk's dialplan",
  run: async ({ folder, rounds, size, say }) => {
    const json = join(folder, "scale.json");
    say("this takes minutes at full size");
    const tenants = String(sized(1000, size));
    const args = [
      "--tenants",
      tenants,
      "--dids",
      "100",
      "--rounds",
      String(Math.min(3, rounds)),
      "--json",
      json,
    ];
    await runNode("load/scale.ts", args);
    const figures = JSON.parse(readFileSync(json, "utf8")) as { lines: readonly ScaleLine[] };
    const findings = figures.lines.map(
      ({ what, figure, target, met }): Finding => ({
        ...{ bench: "configuration", what, target, measured: figure, met: target === "" ? null : met },
        why: met ? "" : reasonOf(what),
      }),
    );
    return { findings, figures };
  },
};

function reasonOf(what: string): string {
  if (what.startsWith("longest stall of a step"))
    return "by the clock: the process that reads the files wants the cores too; what the node itself worked stands in the next line";
  if (what.startsWith("its memory"))
    return "all files are held as text, as values and as what they compile to, in a process that ends";
  return "see the load of the machine before and after in the JSON, and profile `node load/scale.ts`";
}

type RecordFigures = {
  readonly calls: number;
  readonly stored_per_second: number;
  readonly report_ms: number;
  readonly list_100_ms: number;
};

const CALLS = 1_000_000;

export const recordsBench: Bench = {
  name: "records",
  says: "call records stored a second, and a month's report over a million of them",
  run: async (context) => {
    const found = { sqlite: await records("sqlite", context), mysql: await records("mysql", context) };
    return {
      findings: [...findingsOf("SQLite", found.sqlite), ...findingsOf("MariaDB", found.mysql)],
      figures: found,
    };
  },
};

async function records(kind: string, { ports, size, say }: BenchContext): Promise<RecordFigures> {
  const calls = sized(CALLS, size);
  say(`${calls} calls in ${kind}`);
  const { stdout } = await runNode("load/scale/call-records.ts", [kind, String(calls), String(ports + 95)]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as RecordFigures;
}

function findingsOf(name: string, figures: RecordFigures): Finding[] {
  const bench = "records";
  const one = (what: string, value: number, unit: string) =>
    judge({ bench, what: `${name}: ${what}`, spread: spread([value]), digits: 0, unit, ifMissed: "" });
  return [
    one("records stored a second", figures.stored_per_second, ""),
    one("the last hundred calls", figures.list_100_ms, " ms"),
    judge({
      bench,
      what: `${name}: a month's report over ${figures.calls} calls`,
      spread: spread([figures.report_ms]),
      ...{ digits: 0, unit: " ms", atMost: 1000 },
      ifMissed:
        "most of it is the minutes of the month, which are read and folded one by one for peaks and caps: see `report_ms` and `usage_ms` in the JSON",
    }),
  ];
}

async function runNode(script: string, args: readonly string[]): Promise<{ readonly stdout: string }> {
  const run = await runCommand(process.execPath, [join(projectRoot, script), ...args], {
    timeoutMs: TIMEOUT_MS,
  });
  // scale.ts ends with 1 when a target was missed; that is a finding, not a failure.
  if (run.stdout.trim() === "") throw new Error(`${script}: ${run.stderr}`);
  return run;
}
