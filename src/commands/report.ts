import { type IncrementName, increments, isIncrement } from "../core/record/increments.ts";
import { monthAt, monthIn } from "../reports/month.ts";
import { usageReport } from "../reports/usage.ts";
import { usageCsv, usageJson, usageText } from "../reports/usage-text.ts";
import { type Common, type Io, WrongUse } from "./io.ts";
import { withRecords, zoneOfTenant } from "./records-of.ts";

export type ReportUsageOptions = Common & {
  readonly tenant: string;
  /** `YYYY-MM`; the current one, where the client is, unless given. */
  readonly month?: string;
  /** 6/6 unless given. */
  readonly increment?: string;
  readonly format?: "table" | "csv" | "json";
};

/** What a client used in a month. */
export async function reportUsage(options: ReportUsageOptions, io: Io): Promise<number> {
  const increment = incrementOf(options.increment ?? "6/6");
  return withRecords(options, io, async (records, snapshot) => {
    const zone = zoneOfTenant(snapshot, options.tenant);
    const { tenant } = options;
    const month = monthIn(options.month ?? monthAt(Date.now(), zone), zone);
    if (month === null) throw new WrongUse(`--month takes YYYY-MM, not ${options.month}`);
    const rows = await records.usage({ tenant, from: month.firstDay, to: month.endDay });
    if (rows.calls.length === 0 && ![...snapshot.tenants.values()].some(({ id }) => id === tenant)) {
      io.err(`signalbox: there is no client ${tenant}, and no call of one in ${month.name}\n`);
      return 1;
    }
    const peak = await records.peak(tenant, month.from, month.to);
    const report = usageReport({ tenant, month, increment, rows, peak });
    if (options.format === "json") io.out(`${JSON.stringify(usageJson(report), null, 2)}\n`);
    else io.out(options.format === "csv" ? usageCsv(report) : usageText(report));
    return 0;
  });
}

function incrementOf(text: string): IncrementName {
  if (isIncrement(text)) return text;
  throw new WrongUse(`--increment takes ${Object.keys(increments).join(", ")}, not ${text}`);
}
