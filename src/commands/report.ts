import { type Billing, isIncrement } from "../core/billing/increments.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import { billingOf, billingText, incrementNames, unknownTrunks } from "../reports/billing.ts";
import { monthAt, monthIn } from "../reports/month.ts";
import { usageReport } from "../reports/usage.ts";
import { usageCsv, usageJson, usageText } from "../reports/usage-text.ts";
import { type Common, type Io, WrongUse } from "./io.ts";
import { calendarOf, withRecords } from "./records-of.ts";

export type ReportUsageOptions = Common & {
  readonly tenant: string;
  /** `YYYY-MM`; the current one, where the client is, unless given. */
  readonly month?: string;
  /** As configured unless given. */
  readonly increment?: string;
  readonly format?: "table" | "csv" | "json";
};

/** What a client used in a month. */
export async function reportUsage(options: ReportUsageOptions, io: Io): Promise<number> {
  const asked = options.increment === undefined ? null : askedFor(options.increment);
  if (options.month !== undefined && monthIn(options.month, "UTC") === null)
    throw new WrongUse(`--month takes YYYY-MM, not ${options.month}`);
  return withRecords(options, io, async (records, snapshot) => {
    const zone = await calendarOf(records, snapshot, options.tenant);
    const { tenant } = options;
    const month = monthIn(options.month ?? monthAt(Date.now(), zone), zone);
    if (month === null) throw new WrongUse(`--month takes YYYY-MM, not ${options.month}`);
    const rows = await records.usage({ tenant, from: month.firstDay, to: month.endDay });
    const client = clientOf(snapshot, tenant);
    if (rows.calls.length === 0 && client === null) {
      io.err(`signalbox: there is no client ${tenant}, and no call of one in ${month.name}\n`);
      return 1;
    }
    const span = { tenant, from: month.from, to: month.to };
    const limits = { channels: client?.limits.channels ?? null, reserved: client?.limits.reserved ?? 0 };
    const [held, recorded] = await Promise.all([
      records.held({ ...span, cap: limits.channels, reserved: limits.reserved }),
      records.recorded(span),
    ]);
    const billing = asked ?? billingOf(client, snapshot);
    if (client === null) io.err(leftText(tenant, zone, asked === null ? billing : null));
    const gone = unknownTrunks(
      rows.legs.map(({ trunk }) => trunk),
      client,
      snapshot,
    );
    if (gone.length > 0 && asked === null) io.err(goneText(gone, billing));
    const report = usageReport({ tenant, month, billing, limits, rows, held, recorded });
    if (options.format === "json") io.out(`${JSON.stringify(usageJson(report), null, 2)}\n`);
    else io.out(options.format === "csv" ? usageCsv(report) : usageText(report));
    return 0;
  });
}

/** What its file said of it is not known any more. `billing` is null where the command line says it. */
function leftText(tenant: string, zone: string, billing: Billing | null): string {
  const billed = billing === null ? "" : `, billed ${billingText(billing)} unless --increment says otherwise`;
  return `${tenant} is not configured any more: by the clock of its last call, ${zone}${billed}\n`;
}

/** What a trunk's own increment was goes with it. */
function goneText(trunks: readonly string[], { usual }: Billing): string {
  const remedy = "if one has another name now, tell with `formerly` in trunks.yaml";
  return `not configured any more, and billed ${usual}: ${trunks.join(", ")}; ${remedy}\n`;
}

function clientOf({ tenants }: Snapshot, name: string): Tenant | null {
  return [...tenants.values()].find(({ id }) => id === name) ?? null;
}

function askedFor(text: string): Billing {
  if (isIncrement(text)) return { usual: text, byTrunk: new Map() };
  throw new WrongUse(`--increment takes ${incrementNames}, not ${text}`);
}
