/**
 * Every country's numbers, as its carriers may deliver them: the static dialplan finds the number that a step would have
 * found, or a call without a decision is lost.
 */
import { type CountryCode, getCountries, getExampleNumber } from "libphonenumber-js/max";
import { describe, expect, test } from "vitest";
import examples from "../../node_modules/libphonenumber-js/examples.mobile.json" with { type: "json" };
import { renderFallbacks } from "../../src/config/render/fallback.ts";
import { ownerOfInbound } from "../../src/core/callflow/whose-call.ts";
import { readDid } from "../../src/core/number/did.ts";
import type { Switch } from "../../src/core/snapshot/snapshot.ts";
import { snapshotWith, trunkWith } from "../builders.ts";

const numbers = getCountries().flatMap((country) => {
  const number = getExampleNumber(country, examples as Parameters<typeof getExampleNumber>[1]);
  return number === undefined ? [] : [{ country, number }];
});

const BEGINS = /"\$\{SB_DIGITS:0:(\d+)\}" = "([^"]*)"/;

/** Goes through `sb-fallback` as Asterisk does: each line that sets a reading, and the one behind it that looks for it. */
function foundIn(dialplan: string, dialled: string, trunk = ""): string | null {
  const digits = dialled.replace(/[^0-9]/g, "");
  const [, context = ""] = /\[sb-fallback\]\n([\s\S]*?)\n\n/.exec(dialplan) ?? [];
  let reading = "";
  const [, writes = ""] =
    new RegExp(`SB_FROM}" = "${trunk}"\\]\\?Set\\(SB_WRITES=(.*)\\)\\)`).exec(context) ?? [];
  for (const line of context.split("\n")) {
    const [, set] = /Set\(SB_TRY_DID=(.*)\)$/.exec(line) ?? [];
    if (set !== undefined)
      reading = set
        .replace(/\$\{SB_DIGITS:(\d+)\}/, (_, from: string) => digits.slice(Number(from)))
        .replace("${SB_DIGITS}", digits);
    else if (line.includes("GotoIf($[") && line.endsWith("?found)")) {
      const [, length = "0", beginning = ""] = BEGINS.exec(line) ?? [];
      const [, only = writes] = /"\$\{SB_WRITES\}" = "(.*?)"/.exec(line) ?? [];
      const applies = digits.slice(0, Number(length)) === beginning && only === writes;
      if (applies && dialplan.includes(`exten => ${reading},1,Goto(`)) return `+${reading}`;
    }
  }
  return null;
}

/** What nobody but a caller in Argentina dials: 15 behind the area code, for the 9 behind the country's. */
const AT_HOME_ALONE: ReadonlySet<CountryCode> = new Set(["AR"]);

describe.each(numbers)("$country", ({ country, number }) => {
  test("is_found_without_a_decision_as_with_one", () => {
    const dialplan = renderFallbacks(
      snapshotWith({
        tenants: { apex: { dids: { [number.number]: "main" } } },
        trunks: [trunkWith("pool_a", { country })],
        system: { country },
      }),
      { server: "ast1" } as Switch,
    );
    const national = AT_HOME_ALONE.has(country) ? [] : [number.formatNational()];
    const digits = number.number.slice(1);
    for (const text of [number.number, digits, `00${digits}`, number.nationalNumber, ...national]) {
      const dialled = text.replace(/[^+0-9]/g, "");
      const { did } = readDid(dialled, { country, prefix: "" }, (each) => each === number.number);
      expect([dialled, did]).toEqual([dialled, number.number]);
      expect([dialled, foundIn(dialplan, dialled)]).toEqual([dialled, did]);
    }
  });

  test("is_the_client's_by_whose_trunk_it_comes_where_it_is_another's_on_another_trunk", () => {
    const other = `+1${number.nationalNumber}`;
    if (country === "US" || number.countryCallingCode === "1" || !/^\+1[0-9]{6,14}$/.test(other)) return;
    const snapshot = snapshotWith({
      tenants: { apex: { dids: { [number.number]: "main" } }, beta: { dids: { [other]: "main" } } },
      trunks: [trunkWith("here", {}), trunkWith("there", { country })],
      system: { country: "US" },
    });
    const dialplan = renderFallbacks(snapshot, { server: "ast1" } as Switch);
    for (const name of ["here", "there"]) {
      const trunk = snapshot.trunks.get(name) ?? null;
      for (const dialled of [number.number, other, number.nationalNumber]) {
        const owner = ownerOfInbound(dialled, trunk, snapshot);
        // What a step would have refused may have a fallback all the same.
        if (!("did" in owner)) continue;
        const { did } = owner.did;
        expect([name, dialled, foundIn(dialplan, dialled, name)]).toEqual([name, dialled, did]);
      }
    }
  });
});
