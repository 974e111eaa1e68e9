import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DoNotCallBook, type NumberSource } from "../../../src/calls/do-not-call.ts";
import { NumberSet, sortKeys } from "../../../src/calls/number-set.ts";
import { NumberLines } from "../../../src/core/number/number-lines.ts";
import { e164, tenantId } from "../../builders.ts";

const apex = tenantId("apex");
const gamma = tenantId("gamma");

function read(text: string, country = "US") {
  const keys: number[] = [];
  const lines = new NumberLines(country, (key) => keys.push(key));
  for (const byte of new TextEncoder().encode(text)) lines.push(Uint8Array.of(byte));
  return { bad: lines.end(), keys };
}

describe("lines", () => {
  test.each([
    ["+12125550100", 12125550100],
    ["2125550100", 12125550100],
    ["1-212-555-0100", 12125550100],
    ["(212) 555.0100", 12125550100],
    ["212,5550100", 12125550100],
    ['"2125550100"', 12125550100],
    ["+442071838750 # asked on 2026-03-01", 442071838750],
    ["011442071838750", 442071838750],
    ["\ufeff+12125550100", 12125550100],
    ["212\u00a0555\u00a00100", 12125550100],
    ["+44 (0)20 7183 8750", 442071838750],
    ["+44 (020) 7183 8750", 442071838750],
    ["+44 020 7183 8750", 442071838750],
    ["+4901701234567", 491701234567],
    ["+390612345678", 390612345678],
    ["+7 8 912 345-67-89", 79123456789],
    ["+54 11 15 2345 6789", 5491123456789],
    ["00442071838750", 442071838750],
    ["(212)/555-0100", 12125550100],
  ])("%s", (line, key) => {
    expect(read(`${line}\r\n`)).toEqual({ keys: [key], bad: { count: 0, first: [] } });
  });

  test("empty_lines_and_comments_are_nothing", () => {
    expect(read("# list\n\n \n+12125550100").keys).toEqual([12125550100]);
  });

  test("a_heading_and_a_byte_order_mark_are_nothing", () => {
    const numbers = { keys: [12125550100], bad: { count: 0, first: [] } };
    expect(read("phone_number\n2125550100\n")).toEqual(numbers);
    expect(read("\ufeff2125550100\n")).toEqual(numbers);
    expect(read("\ufeffphone\n2125550100\n")).toEqual(numbers);
    expect(read("2125550100\nphone\n").bad).toEqual({ count: 1, first: [2] });
    expect(read("line 1\n2125550100\n").bad).toEqual({ count: 1, first: [1] });
  });

  test("what_is_no_number_is_counted_and_its_line_named", () => {
    const { keys, bad } = read("+12125550100\nJohn Doe\n123\n+123456789012345678\n");
    expect(keys).toEqual([12125550100]);
    expect(bad).toEqual({ count: 3, first: [2, 3, 4] });
  });

  test("national_forms_are_those_of_the_country", () => {
    expect(read("02071838750", "GB").keys).toEqual([442071838750]);
    expect(read("0061412345678", "AU").keys).toEqual([61412345678]);
  });
});

describe("a set", () => {
  test("has_what_was_put_in_and_nothing_else", () => {
    const numbers = Array.from({ length: 1000 }, (_, index) => 12125550000 + index * 3);
    const set = new NumberSet(sortKeys(Float64Array.from([...numbers, ...numbers].reverse())));
    expect(set.size).toBe(1000);
    for (const number of numbers) {
      expect(set.has(`+${number}`)).toBe(true);
      expect(set.has(`+${number + 1}`)).toBe(false);
    }
    expect(set.has("+12125549999")).toBe(false);
    expect(set.has("+999999999999999")).toBe(false);
  });

  test("without_numbers_has_none", () => {
    expect(new NumberSet(new Float64Array(0)).has("+12125550100")).toBe(false);
  });
});

describe("the lists", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dnc-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function source(tenant: NumberSource["tenant"], text: string): Promise<NumberSource> {
    const file = join(folder, `${tenant ?? "system"}.txt`);
    await writeFile(file, text);
    return { tenant, file, country: "US" };
  }

  test("hold_for_one_client_or_for_all", async () => {
    const book = new DoNotCallBook();
    await book.load([await source(null, "+13125550100\n"), await source(apex, "2125550100\n")]);
    expect(book.listed(apex, e164("+12125550100"))).toBe("tenant");
    expect(book.listed(gamma, e164("+12125550100"))).toBeNull();
    expect(book.listed(gamma, e164("+13125550100"))).toBe("system");
  });

  test("are_read_again_only_when_they_changed", async () => {
    const book = new DoNotCallBook();
    const system = await source(null, "+13125550100\n");
    expect(await book.load([system])).toMatchObject([{ read: true, numbers: 1 }]);
    expect(await book.load([system])).toMatchObject([{ read: false, numbers: 1 }]);
    await source(null, "+13125550100\n+13125550101\nnobody\n");
    expect(await book.load([system])).toMatchObject([
      { read: true, numbers: 2, bad: { count: 1, first: [3] } },
    ]);
  });

  test("hold_what_they_held_while_their_file_is_written_anew", async () => {
    let now = 0;
    const book = new DoNotCallBook(() => now);
    const on = () => ["+13125550100", "+13125550101"].map((each) => book.listed(gamma, e164(each)));
    await book.load([await source(null, "+13125550100\n")]);
    await book.load([await source(null, "")]);
    expect(on()).toEqual(["system", null]);
    now = 60_000;
    await book.load([await source(null, "+13125550101\n")]);
    expect(on()).toEqual(["system", "system"]);
    now = 359_999;
    expect(on()).toEqual(["system", "system"]);
    now = 360_000;
    expect(on()).toEqual([null, "system"]);
  });

  test("let_go_at_once_of_single_numbers", async () => {
    const book = new DoNotCallBook();
    await book.load([await source(null, "+13125550100\n+13125550101\n")]);
    await book.load([await source(null, "+13125550101\n")]);
    expect(book.listed(gamma, e164("+13125550100"))).toBeNull();
    expect(book.listed(gamma, e164("+13125550101"))).toBe("system");
  });

  test("let_go_of_a_number_though_their_file_changes_all_the_time", async () => {
    let now = 0;
    const book = new DoNotCallBook(() => now);
    await book.load([await source(null, "+13125550100\n+13125550102\n+13125550103\n")]);
    const listed = () => book.listed(gamma, e164("+13125550100"));
    for (let minute = 4; minute <= 36; minute += 4) {
      now = minute * 60_000;
      await book.load([await source(null, "+13125550101\n".repeat(minute))]);
      expect([minute, listed()]).toEqual([minute, minute < 34 ? "system" : null]);
    }
  }, 60_000);

  test("are_others_at_once_where_the_configuration_names_another_file", async () => {
    const book = new DoNotCallBook();
    await book.load([await source(null, "+13125550100\n")]);
    const other = await source(apex, "+13125550101\n");
    await book.load([{ ...other, tenant: null }]);
    expect(book.listed(gamma, e164("+13125550100"))).toBeNull();
    expect(book.listed(gamma, e164("+13125550101"))).toBe("system");
    await book.load([]);
    expect(book.listed(gamma, e164("+13125550101"))).toBeNull();
  });

  test("keep_their_content_when_one_cannot_be_read", async () => {
    const book = new DoNotCallBook();
    const system = await source(null, "+13125550100\n");
    await book.load([system]);
    const missing = { ...system, tenant: apex, file: join(folder, "missing.txt") };
    await expect(book.load([missing])).rejects.toMatchObject({ code: "do_not_call_unreadable" });
    expect(book.listed(gamma, e164("+13125550100"))).toBe("system");
  });
});
