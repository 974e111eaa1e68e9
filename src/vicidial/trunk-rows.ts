import type { Kysely } from "kysely";
import type { VicidialTables } from "./tables.ts";
import type { DiallerTrunks } from "./trunk-plan.ts";

/** Reads what VICIdial's dialler goes by today. Rejects when the database cannot be asked. */
export async function readDiallerTrunks(db: Kysely<VicidialTables>): Promise<DiallerTrunks> {
  const servers = await db
    .selectFrom("servers")
    .select(["server_ip as server", "max_vicidial_trunks as most"])
    // Servers of the database and of the web pages stand in the same table.
    .where("active_asterisk_server", "=", "Y")
    .orderBy("server_ip")
    .execute();
  const campaigns = await db
    .selectFrom("vicidial_campaigns")
    .select(["campaign_id as campaign", "active", "user_group as userGroup"])
    .orderBy("campaign_id")
    .execute();
  const rows = await db
    .selectFrom("vicidial_server_trunks")
    .select([
      "server_ip as server",
      "campaign_id as campaign",
      "dedicated_trunks as trunks",
      "trunk_restriction as restriction",
    ])
    .execute();
  return {
    servers: servers.map((each) => ({ ...each, most: each.most ?? 0 })),
    campaigns: campaigns.map(({ campaign, active, userGroup }) => ({
      campaign,
      active: active === "Y",
      userGroup: userGroup ?? "",
    })),
    rows: rows.map((row) => ({ ...row, campaign: row.campaign ?? "" })),
  };
}
