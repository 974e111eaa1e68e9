import { expect, test } from "vitest";
import { type Audited, auditVicidial } from "../../../src/vicidial/audit.ts";
import { snapshotWith } from "../../builders.ts";

const snapshot = snapshotWith({
  tenants: {
    apex: {
      vicidial: { userGroups: ["APEX"], campaigns: ["APEXOUT"] },
      ingroups: ["APEX_IN"],
      outboundPrefixes: ["71"],
    },
    beta: {
      vicidial: { userGroups: ["BETA"], campaigns: [] },
      ingroups: ["BETA_IN"],
      outboundPrefixes: ["72"],
    },
  },
});

const campaign = (row: Partial<Audited["campaigns"][number]>): Audited["campaigns"][number] => ({
  ...{
    campaign_id: "APEXOUT",
    active: "Y",
    dial_prefix: "71",
    manual_dial_prefix: "",
    three_way_dial_prefix: "71",
  },
  ...{ closer_campaigns: " APEX_IN -", xfer_groups: null, use_other_campaign_dnc: "", user_group: "APEX" },
  ...row,
});
const user = (row: Partial<Audited["users"][number]>): Audited["users"][number] => ({
  ...{ user: "6666", user_level: 7, user_group: "APEX", active: "Y" },
  ...{ access_recordings: "0", ignore_ip_list: "0", user_group_two: "" },
  ...row,
});
const clean: Audited = {
  groups: [{ user_group: "APEX", allowed_campaigns: " APEXOUT -", admin_viewable_groups: " APEX " }],
  campaigns: [
    campaign({}),
    campaign({
      campaign_id: "BETAOUT",
      user_group: "BETA",
      dial_prefix: "72",
      three_way_dial_prefix: "",
      closer_campaigns: "",
    }),
  ],
  dids: [{ did_id: 1, did_pattern: "default", did_active: "Y", user_group: "---ALL---" }],
  ingroups: [{ group_id: "APEX_IN", user_group: "APEX" }],
  carriers: [{ carrier_id: "SB_71", active: "Y", user_group: "APEX" }],
  users: [user({})],
};

test("a_system_that_is_kept_apart_gives_no_finding", () => {
  expect(auditVicidial(snapshot, clean)).toEqual([]);
});

test.each<[string, Partial<Audited>, string]>([
  [
    "all campaigns",
    {
      groups: [
        { user_group: "APEX", allowed_campaigns: " -ALL-CAMPAIGNS- - -", admin_viewable_groups: " APEX " },
      ],
    },
    "every client's campaigns",
  ],
  [
    "another's campaign",
    { groups: [{ user_group: "APEX", allowed_campaigns: " BETAOUT -", admin_viewable_groups: " APEX " }] },
    "a campaign of beta",
  ],
  [
    "all groups",
    { groups: [{ user_group: "APEX", allowed_campaigns: "", admin_viewable_groups: " ---ALL--- " }] },
    "see every client",
  ],
  [
    "a blank that means all groups",
    { groups: [{ user_group: "apex", allowed_campaigns: "", admin_viewable_groups: null }] },
    "see every client",
  ],
  ["another's in-group", { campaigns: [campaign({ xfer_groups: " BETA_IN -" })] }, "an in-group of beta"],
  [
    "another's do-not-call list",
    { campaigns: [...clean.campaigns, campaign({ use_other_campaign_dnc: "BETAOUT" })] },
    "the do-not-call list of BETAOUT",
  ],
  ["a way past the caps", { campaigns: [campaign({ manual_dial_prefix: "8" })] }, 'manual_dial_prefix "8"'],
  ["no prefix at all", { campaigns: [campaign({ dial_prefix: "" })] }, 'dial_prefix ""'],
  [
    "a DID of everyone",
    { dids: [{ did_id: 2, did_pattern: "2125550100", did_active: "Y", user_group: "---ALL---" }] },
    "no user group",
  ],
  [
    "an in-group of everyone",
    { ingroups: [{ group_id: "SHARED", user_group: "---ALL---" }] },
    "no user group",
  ],
  [
    "a carrier of everyone",
    { carriers: [{ carrier_id: "TRUNK", active: "Y", user_group: "" }] },
    "no user group",
  ],
  ["access to recordings", { users: [user({ access_recordings: "1" })] }, "access_recordings"],
  ["a way around IP lists", { users: [user({ ignore_ip_list: "1" })] }, "ignore_ip_list"],
  ["a second group of another", { users: [user({ user_group_two: "BETA" })] }, "of beta"],
])("%s is found", (_, rows, says) => {
  const findings = auditVicidial(snapshot, { ...clean, ...rows });
  expect(findings.map((finding) => finding.says).join("\n")).toContain(says);
  expect(findings).toHaveLength(1);
});
