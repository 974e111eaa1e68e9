import { join } from "node:path";
import { expect, test } from "vitest";
import { fileToWrite, firstPort, reportToWrite } from "../../../load/flags.ts";

test.each(["1024", "25000", "39100", "50000", "64636"])("a_run_may_have_the_900_ports_from_%s", (text) => {
  expect(firstPort(text)).toBe(Number(text));
});

test.each(["0", "1023", "39101", "40000", "49999", "64637", "x", "2.5", ""])(
  "but_not_those_from_%j",
  (text) => {
    expect(() => firstPort(text)).toThrow(/port/);
  },
);

test("what_is_written_at_the_end_of_a_run_is_looked_at_before_it", () => {
  const docs = join(import.meta.dirname, "../../../docs");
  expect(fileToWrite(join(docs, "new.json"))).toBe(join(docs, "new.json"));
  expect(() => fileToWrite(join(docs, "nowhere/new.json"))).toThrow("its folder is not there");
  expect(reportToWrite(join(docs, "BENCHMARKS.md"))).toBe(join(docs, "BENCHMARKS.md"));
  expect(() => reportToWrite(join(docs, "glossary.md"))).toThrow("no place for the table");
  expect(() => reportToWrite(join(docs, "none.md"))).toThrow("it is not there");
});
