import { expect, test } from "vitest";
import { auditVicidial } from "../../../src/vicidial/audit.ts";
import type { Audited } from "../../../src/vicidial/audit-rows.ts";
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
  campaign_rec_filename: "CAMPAIGN_FULLDATE_CUSTPHONE",
  ...row,
});
const did = (row: Partial<Audited["dids"][number]>): Audited["dids"][number] => ({
  ...{ did_id: 17, did_pattern: "2125550100", did_active: "Y", did_route: "IN_GROUP", user_group: "APEX" },
  ...{ group_id: "APEX_IN", menu_id: "", list_id: 101, campaign_id: "APEXOUT" },
  ...row,
});
const option = (row: Partial<Audited["options"][number]>): Audited["options"][number] => ({
  ...{ menu_id: "apex_menu", option_value: "1", option_route: "INGROUP", option_route_value: "APEX_IN" },
  option_route_value_context: "CID,LB,101,APEXOUT,1",
  ...row,
});
const ingroup = (row: Partial<Audited["ingroups"][number]>): Audited["ingroups"][number] => ({
  ...{ group_id: "APEX_IN", afterhours_xfer_group: "---NONE---", after_hours_callmenu: "" },
  user_group: "APEX",
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
  lists: [
    { list_id: 101, campaign_id: "APEXOUT", active: "Y", dial_prefix: "" },
    { list_id: 102, campaign_id: "BETAOUT", active: "Y", dial_prefix: "72" },
    { list_id: 103, campaign_id: "APEXOUT", active: "N", dial_prefix: "8" },
  ],
  dids: [did({}), did({ did_id: 1, did_pattern: "default", user_group: "---ALL---" })],
  menus: [
    { menu_id: "apex_menu", tracking_group: "APEX_IN", user_group: "APEX" },
    { menu_id: "beta_menu", tracking_group: "CALLMENU", user_group: "BETA" },
  ],
  options: [option({}), option({ option_route: "HANGUP", option_route_value: "BETA_IN" })],
  ingroups: [ingroup({}), ingroup({ group_id: "BETA_IN", user_group: "BETA" })],
  carriers: [{ carrier_id: "SB_71", active: "Y", user_group: "APEX" }],
  users: [user({})],
  worked: [{ user_group: "APEX", campaign_id: "apexout", calls: 12 }],
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
  ["a DID of everyone", { dids: [did({ user_group: "---ALL---" })] }, "no user group"],
  [
    "an in-group of everyone",
    { ingroups: [ingroup({ group_id: "SHARED", user_group: "---ALL---" })] },
    "no user group",
  ],
  [
    "a carrier of everyone",
    { carriers: [{ carrier_id: "TRUNK", active: "Y", user_group: "" }] },
    "no user group",
  ],
  ["access to recordings", { users: [user({ access_recordings: "1" })] }, "access_recordings"],
  ["a way around IP lists", { users: [user({ ignore_ip_list: "1" })] }, "ignore_ip_list"],
  [
    "a campaign of nobody",
    {
      campaigns: [
        ...clean.campaigns,
        campaign({ campaign_id: "HOUSE", user_group: "ADMIN" }),
        campaign({ campaign_id: "OLD", user_group: "ADMIN", active: "N" }),
      ],
    },
    "is no client's",
  ],
  [
    "a campaign in another's user group",
    { campaigns: [campaign({ user_group: "BETA" }), ...clean.campaigns.slice(1)] },
    "in the user group BETA, which is beta's",
  ],
  [
    "recordings whose names say nothing",
    { campaigns: [campaign({ campaign_rec_filename: "FULLDATE_CUSTPHONE" }), ...clean.campaigns.slice(1)] },
    "has no CAMPAIGN",
  ],
  [
    "a list's own way past the caps",
    { lists: [{ list_id: 101, campaign_id: "APEXOUT", active: "Y", dial_prefix: "8" }] },
    'dial_prefix "8"',
  ],
  ["a DID into another's in-group", { dids: [did({ group_id: "BETA_IN" })] }, "the in-group BETA_IN"],
  [
    "a DID into another's menu",
    { dids: [did({ did_route: "CALLMENU", group_id: "BETA_IN", menu_id: "beta_menu" })] },
    "the call menu beta_menu",
  ],
  ["callers kept in another's list", { dids: [did({ list_id: 102 })] }, "the list 102, which is beta's"],
  ["a DID in another's campaign", { dids: [did({ campaign_id: "BETAOUT" })] }, "the campaign BETAOUT"],
  [
    "a menu of everyone",
    { menus: [...clean.menus, { menu_id: "main", tracking_group: "", user_group: "---ALL---" }] },
    "no user group",
  ],
  ["a choice of another's in-group", { options: [option({ option_route_value: "BETA_IN" })] }, "BETA_IN"],
  [
    "a choice that keeps callers in another's list",
    { options: [option({ option_route_value_context: "CID,LB,102,APEXOUT,1" })] },
    "the list 102",
  ],
  [
    "a choice of another's menu",
    { options: [option({ option_route: "CALLMENU", option_route_value: "beta_menu" })] },
    "the call menu beta_menu",
  ],
  [
    "a choice of another's DID",
    {
      dids: [
        ...clean.dids,
        did({
          did_id: 2,
          did_pattern: "3125550100",
          user_group: "BETA",
          group_id: "",
          list_id: 102,
          campaign_id: "",
        }),
      ],
      options: [option({ option_route: "DID", option_route_value: "3125550100" })],
    },
    "the DID 3125550100",
  ],
  [
    "another's in-group at night",
    { ingroups: [ingroup({ afterhours_xfer_group: "BETA_IN" }), ...clean.ingroups.slice(1)] },
    "the in-group BETA_IN",
  ],
  [
    "agents at work for another",
    { worked: [{ user_group: "APEX", campaign_id: "BETAOUT", calls: 3 }] },
    "3 times in the last 30 days",
  ],
  ["a second group of another", { users: [user({ user_group_two: "BETA" })] }, "of beta"],
])("%s is found", (_, rows, says) => {
  const findings = auditVicidial(snapshot, { ...clean, ...rows });
  expect(findings.map((finding) => finding.says).join("\n")).toContain(says);
  expect(findings).toHaveLength(1);
});

test("a_number_that_is_one_client's_here_and_another's_there_is_found", () => {
  const owned = snapshotWith({
    tenants: {
      apex: {
        vicidial: { userGroups: ["APEX"], campaigns: ["APEXOUT"] },
        dids: { "+12125550100": { route: "main", vicidialDid: 17 } },
      },
      beta: { vicidial: { userGroups: ["BETA"], campaigns: [] } },
    },
  });
  const findings = auditVicidial(owned, { ...clean, campaigns: [], dids: [did({ user_group: "BETA" })] });
  expect(findings.map(({ says }) => says)).toEqual(["is in the user group BETA, which is beta's"]);
});
