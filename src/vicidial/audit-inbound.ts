/** Ways of calls that come in, from one client's number, menu or in-group to what is another's. */
import { type Finding, isForeign, type Owners } from "./audit-owners.ts";
import type { Audited } from "./audit-rows.ts";

export function inboundFindings({ dids, menus, options, ingroups }: Audited, owners: Owners): Finding[] {
  return [
    ...dids.filter(({ did_active }) => did_active === "Y").flatMap((row) => didFindings(row, owners)),
    ...menus.flatMap((row) => {
      const way = new Way(`vicidial_call_menu ${row.menu_id}`, owners.menu(row.menu_id));
      return way.to("in-group", row.tracking_group, owners.ingroup);
    }),
    ...options.flatMap((row) => optionFindings(row, owners)),
    ...ingroups.flatMap((row) => {
      const way = new Way(`vicidial_inbound_groups ${row.group_id}`, owners.ingroup(row.group_id));
      return [
        ...way.to("in-group", row.afterhours_xfer_group, owners.ingroup),
        ...way.to("call menu", row.after_hours_callmenu, owners.menu),
      ];
    }),
  ];
}

/** From one place of VICIdial's to others. */
class Way {
  readonly #where: string;
  readonly #tenant: string | null;

  constructor(where: string, tenant: string | null) {
    this.#where = where;
    this.#tenant = tenant;
  }

  to(what: string, name: string | null, owner: (name: string) => string | null): Finding[] {
    if (this.#tenant === null || name === null || !isForeign(owner(name), this.#tenant)) return [];
    const says = `leads to the ${what} ${name}, which is ${owner(name)}'s`;
    return [{ tenant: this.#tenant, where: this.#where, says }];
  }
}

function didFindings(row: Audited["dids"][number], owners: Owners): Finding[] {
  const tenant = owners.did(row.did_pattern);
  const where = `vicidial_inbound_dids ${row.did_pattern}`;
  const way = new Way(where, tenant);
  const group = owners.group(row.user_group);
  return [
    ...(tenant !== null && isForeign(group, tenant)
      ? [{ tenant, where, says: `is in the user group ${row.user_group}, which is ${group}'s` }]
      : []),
    ...(row.did_route === "IN_GROUP" ? way.to("in-group", row.group_id, owners.ingroup) : []),
    ...(row.did_route === "CALLMENU" ? way.to("call menu", row.menu_id, owners.menu) : []),
    ...way.to("list", String(row.list_id), owners.list),
    ...way.to("campaign", row.campaign_id, owners.campaign),
  ];
}

/** What stands behind an in-group in an option: method, search, list, campaign, phone code, … */
function optionFindings(row: Audited["options"][number], owners: Owners): Finding[] {
  const way = new Way(
    `vicidial_call_menu_options ${row.menu_id} ${row.option_value}`,
    owners.menu(row.menu_id),
  );
  const target = row.option_route_value;
  switch (row.option_route) {
    case "INGROUP": {
      const [, , list = "", campaign = ""] = (row.option_route_value_context ?? "").split(",");
      return [
        ...way.to("in-group", target, owners.ingroup),
        ...way.to("list", list, owners.list),
        ...way.to("campaign", campaign, owners.campaign),
      ];
    }
    case "CALLMENU":
      return way.to("call menu", target, owners.menu);
    case "DID":
      return way.to("DID", target, owners.did);
    default:
      return [];
  }
}
