import { expect, test } from "vitest";
import { judge, ratio, spread } from "../../../load/bench/finding.ts";
import { htmlReport } from "../../../load/run/html.ts";
import { drawFaults } from "../../../load/run/profiles/faults.ts";

test("the_same_seed_draws_the_same_faults", () => {
  expect(drawFaults(7, 50)).toEqual(drawFaults(7, 50));
  expect(drawFaults(7, 50)).not.toEqual(drawFaults(8, 50));
});

test("fifty_faults_hit_every_part", () => {
  expect(new Set(drawFaults(7, 50).map(({ part }) => part)).size).toBe(3);
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
