import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Finding } from "../../../load/bench/finding.ts";
import { rewriteReport } from "../../../load/bench/report.ts";

let folder = "";
let file = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sb-report-"));
  file = join(folder, "BENCHMARKS.md");
  writeFileSync(file, "before\n<!-- figures: begin -->\n<!-- figures: end -->\nafter\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(day: string, ...benches: string[]): void {
  const findings = benches.map(
    (bench): Finding => ({ bench, what: `of ${bench}`, target: "", measured: day, met: null, why: "" }),
  );
  const machine = { cores: 2, cpu: "x", loadBefore: 0, node: "v24" };
  rewriteReport(file, { began: `${day}T10:00:00.000Z`, machine, rounds: 3, size: 1, findings });
}

test("a_run_replaces_its_own_rows_and_leaves_those_of_others_with_what_was_said_of_them", () => {
  run("2026-01-01", "agi", "step", "records");
  run("2026-02-02", "step", "slots");
  const text = readFileSync(file, "utf8");
  expect(text.startsWith("before\n") && text.endsWith("after\n")).toBe(true);
  expect(text.split("\n").filter((line) => /^\| (agi|step|slots|records)/.test(line))).toEqual([
    "| agi | of agi |  | 2026-01-01 |  |  |",
    "| step | of step |  | 2026-02-02 |  |  |",
    "| slots | of slots |  | 2026-02-02 |  |  |",
    "| records | of records |  | 2026-01-01 |  |  |",
  ]);
  expect(text.split("\n").filter((line) => line.startsWith("- "))).toMatchObject([
    expect.stringMatching(/^- agi, records: 2026-01-01 10:00 UTC, 2 cores/),
    expect.stringMatching(/^- step, slots: 2026-02-02 10:00 UTC, 2 cores/),
  ]);
});
