/**
 * How many trunks VICIdial's dialler may count on, so that it stays under each client's cap and rarely meets a refusal:
 * one row for each server and campaign, since calls that one server may not place are placed by the next. The plan is
 * for the automatic dialler alone: manual and three-way calls and calls that come in never ask these rows.
 */
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import { vicidialName } from "../core/snapshot/vicidial-name.ts";
import { insertRow, sqlComment, sqlText } from "./sql-text.ts";

/** What VICIdial has now. */
export type DiallerTrunks = {
  readonly servers: readonly { readonly server: string; readonly most: number }[];
  readonly campaigns: readonly {
    readonly campaign: string;
    readonly active: boolean;
    readonly userGroup: string;
  }[];
  readonly rows: readonly TrunkRow[];
};

export type TrunkRow = {
  readonly server: string;
  readonly campaign: string;
  readonly trunks: number;
  /** `MAXIMUM_LIMIT` holds; `OVERFLOW_ALLOWED` lets the dialler go above it. */
  readonly restriction: string;
};

export type TenantTrunks = {
  readonly tenant: string;
  /** The dialler's part of the cap; null where the client has no cap and nothing is to be held back. */
  readonly most: number | null;
  /** What the rows of today let the dialler place; null: as much as the servers can. */
  readonly today: number | null;
  readonly reason: string;
  readonly changes: readonly { readonly row: TrunkRow; readonly why: string }[];
};

/** Legs that are left to agents' own calls, of every ten. */
const LEFT_TO_AGENTS = 0.1;

export function planTrunks(snapshot: Snapshot, now: DiallerTrunks): TenantTrunks[] {
  return [...snapshot.tenants.values()].map((tenant) =>
    planTenant(tenant, campaignsOf(tenant, snapshot, now), now),
  );
}

function planTenant(tenant: Tenant, campaigns: readonly string[], now: DiallerTrunks): TenantTrunks {
  const { most, reason } = diallersPart(tenant);
  const today = todayOf(campaigns, now);
  const named = { tenant: tenant.id, most, today };
  if (campaigns.length === 0)
    return { ...named, reason: "no active campaign of VICIdial's is this client's", changes: [] };
  if (now.servers.length === 0) return { ...named, reason: "VICIdial lists no server", changes: [] };
  if (most === null) return { ...named, reason, changes: [] };
  const wanted = shareOut(most, campaigns, now.servers);
  const changes = wanted.flatMap((row) => {
    const why = whyNot(row, now.rows);
    return why === null ? [] : [{ row, why }];
  });
  return { ...named, reason, changes };
}

/** By its own name, or by its user group where no other client's file names it. */
function campaignsOf({ id, vicidial }: Tenant, { tenantByCampaign }: Snapshot, now: DiallerTrunks): string[] {
  const groups = new Set(vicidial.userGroups.map((name) => vicidialName(name)));
  return now.campaigns
    .filter(({ active, campaign, userGroup }) => {
      const named = tenantByCampaign.get(vicidialName(campaign));
      return active && (named === undefined ? groups.has(vicidialName(userGroup)) : named === id);
    })
    .map(({ campaign }) => campaign);
}

function diallersPart({ limits, agents }: Tenant): { readonly most: number | null; readonly reason: string } {
  const caps = [limits.outbound, limits.channels].filter((cap) => cap !== null);
  if (caps.length === 0) return { most: null, reason: "the client has no cap" };
  const cap = Math.min(...caps);
  const kept = Math.min(cap, Math.max(1, Math.ceil(Math.min(cap, agents ?? cap) * LEFT_TO_AGENTS)));
  return {
    most: cap - kept,
    reason: `of ${cap} legs ${kept} are left to agents' own calls, which the dialler's rows do not count`,
  };
}

/** What today's rows add up to; null as soon as one is missing or may be gone beyond. */
function todayOf(campaigns: readonly string[], { servers, rows }: DiallerTrunks): number | null {
  let sum = 0;
  for (const { server } of servers) {
    for (const campaign of campaigns) {
      const row = rows.find((each) => isFor(each, server, campaign));
      if (row === undefined || row.restriction !== "MAXIMUM_LIMIT") return null;
      sum += row.trunks;
    }
  }
  return sum;
}

/** In proportion to what each server can, campaigns alike; what does not divide goes to the first. */
function shareOut(most: number, campaigns: readonly string[], servers: DiallerTrunks["servers"]): TrunkRow[] {
  const total = servers.reduce((sum, server) => sum + Math.max(1, server.most), 0);
  const shares = servers.flatMap(({ server, most: own }) =>
    campaigns.map((campaign) => ({
      server,
      campaign,
      restriction: "MAXIMUM_LIMIT",
      trunks: Math.floor((most * Math.max(1, own)) / total / campaigns.length),
    })),
  );
  let left = most - shares.reduce((sum, { trunks }) => sum + trunks, 0);
  return shares.map((share) => {
    const more = left > 0 ? 1 : 0;
    left -= more;
    return { ...share, trunks: share.trunks + more };
  });
}

function whyNot(wanted: TrunkRow, rows: readonly TrunkRow[]): string | null {
  const found = rows.find((row) => isFor(row, wanted.server, wanted.campaign));
  if (found === undefined) return "there is no row, so nothing holds the dialler back on this server";
  if (found.restriction !== "MAXIMUM_LIMIT")
    return `${found.trunks} trunks, but the dialler may go above them`;
  if (found.trunks === wanted.trunks) return null;
  return `${found.trunks} trunks today`;
}

function isFor(row: TrunkRow, server: string, campaign: string): boolean {
  return row.server === server && vicidialName(row.campaign) === vicidialName(campaign);
}

/** Statements that make the plan true, each with its reason; nothing that stands already. */
export function trunkSql(plans: readonly TenantTrunks[]): string {
  return plans
    .flatMap(({ tenant, reason, most, today, changes }) => [
      sqlComment(
        `${tenant}: ${reason}; the dialler may place ${today ?? "any number of"} calls today and is to place ${most ?? "any number"}`,
      ),
      ...changes.flatMap(({ row, why }) => [
        sqlComment(`${row.server} ${row.campaign}: ${why}`),
        `DELETE FROM vicidial_server_trunks WHERE server_ip = ${sqlText(row.server)} AND campaign_id = ${sqlText(row.campaign)};`,
        insertRow("vicidial_server_trunks", {
          server_ip: row.server,
          campaign_id: row.campaign,
          dedicated_trunks: row.trunks,
          trunk_restriction: row.restriction,
        }),
      ]),
      ...(changes.length === 0 ? ["-- nothing to change"] : []),
      "",
    ])
    .join("\n");
}
