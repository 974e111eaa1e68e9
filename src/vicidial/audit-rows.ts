import { type Kysely, sql } from "kysely";
import type { VicidialTables } from "./tables.ts";

/** The rows that are judged. */
export type Audited = {
  readonly groups: readonly VicidialTables["vicidial_user_groups"][];
  readonly campaigns: readonly VicidialTables["vicidial_campaigns"][];
  readonly lists: readonly VicidialTables["vicidial_lists"][];
  readonly dids: readonly VicidialTables["vicidial_inbound_dids"][];
  readonly menus: readonly VicidialTables["vicidial_call_menu"][];
  readonly options: readonly VicidialTables["vicidial_call_menu_options"][];
  readonly ingroups: readonly VicidialTables["vicidial_inbound_groups"][];
  readonly carriers: readonly VicidialTables["vicidial_server_carriers"][];
  readonly users: readonly VicidialTables["vicidial_users"][];
  /** Who worked in which campaign of late. */
  readonly worked: readonly {
    readonly user_group: string;
    readonly campaign_id: string;
    readonly calls: number;
  }[];
};

/** Days of vicidial_agent_log that are judged. */
export const WORKED_DAYS = 30;

/** What of VICIdial is read here, column by column: an account that may not read others is no obstacle. */
const COLUMNS = {
  vicidial_user_groups: ["user_group", "allowed_campaigns", "admin_viewable_groups"],
  vicidial_campaigns: [
    ...(["campaign_id", "active", "dial_prefix", "manual_dial_prefix", "three_way_dial_prefix"] as const),
    ...(["closer_campaigns", "xfer_groups", "use_other_campaign_dnc", "user_group"] as const),
    "campaign_rec_filename",
  ],
  vicidial_lists: ["list_id", "campaign_id", "active", "dial_prefix"],
  vicidial_inbound_dids: [
    ...(["did_id", "did_pattern", "did_active", "did_route", "user_group"] as const),
    ...(["group_id", "menu_id", "list_id", "campaign_id"] as const),
  ],
  vicidial_call_menu: ["menu_id", "tracking_group", "user_group"],
  vicidial_call_menu_options: [
    ...(["menu_id", "option_value", "option_route", "option_route_value"] as const),
    "option_route_value_context",
  ],
  vicidial_inbound_groups: ["group_id", "afterhours_xfer_group", "after_hours_callmenu", "user_group"],
  vicidial_server_carriers: ["carrier_id", "active", "user_group"],
  vicidial_users: [
    ...(["user", "user_level", "user_group", "active", "access_recordings"] as const),
    ...(["ignore_ip_list", "user_group_two"] as const),
  ],
} as const;

type Read = keyof typeof COLUMNS;

/** Reads what an audit judges. Rejects when the database cannot be asked, or has no such table or column. */
export async function readAudited(db: Kysely<VicidialTables>): Promise<Audited> {
  // The names come from above and nowhere else; what they hold is as tables.ts says.
  const all = async <T extends Read>(table: T): Promise<VicidialTables[T][]> => {
    const columns = sql.join(COLUMNS[table].map((column) => sql.ref(column)));
    const { rows } = await sql<
      VicidialTables[T]
    >`select ${columns} from ${sql.table(table)} order by 1, 2`.execute(db);
    return rows.map(withoutNulls);
  };
  return {
    groups: await all("vicidial_user_groups"),
    campaigns: await all("vicidial_campaigns"),
    lists: await all("vicidial_lists"),
    dids: await all("vicidial_inbound_dids"),
    menus: await all("vicidial_call_menu"),
    options: await all("vicidial_call_menu_options"),
    ingroups: await all("vicidial_inbound_groups"),
    carriers: await all("vicidial_server_carriers"),
    users: await all("vicidial_users"),
    worked: await readWorked(db),
  };
}

/** Most of VICIdial's columns may be null, and mean by it what they mean by an empty text. */
function withoutNulls<Row extends object>(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? ""])) as Row;
}

async function readWorked(db: Kysely<VicidialTables>): Promise<Audited["worked"]> {
  const rows = await db
    .selectFrom("vicidial_agent_log")
    .select(["user_group", "campaign_id", sql<number>`count(*)`.as("calls")])
    .where("event_time", ">", sql<string>`now() - interval ${sql.lit(WORKED_DAYS)} day`)
    .groupBy(["user_group", "campaign_id"])
    .orderBy("user_group")
    .orderBy("campaign_id")
    .execute();
  return rows.map((row) => ({ ...withoutNulls(row), calls: Number(row.calls) }));
}
