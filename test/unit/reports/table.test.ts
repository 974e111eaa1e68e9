import { describe, expect, test } from "vitest";
import { monthIn } from "../../../src/reports/month.ts";
import { csvLine, TextTable, textTable } from "../../../src/reports/table.ts";

describe("a line of CSV", () => {
  test.each([
    ["=1+1", "'=1+1"],
    [" =1+1", "' =1+1"],
    ["\n=1+1", '"\'\n=1+1"'],
    ["-1", "'-1"],
    ["@x", "'@x"],
    ["＝1", "'＝1"],
    ["+1+cmd", "'+1+cmd"],
    ["+12125550100", "+12125550100"],
    [-5, "-5"],
    ['a "b", c', '"a ""b"", c"'],
    [null, ""],
  ])("%j_becomes_%j", (cell, text) => {
    expect(csvLine([cell])).toBe(text);
  });
});

describe("a table that comes in pieces", () => {
  const columns = [
    { title: "a", cell: (row: readonly string[]) => row[0] ?? "" },
    { title: "b", cell: (row: readonly string[]) => row[1] ?? "", right: true },
  ];

  test("has_one_head_and_columns_that_never_get_narrower", () => {
    const table = new TextTable(columns);
    expect(table.add([["long", "1"]])).toEqual(["a     b", "long  1"]);
    expect(table.add([["x", "22"]])).toEqual(["x     22"]);
    expect(table.add([["y", "3"]])).toEqual(["y      3"]);
  });

  test("is_the_same_as_one_at_once_when_the_first_piece_has_it_all", () => {
    const rows = [
      ["one", "1"],
      ["three", "333"],
    ];
    expect(new TextTable(columns).add(rows)).toEqual(textTable(columns, rows));
  });
});

describe("a month", () => {
  test("that_begins_in_the_hour_summer_time_leaves_out_ends_at_midnight", () => {
    const month = monthIn("2023-10", "America/Asuncion");
    expect(month?.from).toBe(Date.parse("2023-10-01T04:00:00Z"));
    expect(month?.to).toBe(Date.parse("2023-11-01T03:00:00Z"));
  });

  test("begins_where_the_one_before_ends_also_at_a_midnight_that_comes_twice", () => {
    const midnight = Date.parse("2026-11-01T04:00:00Z");
    expect(monthIn("2026-10", "America/Havana")?.to).toBe(midnight);
    expect(monthIn("2026-11", "America/Havana")?.from).toBe(midnight);
  });
});
