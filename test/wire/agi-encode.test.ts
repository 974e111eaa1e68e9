import { describe, expect, test } from "vitest";
import { percentDecode } from "../../src/agi/codec.ts";
import { encodeMSets, percentEncode } from "../../src/agi/encode.ts";

const withCode = (code: string) => expect.objectContaining({ name: "AgiProtocolError", code });

/** What takes one command only. */
function encodeMSet(pairs: Parameters<typeof encodeMSets>[0]): string {
  const [line = "", ...more] = encodeMSets(pairs);
  expect(more).toEqual([]);
  return line;
}

describe("encodeMSets", () => {
  test("one_line_in_order", () => {
    const line = encodeMSet([
      ["CHANNEL(accountcode)", "apex"],
      ["__SB_TENANT", "apex"],
      ["SB_PROMPT", 'all agents, "busy" (now)'],
      ["SB_ACTION", "announce"],
    ]);
    expect(line).toBe(
      'EXEC MSet "CHANNEL(accountcode)=apex,__SB_TENANT=apex,' +
        'SB_PROMPT=all%20agents%2C%20%22busy%22%20%28now%29,SB_ACTION=announce"\n',
    );
  });

  test.each([
    "SB_X",
    "_SB_X",
    "__SB_X",
    "CHANNEL(accountcode)",
    "CHANNEL(peeraccount)",
    "CHANNEL(language)",
    "TIMEOUT(absolute)",
  ])("takes_the_name %s", (name) => {
    expect(encodeMSet([[name, "1"]])).toBe(`EXEC MSet "${name}=1"\n`);
  });

  test.each([
    "",
    "___X",
    "1X",
    "X Y",
    "X=Y",
    "X,Y",
    'X"',
    "X\n",
    "X\\",
    "${X}",
    "SHELL(id)",
    "FILE(/etc/passwd)",
    "CHANNEL(accountcode",
    "CHANNEL(hangup_handler_push)",
    "CALLERID(num)",
    "TIMEOUT(absolute)X",
    "Ä",
  ])("refuses_the_name %j", (name) => {
    expect(() => encodeMSet([[name, "1"]])).toThrow(withCode("agi_bad_name"));
  });

  test.each(["a\nb", "a\rb", "a\0b", "\ud800"])("refuses_the_value %j", (value) => {
    expect(() => encodeMSet([["X", value]])).toThrow(withCode("agi_bad_value"));
  });

  test("refuses_for_a_function_what_nothing_would_decode", () => {
    expect(() => encodeMSet([["CHANNEL(accountcode)", "a b"]])).toThrow(withCode("agi_bad_value"));
    expect(encodeMSet([["CHANNEL(accountcode)", "+12125550100"]])).toContain("=+12125550100");
  });

  test("an_error_never_shows_the_value", () => {
    expect(() => encodeMSet([["X", "4929\n1"]])).toThrow(/^X: (?!.*4929)/);
  });

  test("line_of_2000_bytes_and_one_more", () => {
    const filler = 2000 - 'EXEC MSet "X="\n'.length;
    expect(encodeMSet([["X", "a".repeat(filler)]])).toHaveLength(2000);
    expect(() => encodeMSet([["X", "a".repeat(filler + 1)]])).toThrow(withCode("agi_line_too_long"));
  });

  test("what_is_too_long_for_one_line_comes_in_two_and_the_last_is_as_full_as_can_be", () => {
    const long = (name: string) => [name, "a".repeat(900)] as const;
    const lines = encodeMSets([["A", "1"], long("B"), long("C"), long("D"), ["E", "2"]]);
    expect(lines.map((line) => line.replace(/a{900}/g, "…"))).toEqual([
      'EXEC MSet "A=1,B=…"\n',
      'EXEC MSet "C=…,D=…,E=2"\n',
    ]);
  });

  test("each_pair_too_long_for_another_beside_it_has_a_line", () => {
    const pairs = ["A", "B", "C"].map((name) => [name, "a".repeat(1900)] as const);
    expect(encodeMSets(pairs).map((line) => line.slice(11, 13))).toEqual(["A=", "B=", "C="]);
  });

  test("a_pair_too_long_for_any_line_is_refused_among_others", () => {
    expect(() => encodeMSets([["A", "a".repeat(1999)] as const, ["B", "1"]])).toThrow(
      withCode("agi_line_too_long"),
    );
  });

  test("99_variables_and_one_more", () => {
    const pairs = (count: number) => Array.from({ length: count }, (_, at) => [`V${at}`, "1"] as const);
    expect(encodeMSet(pairs(99))).toContain("V98=1");
    expect(() => encodeMSet(pairs(100))).toThrow(withCode("agi_too_many_variables"));
    expect(() => encodeMSet([])).toThrow(withCode("agi_too_many_variables"));
  });
});

describe("percent", () => {
  test("leaves_the_safe_letters", () => {
    const safe = "ABCXYZabcxyz0189_.:/@+*#&=-";
    expect(percentEncode(safe)).toBe(safe);
  });

  test("escapes_every_other_ascii_byte", () => {
    const escaped = percentEncode(" !\"$%'(),;<>?[\\]^`{|}~\x7f\t");
    expect(escaped).toBe("%20%21%22%24%25%27%28%29%2C%3B%3C%3E%3F%5B%5C%5D%5E%60%7B%7C%7D%7E%7F%09");
  });

  test("escapes_utf_8", () => {
    expect(percentEncode("Zoë 📞")).toBe("Zo%C3%AB%20%F0%9F%93%9E");
    expect(percentDecode("Zo%c3%ab%20%F0%9F%93%9E")).toBe("Zoë 📞");
  });

  test.each(["%", "a%2", "%zz", "%%41", "%C3", "%C0%80", "%ED%A0%80", "%FF"])("refuses %s", (text) => {
    expect(() => percentDecode(text)).toThrow(withCode("agi_bad_escape"));
  });

  test("a_plus_stays_a_plus", () => {
    expect(percentDecode("+1")).toBe("+1");
  });
});
