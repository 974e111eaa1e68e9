/**
 * Where one client of a VICIdial could see, dial for or hear another, by VICIdial's own settings, and where calls go out
 * past Signalbox. It judges what it is given and mends nothing.
 */
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import { inboundFindings } from "./audit-inbound.ts";
import { EVERYONE, type Finding, isForeign, namesIn, type Owners, ownersOf } from "./audit-owners.ts";
import { type Audited, WORKED_DAYS } from "./audit-rows.ts";

const ALL_CAMPAIGNS = "-ALL-CAMPAIGNS-";

/** From this level on a user administers the whole system. */
const SYSTEM_LEVEL = 9;

export function auditVicidial(snapshot: Snapshot, rows: Audited): Finding[] {
  const owners = ownersOf(snapshot, rows);
  return [
    ...rows.groups.flatMap((group) => groupFindings(group, owners)),
    ...rows.campaigns.flatMap((campaign) => campaignFindings(campaign, snapshot, owners)),
    ...rows.lists.flatMap((list) => listFindings(list, snapshot, owners)),
    ...sharedFindings(rows),
    ...inboundFindings(rows, owners),
    ...rows.users.flatMap((user) => userFindings(user, owners)),
    ...rows.worked.flatMap((worked) => workedFindings(worked, owners)),
  ];
}

function groupFindings(row: Audited["groups"][number], owners: Owners): Finding[] {
  const tenant = owners.group(row.user_group);
  if (tenant === null) return [];
  const where = `vicidial_user_groups ${row.user_group}`;
  const allowed = namesIn(row.allowed_campaigns);
  const foreign = allowed.filter((name) => isForeign(owners.campaign(name), tenant));
  const viewable = namesIn(row.admin_viewable_groups);
  const all = viewable.length === 0 || viewable.includes(EVERYONE);
  return [
    ...(allowed.includes(ALL_CAMPAIGNS)
      ? [{ tenant, where, says: "its agents may log in to every client's campaigns: list its own" }]
      : []),
    ...foreign.map((name) => ({
      tenant,
      where,
      says: `allows ${name}, a campaign of ${owners.campaign(name)}`,
    })),
    ...(all
      ? [{ tenant, where, says: "its administrators see every client: name the groups they may see" }]
      : []),
  ];
}

function campaignFindings(row: Audited["campaigns"][number], snapshot: Snapshot, owners: Owners): Finding[] {
  const where = `vicidial_campaigns ${row.campaign_id}`;
  if (row.active !== "Y") return [];
  const tenant = tenantOf(owners.campaign(row.campaign_id), snapshot);
  if (tenant === undefined) return [{ tenant: null, where, says: NOBODYS }];
  const group = owners.group(row.user_group);
  const ingroups = [...new Set([...namesIn(row.closer_campaigns), ...namesIn(row.xfer_groups)])];
  const other = row.use_other_campaign_dnc;
  return [
    ...ingroups
      .filter((name) => isForeign(owners.ingroup(name), tenant.id))
      .map((name) => ({
        tenant: tenant.id,
        where,
        says: `reaches ${name}, an in-group of ${owners.ingroup(name)}`,
      })),
    ...(other !== "" && isForeign(owners.campaign(other), tenant.id)
      ? [
          {
            tenant: tenant.id,
            where,
            says: `uses the do-not-call list of ${other}, a campaign of ${owners.campaign(other)}`,
          },
        ]
      : []),
    ...(isForeign(group, tenant.id)
      ? [
          {
            tenant: tenant.id,
            where,
            says: `is in the user group ${row.user_group}, which is ${group}'s: calls that only their code places are refused`,
          },
        ]
      : []),
    ...(/CAMPAIGN/.test(row.campaign_rec_filename ?? "")
      ? []
      : [{ tenant: tenant.id, where, says: NAMELESS_RECORDINGS }]),
    ...prefixFindings(row, tenant, snapshot, where),
  ];
}

const NOBODYS =
  "is no client's: behind the shared prefix its calls are refused, behind any other they may go out past every cap";
const NAMELESS_RECORDINGS =
  "campaign_rec_filename has no CAMPAIGN: nothing in the name of a recording says whose it is";

function tenantOf(id: string | null, { tenants }: Snapshot): Tenant | undefined {
  return id === null ? undefined : [...tenants.values()].find((each) => each.id === id);
}

/** A list's own prefix comes before its campaign's. */
function listFindings(
  { list_id, campaign_id, active, dial_prefix }: Audited["lists"][number],
  snapshot: Snapshot,
  owners: Owners,
): Finding[] {
  const tenant = tenantOf(owners.campaign(campaign_id), snapshot);
  if (tenant === undefined || active !== "Y" || (dial_prefix ?? "") === "") return [];
  if (goodPrefixes(tenant, snapshot).includes(dial_prefix ?? "")) return [];
  const says = `dial_prefix "${dial_prefix}" is no prefix of ${tenant.id}: its calls may go out past every cap`;
  return [{ tenant: tenant.id, where: `vicidial_lists ${list_id}`, says }];
}

function goodPrefixes({ outboundPrefixes }: Tenant, { system }: Snapshot): string[] {
  return [...outboundPrefixes, system.vicidial?.dialPrefix ?? ""];
}

function workedFindings(
  { user_group, campaign_id, calls }: Audited["worked"][number],
  owners: Owners,
): Finding[] {
  const tenant = owners.group(user_group);
  const owner = owners.campaign(campaign_id);
  if (tenant === null || !isForeign(owner, tenant)) return [];
  const says = `its agents were at work in ${campaign_id}, a campaign of ${owner}, ${calls === 1 ? "once" : `${calls} times`} in the last ${WORKED_DAYS} days`;
  return [{ tenant, where: `vicidial_agent_log ${user_group}`, says }];
}

/** A campaign with another prefix dials past Signalbox: no cap and no stamp. */
function prefixFindings(
  row: Audited["campaigns"][number],
  tenant: Tenant,
  snapshot: Snapshot,
  where: string,
): Finding[] {
  const good = goodPrefixes(tenant, snapshot);
  const columns = ["dial_prefix", "manual_dial_prefix", "three_way_dial_prefix"] as const;
  return (
    columns
      .filter((column) => !good.includes(row[column]) || row[column] === "")
      // Without one of its own, VICIdial takes the campaign's first.
      .filter((column) => column === "dial_prefix" || row[column] !== "")
      .map((column) => ({
        tenant: tenant.id,
        where,
        says: `${column} "${row[column]}" is no prefix of ${tenant.id}: its calls may go out past every cap`,
      }))
  );
}

function sharedFindings({ dids, ingroups, menus, carriers }: Audited): Finding[] {
  const shared = (rows: readonly { user_group: string; name: string }[]): string[] =>
    rows.filter((row) => row.user_group === EVERYONE || row.user_group === "").map(({ name }) => name);
  const says = "belongs to no user group: administrators of every client may change it";
  return [
    ...shared(dids.filter((row) => row.did_active === "Y").map((row) => ({ ...row, name: row.did_pattern })))
      .filter((name) => name !== "default")
      .map((name) => ({ tenant: null, where: `vicidial_inbound_dids ${name}`, says })),
    ...shared(ingroups.map((row) => ({ ...row, name: row.group_id }))).map((name) => ({
      tenant: null,
      where: `vicidial_inbound_groups ${name}`,
      says,
    })),
    ...shared(menus.map((row) => ({ ...row, name: row.menu_id }))).map((name) => ({
      tenant: null,
      where: `vicidial_call_menu ${name}`,
      says,
    })),
    ...shared(
      carriers.filter((row) => row.active === "Y").map((row) => ({ ...row, name: row.carrier_id })),
    ).map((name) => ({ tenant: null, where: `vicidial_server_carriers ${name}`, says })),
  ];
}

function userFindings(row: Audited["users"][number], owners: Owners): Finding[] {
  const tenant = owners.group(row.user_group);
  if (tenant === null || row.active !== "Y" || row.user_level >= SYSTEM_LEVEL) return [];
  const where = `vicidial_users ${row.user}`;
  return [
    ...(row.access_recordings === "1"
      ? [{ tenant, where, says: "access_recordings opens recordings of every campaign, other clients' too" }]
      : []),
    ...(row.ignore_ip_list === "1"
      ? [{ tenant, where, says: "ignore_ip_list lets it in from anywhere" }]
      : []),
    ...(row.user_group_two !== "" && isForeign(owners.group(row.user_group_two), tenant)
      ? [
          {
            tenant,
            where,
            says: `its second group is ${row.user_group_two}, of ${owners.group(row.user_group_two)}`,
          },
        ]
      : []),
  ];
}
