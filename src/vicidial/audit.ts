/**
 * Where one client of a VICIdial could see, dial for or hear another, by VICIdial's own settings, and where calls go out
 * past Signalbox. It judges what it is given and mends nothing.
 */
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import type { VicidialTables } from "./tables.ts";

/** The rows that are judged. */
export type Audited = {
  readonly groups: readonly VicidialTables["vicidial_user_groups"][];
  readonly campaigns: readonly VicidialTables["vicidial_campaigns"][];
  readonly dids: readonly VicidialTables["vicidial_inbound_dids"][];
  readonly ingroups: readonly VicidialTables["vicidial_inbound_groups"][];
  readonly carriers: readonly VicidialTables["vicidial_server_carriers"][];
  readonly users: readonly VicidialTables["vicidial_users"][];
};

/** `where` is a table and the row's name in it. */
export type Finding = { readonly tenant: string | null; readonly where: string; readonly says: string };

const EVERYONE = "---ALL---";
const ALL_CAMPAIGNS = "-ALL-CAMPAIGNS-";
/** From this level on a user administers the whole system. */
const SYSTEM_LEVEL = 9;

export function auditVicidial(snapshot: Snapshot, rows: Audited): Finding[] {
  const owners = ownersOf(snapshot, rows);
  return [
    ...rows.groups.flatMap((group) => groupFindings(group, owners)),
    ...rows.campaigns.flatMap((campaign) => campaignFindings(campaign, snapshot, owners)),
    ...sharedFindings(rows),
    ...rows.users.flatMap((user) => userFindings(user, owners)),
  ];
}

type Owners = Readonly<Record<"group" | "campaign" | "ingroup", (name: string) => string | null>>;

function ownersOf(snapshot: Snapshot, { campaigns, ingroups }: Audited): Owners {
  const group = (name: string): string | null => snapshot.tenantByUserGroup.get(name.toUpperCase()) ?? null;
  const groupOfCampaign = new Map(campaigns.map((each) => [each.campaign_id.toUpperCase(), each.user_group]));
  const groupOfIngroup = new Map(ingroups.map((each) => [each.group_id.toUpperCase(), each.user_group]));
  const named = new Map<string, string>();
  for (const tenant of snapshot.tenants.values())
    for (const ingroup of tenant.ingroups) named.set(ingroup.toUpperCase(), tenant.id);
  return {
    group,
    campaign: (name) =>
      snapshot.tenantByCampaign.get(name.toUpperCase()) ??
      group(groupOfCampaign.get(name.toUpperCase()) ?? ""),
    ingroup: (name) => named.get(name.toUpperCase()) ?? group(groupOfIngroup.get(name.toUpperCase()) ?? ""),
  };
}

/** ` ONE TWO -`, as VICIdial keeps lists of names in one column. */
function namesIn(text: string | null): string[] {
  return (text ?? "").split(/\s+/).filter((name) => name !== "" && name !== "-");
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
  const id = owners.campaign(row.campaign_id);
  const tenant = id === null ? undefined : [...snapshot.tenants.values()].find((each) => each.id === id);
  if (tenant === undefined || row.active !== "Y") return [];
  const where = `vicidial_campaigns ${row.campaign_id}`;
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
    ...prefixFindings(row, tenant, snapshot, where),
  ];
}

/** A campaign with another prefix dials past Signalbox: no cap and no stamp. */
function prefixFindings(
  row: Audited["campaigns"][number],
  { id, outboundPrefixes }: Tenant,
  { system }: Snapshot,
  where: string,
): Finding[] {
  const good = [...outboundPrefixes, system.vicidial?.dialPrefix ?? ""];
  const columns = ["dial_prefix", "manual_dial_prefix", "three_way_dial_prefix"] as const;
  return (
    columns
      .filter((column) => !good.includes(row[column]) || row[column] === "")
      // Without one of its own, VICIdial takes the campaign's first.
      .filter((column) => column === "dial_prefix" || row[column] !== "")
      .map((column) => ({
        tenant: id,
        where,
        says: `${column} "${row[column]}" is no prefix of ${id}: its calls may go out past every cap`,
      }))
  );
}

function sharedFindings({ dids, ingroups, carriers }: Audited): Finding[] {
  const shared = (rows: readonly { user_group: string; name: string }[]): string[] =>
    rows.filter((row) => row.user_group === EVERYONE || row.user_group === "").map(({ name }) => name);
  const says = "belongs to no user group: administrators of every client may change it";
  return [
    ...shared(dids.filter((row) => row.did_active === "Y").map((row) => ({ ...row, name: row.did_pattern })))
      .filter((name) => name !== "default")
      .map((name) => ({ tenant: null, where: `vicidial_inbound_dids ${name}`, says })),
    ...shared(ingroups.map((row) => ({ ...row, name: row.group_id }))).map((name) => ({
      ...{ tenant: null, where: `vicidial_inbound_groups ${name}`, says },
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

function isForeign(owner: string | null, tenant: string): boolean {
  return owner !== null && owner !== tenant;
}
