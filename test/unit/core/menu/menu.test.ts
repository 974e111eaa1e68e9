import { describe, expect, test } from "vitest";
import { answerMenu, choicePrefixes } from "../../../../src/core/menu/menu.ts";
import { menuWith, path } from "../../../builders.ts";

const menu = menuWith({
  attempts: 3,
  choices: new Map([
    ["1", path("menus.welcome.choices.1")],
    ["12", path("menus.welcome.choices.12")],
    ["0", path("menus.welcome.choices.0")],
    ["*", path("menus.welcome.choices.*")],
    ["#", path("menus.welcome.choices.#")],
  ]),
});

describe("answerMenu", () => {
  test.each(["1", "12", "0", "*", "#"])("choice %s is taken", (digits) => {
    for (const attempt of [1, 3]) {
      expect(answerMenu(menu, { digits }, attempt)).toEqual({
        kind: "chosen",
        target: `menus.welcome.choices.${digits}`,
        choice: digits,
      });
    }
  });

  test.each([
    ["wrong_digit", { digits: "9" }, "invalid"],
    ["wrong_second_digit", { digits: "13" }, "invalid"],
    ["choice_with_one_digit_too_many", { digits: "121" }, "invalid"],
    ["time_out", { timedOut: true } as const, "silent"],
    ["no_digits", { digits: "" }, "silent"],
    ["name_of_a_method", { digits: "constructor" }, "invalid"],
  ])("%s", (_name, input, because) => {
    expect(answerMenu(menu, input, 1)).toEqual({ kind: "again", attempt: 2, because });
    expect(answerMenu(menu, input, 2)).toEqual({ kind: "again", attempt: 3, because });
    expect(answerMenu(menu, input, 3)).toEqual({ kind: "exhausted", target: menu.exhausted, because });
  });

  test("one_attempt_is_exhausted_at_once", () => {
    expect(answerMenu({ ...menu, attempts: 1 }, { digits: "9" }, 1).kind).toBe("exhausted");
  });

  test("an_attempt_beyond_the_last_is_exhausted", () => {
    expect(answerMenu({ ...menu, attempts: 2 }, { timedOut: true }, 7).kind).toBe("exhausted");
  });
});

describe("choicePrefixes", () => {
  test.each([
    [[], []],
    [["1", "2", "*"], []],
    [["1", "12"], ["1"]],
    [
      ["123", "129", "4"],
      ["1", "12"],
    ],
    [
      ["*21", "#"],
      ["*", "*2"],
    ],
    [["2", "10", "1"], ["1"]],
  ])("%j → %j", (choices, prefixes) => {
    expect(choicePrefixes(choices)).toEqual(prefixes);
  });
});
