import { describe, expect, test } from "vitest";
import { renderDialler } from "../../../src/config/render/dialler.ts";
import { renderFallbacks } from "../../../src/config/render/fallback.ts";
import type { Switch, Vicidial } from "../../../src/core/snapshot/snapshot.ts";
import { snapshotWith } from "../../builders.ts";

const vicidial: Vicidial = {
  database: null,
  lookUpAll: false,
  doNotCall: false,
  passUnknownDids: false,
  failOpen: false,
  fastagi: "10.0.0.7:4577",
  dialPrefix: null,
};
const target: Switch = {
  ...{ server: "ast1", ami: "127.0.0.1:5038", username: "signalbox", secret: "x", version: "22" },
  ...{ technology: "pjsip", addresses: ["127.0.0.1"], cdr: null },
};
const snapshot = (link: Partial<Vicidial> | null) =>
  snapshotWith({
    system: { vicidial: link === null ? null : { ...vicidial, ...link } },
    tenants: { apex: { dids: { "+12125550100": "main" } } },
  });

describe("the dialler's contexts", () => {
  test("are_there_with_a_vicidial_only", () => {
    expect(renderDialler(snapshot(null))).toBe("");
    expect(renderDialler(snapshot({}))).toContain("agi://10.0.0.7:4577/call_log)");
  });

  test("never_touch_the_name_of_the_caller_and_never_tell_34", () => {
    const text = renderDialler(snapshot({}));
    expect(text).not.toMatch(/Set\(CALLERID\(/);
    expect(text).not.toMatch(/Hangup\((34|38)\)|Congestion\(/);
  });

  test("what_carriers_fail_with_is_told_as_42", () => {
    const [, condition = ""] =
      /n\(tried\),Hangup\(\$\{IF\(\$\[(.*?)\]\?42:/.exec(renderDialler(snapshot({}))) ?? [];
    expect(condition.split(" | ")).toEqual(
      ["18", "34", "38", "102"].map((cause) => `"\${SB_CAUSE}" = "${cause}"`),
    );
  });

  test("a_phone_whose_name_begins_with_V_is_no_machine", () => {
    const [, entry = ""] = /\[signalbox-dialler\]\n([\s\S]*?)\n\n/.exec(renderDialler(snapshot({}))) ?? [];
    expect(entry).toContain('"${CHANNEL(name):0:6}" = "Local/" & ${LEN(${CALLERID(name)})} = 20');
    expect(entry.indexOf("SB_MACHINE=yes")).toBeLessThan(entry.indexOf("?sb-outbound,"));
  });

  test("an_automatic_call_is_refused_before_call_log_and_an_agent's_after_it", () => {
    const [, hangup = ""] = /exten => hangup,1,([\s\S]*?)exten => i/.exec(renderDialler(snapshot({}))) ?? [];
    const lines = hangup.split("\n").map((line) => line.replace(/^ same => n(\(\w+\))?,/, "").trim());
    expect(lines.indexOf("Gosub(sb-call-log,${SB_NUMBER},1)")).toBeLessThan(
      lines.indexOf("Set(DIALSTATUS=CONGESTION)"),
    );
    expect(lines.indexOf("Set(DIALSTATUS=CONGESTION)")).toBeLessThan(
      lines.indexOf("Set(DIALSTATUS=SB_REFUSED)"),
    );
    expect(lines.slice(lines.indexOf("Set(DIALSTATUS=SB_REFUSED)")).join(" ")).not.toContain("sb-call-log");
  });
});

describe("without a decision", () => {
  const way = "?trunkinbound,${SB_NUMBER},1)";
  const count = (link: Partial<Vicidial> | null) =>
    renderFallbacks(snapshot(link), target).split(way).length - 1;

  test.each<[string, Partial<Vicidial> | null, number]>([
    ["nothing goes to vicidial unless it is wanted", {}, 0],
    ["nor without one", null, 0],
    ["numbers of nobody", { passUnknownDids: true }, 1],
    ["numbers without a fallback", { failOpen: true }, 1],
    ["both", { passUnknownDids: true, failOpen: true }, 2],
  ])("%s", (_, link, ways) => {
    expect(count(link)).toBe(ways);
  });
});
