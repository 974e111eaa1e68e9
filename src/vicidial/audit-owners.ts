import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { vicidialName } from "../core/snapshot/vicidial-name.ts";
import type { Audited } from "./audit-rows.ts";

/** `where` is a table and the row's name in it; `tenant` null where it is everybody's concern. */
export type Finding = { readonly tenant: string | null; readonly where: string; readonly says: string };

export const EVERYONE = "---ALL---";

/** Whose something of VICIdial's is, by its name there; null: nobody's. What a client's file says comes before a group. */
export type Owners = {
  readonly group: (name: string) => string | null;
  readonly campaign: (name: string) => string | null;
  readonly ingroup: (name: string) => string | null;
  readonly menu: (name: string) => string | null;
  /** By the digits that the DID's row has. */
  readonly did: (pattern: string) => string | null;
  /** A list is its campaign's. */
  readonly list: (id: string) => string | null;
};

export function ownersOf(snapshot: Snapshot, rows: Audited): Owners {
  const tenants = [...snapshot.tenants.values()];
  const ingroups = new Map(
    tenants.flatMap(({ id, ingroups }) => ingroups.map((name) => [vicidialName(name), id] as const)),
  );
  const dids = new Map(
    tenants.flatMap(({ id, dids }) =>
      [...dids.values()].flatMap(({ vicidialDid }) =>
        vicidialDid === null ? [] : [[vicidialDid, id] as const],
      ),
    ),
  );
  const group = (name: string): string | null => snapshot.tenantByUserGroup.get(vicidialName(name)) ?? null;
  const groupOf = <T extends { readonly user_group: string }>(
    from: readonly T[],
    name: (row: T) => string,
  ) => {
    const groups = new Map(from.map((row) => [vicidialName(name(row)), row.user_group]));
    return (wanted: string): string | null => group(groups.get(vicidialName(wanted)) ?? "");
  };
  const byCampaign = groupOf(rows.campaigns, (row) => row.campaign_id);
  const byIngroup = groupOf(rows.ingroups, (row) => row.group_id);
  const byDid = groupOf(rows.dids, (row) => row.did_pattern);
  const didIds = new Map(rows.dids.map((row) => [row.did_pattern, row.did_id]));
  const campaigns = new Map(rows.lists.map((row) => [String(row.list_id), row.campaign_id]));
  const campaign = (name: string): string | null =>
    snapshot.tenantByCampaign.get(vicidialName(name)) ?? byCampaign(name);
  return {
    group,
    campaign,
    ingroup: (name) => ingroups.get(vicidialName(name)) ?? byIngroup(name),
    menu: groupOf(rows.menus, (row) => row.menu_id),
    did: (pattern) => dids.get(didIds.get(pattern) ?? 0) ?? byDid(pattern),
    list: (id) => campaign(campaigns.get(id) ?? ""),
  };
}

/** True where something is known to be another client's. */
export function isForeign(owner: string | null, tenant: string): boolean {
  return owner !== null && owner !== tenant;
}

/** ` ONE TWO -`, as VICIdial keeps lists of names in one column. */
export function namesIn(text: string | null): string[] {
  return (text ?? "").split(/\s+/).filter((name) => name !== "" && name !== "-");
}
