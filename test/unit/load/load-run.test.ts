import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { judge, ratio, spread } from "../../../load/bench/finding.ts";
import { FAULTS } from "../../../load/run/faults/catalogue.ts";
import { drawKills, killsOf } from "../../../load/run/faults/kills.ts";
import { htmlReport } from "../../../load/run/html.ts";
import { growthOf } from "../../../load/run/profiles/soak.ts";
import { decidedCall } from "../../../load/run/recorded.ts";
import { rewriteReliability } from "../../../load/run/reliability.ts";

test("the_same_seed_draws_the_same_kills", () => {
  expect(drawKills(7, 50)).toEqual(drawKills(7, 50));
  expect(drawKills(7, 50)).not.toEqual(drawKills(8, 50));
});

test("fifty_kills_hit_every_part_alone_and_with_two_nodes", () => {
  const names = new Set(killsOf(7, 50).map(({ name }) => name.replace(/^(kill|stop) /, "")));
  const parts = ["signalbox", "second", "redis", "mariadb", "asterisk"].map((part) => `${part}, two nodes`);
  expect([...names].toSorted()).toEqual(["asterisk", "redis", "signalbox", ...parts].toSorted());
});

test("every_fault_has_a_name_of_its_own_and_stands_beside_those_of_its_floor", () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  const changes = FAULTS.filter(({ floor }, nth) => floor !== FAULTS[nth - 1]?.floor);
  expect(changes.length).toBe(new Set(FAULTS.map(({ floor }) => floor)).size);
});

test("growth_is_that_of_the_last_third_against_the_first_once_warm", () => {
  const warmingUp = Array.from({ length: 60 }, (_, nth) => 100 + nth);
  const steady = Array<number>(120).fill(200);
  expect(growthOf([...warmingUp, ...steady])).toBe(0);
  const leaking = steady.map((mb, nth) => mb + nth / 5);
  expect(growthOf([...warmingUp, ...leaking])).toBeGreaterThan(0.05);
  expect(growthOf(steady.slice(0, 60))).toBeNull();
});

test("a_decided_call_is_read_from_its_line_even_where_a_kill_has_cut_that_off", () => {
  const line = '{"level":"info","call":"ast1-17.3","event":"call.decided","do":"dial"}';
  expect(decidedCall(line)).toBe("ast1-17.3");
  expect(decidedCall(line.slice(0, -8))).toBe("ast1-17.3");
  expect(decidedCall(line.slice(0, 40))).toBeNull();
  expect(decidedCall(line.replace("call.decided", "call.refused"))).toBe("ast1-17.3");
  expect(decidedCall(line.replace("call.decided", "call.ended"))).toBeNull();
});

test("median_of_an_even_number_lies_between_the_two_in_the_middle", () => {
  expect(spread([4, 1, 3, 2])).toEqual({ min: 1, median: 2.5, max: 4, rounds: 4 });
  expect(() => spread([])).toThrow(RangeError);
});

test("ratios_are_taken_round_by_round", () => {
  expect(ratio([2, 4], [1, 4])).toMatchObject({ min: 1, max: 2 });
});

test("a_missed_target_keeps_its_reason", () => {
  const judged = judge({ bench: "b", what: "w", spread: spread([3]), atMost: 2, ifMissed: "because" });
  expect(judged).toMatchObject({ met: false, why: "because", target: "≤ 2" });
});

test("what_people_wrote_cannot_leave_its_place_in_the_report", () => {
  const result = { rows: [["<b>", "&"]], broken: ["<script>"], figures: {} } as const;
  const html = htmlReport({ profile: "p", began: "now", machine: "m", result, samples: [] });
  expect(html).toContain("&lt;script&gt;");
  expect(html).not.toContain("<script>");
});

test("the_table_of_a_run_says_what_each_fault_is_and_leaves_the_words_around_it", () => {
  const folder = mkdtempSync(join(tmpdir(), "sb-report-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "page.md");
  writeFileSync(file, "before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n");
  const result = { rows: [["redis-kill", "held"]], broken: ["ami-cut: a | b:\n  c\n"], figures: {} } as const;
  rewriteReliability(file, {
    profile: "faults",
    began: "2026-11-02T10:00:00Z",
    machine: "m",
    result,
    samples: [],
  });
  const text = readFileSync(file, "utf8");
  expect(text).toContain("| `redis-kill`: kill -9, empty on its return after 1.5 s | held |");
  expect(text).toContain("| **broken** | ami-cut: a \\| b: / c |");
  expect(text).toMatch(/^before\n/);
  expect(text).toMatch(/after\n$/);
  expect(text).not.toContain("old");
});
