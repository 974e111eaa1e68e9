import fc from "fast-check";
import { getCountries, getExampleNumber, type PhoneNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { describe, expect, test } from "vitest";
import { type Caller, callerText, readCaller } from "../../../../src/core/number/caller.ts";
import { type CallerList, isListed } from "../../../../src/core/number/caller-list.ts";
import { isE164 } from "../../../../src/core/number/e164.ts";
import { e164 } from "../../../builders.ts";

describe("readCaller", () => {
  test.each([
    ["+12125550100", "US", "+12125550100"],
    ["12125550100", "US", "+12125550100"],
    ["2125550100", "US", "+12125550100"],
    [" +1 (212) 555-0100 ", "US", "+12125550100"],
    ["212.555.0100", "US", "+12125550100"],
    ["02079460000", "GB", "+442079460000"],
    ["030 / 123456", "DE", null],
    ["00493 0123456", "DE", "+4930123456"],
    ["442079460000", "US", "+442079460000"],
    ["12125550100", "GB", "+12125550100"],
    ["491701234567", "DE", "+491701234567"],
    ["+49 (0)170 1234567", "DE", "+491701234567"],
  ])("%j in %s is %s", (text, country, number) => {
    const caller = readCaller(text, country);
    expect(caller.kind === "number" ? caller.number : null).toBe(number);
  });

  test.each([
    "",
    " ",
    "anonymous",
    "Anonymous",
    "RESTRICTED",
    "private",
    "unavailable ",
    "unknown",
    "asterisk",
  ])("withheld %j", (text) => {
    expect(readCaller(text, "US")).toEqual({ kind: "anonymous" });
  });

  test("written_with_00_as_carriers_from_elsewhere_do", () => {
    expect(readCaller("00442079460000", "US")).toEqual({ kind: "number", number: "+442079460000" });
    expect(readCaller("0014155550101", "US")).toEqual({ kind: "number", number: "+14155550101" });
    // People dial 0011 there, and a carrier's code behind 00 there.
    expect(readCaller("0061412345678", "AU")).toEqual({ kind: "number", number: "+61412345678" });
    expect(readCaller("005511961234567", "BR")).toEqual({ kind: "number", number: "+5511961234567" });
  });

  test.each([
    ["sip:mallory@example.org", "sip?mallory@example.org"],
    ["../../etc/passwd", "..?..?etc?passwd"],
    ["\r\nAction: Originate", "Action??Originate"],
    ["$" + "{SHELL(id)}", "??SHELL?id??"],
    ["911", "911"],
    ["+", "+"],
    ["0".repeat(60), "0".repeat(40)],
    ["\u202e0010555", "?0010555"],
    ["٢١٢٥٥٥٠١٠٠", "??????????"],
  ])("malformed %j is kept as %j", (text, kept) => {
    expect(readCaller(text, "US")).toEqual({ kind: "malformed", text: kept });
  });

  test("whatever_was_sent_what_is_kept_is_safe_and_short", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.string()), (text) => {
        const caller = readCaller(text, "US");
        expect(callerText(caller)).toMatch(/^[A-Za-z0-9+*#_.@?-]{1,40}$/);
        if (caller.kind === "number") expect(isE164(caller.number)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

/** One mobile phone of every country that the library has one of. */
const MOBILES = getCountries().flatMap((country) => getExampleNumber(country, examples) ?? []);

describe("a mobile phone of every country on a trunk of its own", () => {
  test.each<[string, (phone: PhoneNumber) => string]>([
    ["with_plus", ({ number }) => number],
    ["with_its_code_and_no_plus", ({ number }) => number.slice(1)],
    ["with_00", ({ number }) => `00${number.slice(1)}`],
    ["as_it_is_dialled_there", (phone) => phone.formatNational().replace(/[^0-9]/g, "")],
    ["without_what_is_dialled_in_front", ({ nationalNumber }) => nationalNumber],
  ])("%s", (_name, write) => {
    expect(MOBILES.length).toBeGreaterThan(200);
    for (const phone of MOBILES) {
      const text = write(phone);
      const read = callerText(readCaller(text, phone.country ?? ""));
      expect(read, `${text} in ${phone.country}`).toBe(phone.number);
    }
  });
});

describe("callerText", () => {
  test("shows_each_kind", () => {
    expect(callerText({ kind: "number", number: e164("+12125550100") })).toBe("+12125550100");
    expect(callerText({ kind: "anonymous" })).toBe("anonymous");
    expect(callerText({ kind: "malformed", text: "911" })).toBe("911");
  });
});

describe("caller lists", () => {
  const number = (text: string): Caller => ({ kind: "number", number: e164(text) });
  const list: CallerList = {
    numbers: new Set(["+12125550100"]),
    prefixes: ["+1900", "+44"],
    anonymous: false,
  };

  test.each<[string, Caller, boolean]>([
    ["number_on_it", number("+12125550100"), true],
    ["number_one_digit_off", number("+12125550101"), false],
    ["number_that_a_listed_one_begins", number("+121255501000"), false],
    ["prefix", number("+19005550100"), true],
    ["second_prefix", number("+442079460000"), true],
    ["prefix_one_digit_short_of_it", number("+18995550100"), false],
    ["prefix_in_the_middle", number("+11900555010"), false],
    ["anonymous_where_not_listed", { kind: "anonymous" }, false],
    ["malformed_never", { kind: "malformed", text: "+12125550100" }, false],
  ])("%s", (_name, caller, expected) => {
    expect(isListed(list, caller)).toBe(expected);
  });

  test("anonymous_where_listed", () => {
    expect(isListed({ ...list, anonymous: true }, { kind: "anonymous" })).toBe(true);
  });

  test("an_empty_list_has_nobody", () => {
    const nobody: CallerList = { numbers: new Set(), prefixes: [], anonymous: false };
    expect(isListed(nobody, number("+12125550100"))).toBe(false);
  });
});
