import type { Kysely } from "kysely";
import type { Audited } from "./audit.ts";
import type { VicidialTables } from "./tables.ts";

/** Reads what an audit judges. Rejects when the database cannot be asked. */
export async function readAudited(db: Kysely<VicidialTables>): Promise<Audited> {
  return {
    groups: await db
      .selectFrom("vicidial_user_groups")
      .select(["user_group", "allowed_campaigns", "admin_viewable_groups"])
      .orderBy("user_group")
      .execute(),
    campaigns: await db
      .selectFrom("vicidial_campaigns")
      .select(["campaign_id", "active", "dial_prefix", "manual_dial_prefix", "three_way_dial_prefix"])
      .select(["closer_campaigns", "xfer_groups", "use_other_campaign_dnc", "user_group"])
      .orderBy("campaign_id")
      .execute(),
    dids: await db
      .selectFrom("vicidial_inbound_dids")
      .select(["did_id", "did_pattern", "did_active", "user_group"])
      .orderBy("did_pattern")
      .execute(),
    ingroups: await db
      .selectFrom("vicidial_inbound_groups")
      .select(["group_id", "user_group"])
      .orderBy("group_id")
      .execute(),
    carriers: await db
      .selectFrom("vicidial_server_carriers")
      .select(["carrier_id", "active", "user_group"])
      .orderBy("carrier_id")
      .execute(),
    users: await db
      .selectFrom("vicidial_users")
      .select([
        "user",
        "user_level",
        "user_group",
        "active",
        "access_recordings",
        "ignore_ip_list",
        "user_group_two",
      ])
      .orderBy("user")
      .execute(),
  };
}
