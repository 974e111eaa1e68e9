import type { CapacityPlan, Finding, TenantPlan } from "./plan.ts";
import { type Column, textTable } from "./table.ts";

const columns: readonly Column<TenantPlan>[] = [
  { title: "client", cell: ({ tenant }) => tenant },
  number("agents", ({ agents }) => agents),
  number("out", ({ outbound }) => outbound),
  number("in", ({ inbound }) => inbound),
  number("wanted", ({ wanted }) => wanted),
  number("cap", ({ cap }) => cap),
  number("own trunks", ({ own_trunks }) => own_trunks),
  number("reserve", ({ reserved }) => reserved),
  number("sure", ({ sure }) => sure),
  number("of the pool", ({ from_pool }) => from_pool),
  { title: "strategy", cell: ({ strategy }) => strategy },
  { title: "fits", cell: fitText },
];

function number(title: string, value: (tenant: TenantPlan) => number | null): Column<TenantPlan> {
  return { title, cell: (tenant) => String(value(tenant) ?? "-"), right: true };
}

function fitText({ advice }: TenantPlan): string {
  if (advice.strategy === null) return "-";
  const fit = advice.fits ? "yes" : `rather ${advice.strategy}`;
  return advice.own_server ? `${fit}, perhaps a server of its own` : fit;
}

/** The plan for people: what is wanted, what there is, what cannot hold. */
export function planText(plan: CapacityPlan): string {
  const { pool, servers, findings } = plan;
  const wrong = findings.filter(({ kind }) => kind === "cannot_hold");
  const notes = findings.filter(({ kind }) => kind === "note");
  const lines = [
    `the busiest minute: every agent with ${plan.dial_level} lines, inbound at its cap`,
    "",
    ...textTable(columns, plan.tenants),
    "",
    `shared pool  ${pool.wanted} wanted of ${pool.channels} channels, ${pool.reserved} reserved`,
    `servers      ${servers.needed} needed of ${servers.configured} configured, for ${servers.channels} recorded channels at ${plan.server_channels} each`,
    ...section("cannot hold", wrong),
    ...section("worth a look", notes),
    "",
    plan.holds ? "everything that is promised can be held" : "not everything that is promised can be held",
  ];
  return `${lines.join("\n")}\n`;
}

function section(title: string, findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  return ["", title, ...findings.map(({ about, says }) => `  ${about}: ${says}`)];
}
