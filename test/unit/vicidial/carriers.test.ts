import { describe, expect, test } from "vitest";
import type { Vicidial } from "../../../src/core/snapshot/snapshot.ts";
import { carrierSql, carriersOf } from "../../../src/vicidial/carriers.ts";
import { renderIngroups } from "../../../src/vicidial/ingroup-contexts.ts";
import { insertRow, sqlText } from "../../../src/vicidial/sql-text.ts";
import { snapshotWith } from "../../builders.ts";

const vicidial: Vicidial = {
  database: null,
  lookUpAll: false,
  doNotCall: false,
  passUnknownDids: false,
  failOpen: false,
  fastagi: "127.0.0.1:4577",
  dialPrefix: null,
};

const snapshot = snapshotWith({
  system: { vicidial: { ...vicidial, dialPrefix: "9" } },
  tenants: {
    "apex-one": {
      name: "Apex's \\ Ünion",
      outboundPrefixes: ["71", "712"],
      vicidial: { userGroups: ["APEX"], campaigns: ["APEXOUT", "APEX2"] },
      ingroups: ["APEX_IN"],
      dids: { "+12125550100": { route: "main", vicidialDid: 17 }, "+12125550101": "main" },
    },
    beta: { outboundPrefixes: ["72"] },
  },
});

describe("carriers", () => {
  test("every_prefix_is_one_and_the_shared_one_is_cut_off", () => {
    const shown = carriersOf(snapshot).map(({ id, globals, dialplan }) => [id, globals, dialplan]);
    expect(shown).toEqual([
      [
        "SB_71",
        "SIGNALBOX_APEX_ONE_71 = signalbox-dialler",
        "exten => _71X.,1,Goto(${SIGNALBOX_APEX_ONE_71},${EXTEN},1)",
      ],
      [
        "SB_712",
        "SIGNALBOX_APEX_ONE_712 = signalbox-dialler",
        "exten => _712X.,1,Goto(${SIGNALBOX_APEX_ONE_712},${EXTEN},1)",
      ],
      [
        "SB_72",
        "SIGNALBOX_BETA_72 = signalbox-dialler",
        "exten => _72X.,1,Goto(${SIGNALBOX_BETA_72},${EXTEN},1)",
      ],
      [
        "SB_9",
        "SIGNALBOX_SHARED_9 = signalbox-dialler",
        "exten => _9X.,1,Goto(${SIGNALBOX_SHARED_9},${EXTEN:1},1)",
      ],
    ]);
  });

  test("fit_into_vicidial's_columns", () => {
    for (const { id, name, globals, userGroup } of carriersOf(snapshot)) {
      expect(id.length).toBeLessThanOrEqual(15);
      expect(name.length).toBeLessThanOrEqual(50);
      expect(name).toMatch(/^[\x20-\x7e]*$/);
      expect(globals.length).toBeLessThanOrEqual(255);
      expect(userGroup.length).toBeLessThanOrEqual(20);
    }
  });

  test("their_statements_only_touch_their_own_rows", () => {
    const sql = carrierSql(carriersOf(snapshot));
    expect(sql).toContain("DELETE FROM vicidial_server_carriers WHERE carrier_id = 'SB_71';");
    expect(sql).toContain("'Signalbox: Apex''s \\\\ ?nion'");
    expect(sql).toContain(
      "manual_dial_prefix = '71', three_way_dial_prefix = '71' WHERE campaign_id IN ('APEXOUT', 'APEX2') OR user_group IN ('APEX');",
    );
    expect(sql.match(/^UPDATE vicidial_campaigns/gm)).toHaveLength(1);
    expect(sql).not.toMatch(/DELETE FROM \w+;|UPDATE vicidial_campaigns SET [^;]*;(?<!IN \([^;]*\);)/);
  });
});

test("a_campaign_that_another_client_names_is_dialled_with_that_client's_prefix", () => {
  const both = snapshotWith({
    tenants: {
      apex: { outboundPrefixes: ["71"], vicidial: { userGroups: [], campaigns: ["APEXOUT"] } },
      beta: { outboundPrefixes: ["72"], vicidial: { userGroups: ["HOUSE"], campaigns: [] } },
    },
  });
  expect(carrierSql(carriersOf(both))).toContain(
    "WHERE (user_group IN ('HOUSE') AND NOT campaign_id IN ('APEXOUT'));",
  );
});

describe("values in statements", () => {
  test.each([
    ["it's", "'it''s'"],
    ["a\\", "'a\\\\'"],
    ["a\nb\r\0", "'a?b??'"],
    [17, "17"],
  ])("%j", (value, text) => {
    expect(sqlText(value)).toBe(text);
  });

  test("a_row_keeps_its_order", () => {
    expect(insertRow("t", { b: "x", a: 1 })).toBe("INSERT INTO t (b, a) VALUES ('x', 1);");
  });
});

test("in_groups_go_by_the_did_where_vicidial_knows_it_and_by_its_agi_elsewhere", () => {
  const text = renderIngroups(snapshot);
  expect(text).toContain(
    "[sb-vicidial-did-100]\nexten => 12125550100,1,Goto(default,99909*17*${SB_INGROUP}**DID,1)",
  );
  expect(text).not.toContain("sb-vicidial-did-101");
  expect(text).toContain("APEX_IN-----${SB_NUMBER}-----Closer-----park----------999-----1-----APEXOUT)");
  expect(text).toContain("exten => h,1,Goto(default,h,1)");
});
