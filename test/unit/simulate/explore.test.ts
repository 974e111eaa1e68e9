import { describe, expect, test } from "vitest";
import { treeJson, treeMermaid, treeText } from "../../../src/simulate/explore/draw.ts";
import { explore } from "../../../src/simulate/explore/tree.ts";
import { e164, hoursWith, menuWith, path, snapshotWith, type WrittenTenant } from "../../builders.ts";

const apex: WrittenTenant = {
  name: "Apex",
  dids: { "+12125550100": { route: "main", label: "Claims #1" } },
  plan: {
    targets: {
      "routes.main": {
        type: "hours",
        hours: "office",
        open: path("routes.main.open"),
        closed: path("routes.main.closed"),
        holiday: path("routes.main.closed"),
      },
      "routes.main.open": { type: "menu", menu: "top" },
      "routes.main.closed": { type: "announce", prompt: "closed", then: null },
      "menus.top.choices.1": { type: "queue", queue: "claims", waitSeconds: 60, timeout: path("routes.box") },
      "menus.top.choices.2": {
        type: "dial",
        endpoint: "PJSIP/100",
        ringSeconds: 20,
        noAnswer: path("routes.box"),
        busy: null,
      },
      "menus.top.choices.*": { type: "menu", menu: "top" },
      "menus.top.exhausted": { type: "route", route: "box" },
      "routes.box": { type: "voicemail", mailbox: "100", greeting: "busy" },
    },
    menus: {
      top: menuWith({
        prompt: "welcome",
        choices: new Map(["1", "2", "*"].map((key) => [key, path(`menus.top.choices.${key}`)])),
        exhausted: path("menus.top.exhausted"),
      }),
    },
    hours: { office: hoursWith() },
  },
};

function treeOf(tenant: WrittenTenant) {
  const tree = explore(snapshotWith({ tenants: { apex: tenant } }), e164("+12125550100"));
  if (tree === null) throw new Error("nobody owns the number");
  return tree;
}

describe("text", () => {
  test("every_way_is_drawn_and_a_place_only_once", () => {
    expect(treeText(treeOf(apex)).split("\n")).toEqual([
      "+12125550100 Claims #1 (Apex)",
      "├─ hours office",
      "│  ├─ open: menu top, plays welcome",
      "│  │  ├─ key 1: queue claims",
      "│  │  │  └─ timeout: voicemail 100",
      "│  │  ├─ key 2: dial PJSIP/100",
      "│  │  │  └─ no answer or busy: ↑ voicemail 100",
      "│  │  ├─ key *: ↑ menu top, plays welcome",
      "│  │  └─ no valid key in 3 attempts: ↑ voicemail 100",
      "│  └─ closed or holiday: announce closed",
      "│     └─ then: hangs up with cause 16",
      "└─ all channels in use: hangs up with cause 17",
      "",
    ]);
  });

  test("callers_with_ways_of_their_own_are_drawn", () => {
    const list = { numbers: new Set<string>(), prefixes: [], anonymous: true };
    const text = treeText(
      treeOf({
        ...apex,
        blockedCallers: { list, then: path("routes.main.closed") },
        vipCallers: { list, route: "box" },
        fallback: path("routes.box"),
      }),
    );
    expect(text).toContain("├─ VIP caller: ↑ voicemail 100");
    expect(text).toContain("├─ blocked caller: ↑ announce closed");
    expect(text).toContain("└─ no decision: ↑ voicemail 100");
  });
});

test("json_names_a_place_that_is_drawn_elsewhere", () => {
  const text = JSON.stringify(treeJson(treeOf(apex)));
  expect(text).toContain('{"label":"key *","to":{"see":"menus.top"}}');
  expect(text).toContain('{"label":"timeout","to":{"id":"routes.box","title":"voicemail 100","ways":[]}}');
});

test("mermaid_has_one_box_per_place_and_quotes_what_it_would_read", () => {
  const lines = treeMermaid(treeOf(apex)).split("\n");
  expect(lines[0]).toBe("flowchart TD");
  expect(lines).toContain('  n0["+12125550100 Claims #35;1 (Apex)"]');
  expect(lines.filter((line) => line.includes('["voicemail 100"]'))).toHaveLength(1);
  expect(lines).toContain('  n2 -->|"key *"| n2');
});

test("routes_that_lead_to_each_other_come_to_an_end", () => {
  const plan = {
    targets: {
      "routes.main": { type: "route", route: "other" },
      "routes.other": { type: "route", route: "main" },
    },
  } as const;
  expect(treeText(treeOf({ ...apex, plan }))).toContain("route main\n│     └─ ↑ route other\n");
});

test("a_number_that_is_nobody's_has_no_tree", () => {
  expect(explore(snapshotWith({ tenants: { apex } }), e164("+12125550199"))).toBeNull();
});
