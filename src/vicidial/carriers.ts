import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { insertRow, sqlText } from "./sql-text.ts";

/** One row of `vicidial_server_carriers`: what VICIdial writes into the dialplan of its switches. */
export type Carrier = {
  /** At most 15 characters. */
  readonly id: string;
  readonly name: string;
  /** Whose; null for the prefix that all share. */
  readonly tenant: string | null;
  readonly prefix: string;
  readonly userGroup: string;
  /** Whose campaigns are to dial with it: those named, and those in these user groups that are not `others`. */
  readonly dialledBy: {
    readonly campaigns: readonly string[];
    readonly userGroups: readonly string[];
    readonly others: readonly string[];
  };
  readonly globals: string;
  readonly dialplan: string;
};

/** Every prefix is a carrier of its own: one per client, and the shared one, whose calls are known by their code. */
export function carriersOf({ tenants, system }: Snapshot): Carrier[] {
  const othersThan = (id: string): string[] =>
    [...tenants.values()].flatMap((tenant) => (tenant.id === id ? [] : tenant.vicidial.campaigns));
  const own = [...tenants.values()].flatMap(({ id, name, outboundPrefixes, vicidial }) =>
    outboundPrefixes.map((prefix, index) =>
      carrier({
        tenant: id,
        name,
        prefix,
        // A campaign has one prefix: the client's first.
        dialledBy: index === 0 ? { ...vicidial, others: othersThan(id) } : NO_CAMPAIGNS,
        userGroup: vicidial.userGroups[0] ?? "---ALL---",
      }),
    ),
  );
  const shared = system.vicidial?.dialPrefix ?? null;
  if (shared === null) return own;
  const everyone = {
    tenant: null,
    name: "all clients",
    prefix: shared,
    dialledBy: NO_CAMPAIGNS,
    userGroup: "---ALL---",
  };
  return [...own, carrier(everyone)];
}

type Written = Pick<Carrier, "tenant" | "name" | "prefix" | "dialledBy" | "userGroup">;

const NO_CAMPAIGNS: Carrier["dialledBy"] = { campaigns: [], userGroups: [], others: [] };

/**
 * The entry goes through a global variable, so that one client can be taken out of Signalbox, or all of them, by
 * changing a variable. A client's own prefix is what tells whose call it is, and stays; the shared one is cut off.
 */
function carrier(written: Written): Carrier {
  const { tenant, name, prefix } = written;
  const global = `SIGNALBOX_${(tenant ?? "SHARED").toUpperCase().replaceAll("-", "_")}_${prefix}`;
  const number = tenant === null ? `\${EXTEN:${prefix.length}}` : "${EXTEN}";
  return {
    ...written,
    id: `SB_${prefix}`,
    name: `Signalbox: ${name}`.replace(/[^\x20-\x7e]/g, "?").slice(0, 50),
    globals: `${global} = signalbox-dialler`,
    dialplan: `exten => _${prefix}X.,1,Goto(\${${global}},${number},1)`,
  };
}

/** Statements that make these the carriers of every server; a comment in front of each says what it is for. */
export function carrierSql(carriers: readonly Carrier[]): string {
  return [
    "-- Carriers of Signalbox, for every server of this VICIdial. Look at them before you run them.",
    ...carriers.flatMap((each) => [
      `-- ${each.tenant ?? "campaigns of all clients"}: dial prefix ${each.prefix}`,
      `DELETE FROM vicidial_server_carriers WHERE carrier_id = ${sqlText(each.id)};`,
      insertRow("vicidial_server_carriers", {
        carrier_id: each.id,
        carrier_name: each.name,
        registration_string: "",
        // The columns that VICIdial's own page fills in: a server in strict mode takes no row without them.
        template_id: "--NONE--",
        account_entry: "",
        protocol: "EXTERNAL",
        globals_string: each.globals,
        dialplan_entry: each.dialplan,
        server_ip: "0.0.0.0",
        active: "Y",
        user_group: each.userGroup,
      }),
      ...prefixSql(each),
    ]),
    "-- Then VICIdial writes its dialplan anew, within a minute or two.",
    "UPDATE servers SET rebuild_conf_files = 'Y';",
    "",
  ].join("\n");
}

/** A prefix of their own that manual or three-way calls of a campaign have is another way out, past every cap. */
function prefixSql({ prefix, dialledBy }: Carrier): string[] {
  const among = (column: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`${column} IN (${names.map(sqlText).join(", ")})`];
  const [group] = among("user_group", dialledBy.userGroups);
  const [others] = among("campaign_id", dialledBy.others);
  // What another client's file names is that client's, whatever group it is in.
  const grouped = group !== undefined && others !== undefined ? `(${group} AND NOT ${others})` : group;
  const where = [
    ...among("campaign_id", dialledBy.campaigns),
    ...(grouped === undefined ? [] : [grouped]),
  ].join(" OR ");
  if (where === "") return [];
  const set = ["dial_prefix", "manual_dial_prefix", "three_way_dial_prefix"].map(
    (column) => `${column} = ${sqlText(prefix)}`,
  );
  return [`UPDATE vicidial_campaigns SET ${set.join(", ")} WHERE ${where};`];
}
