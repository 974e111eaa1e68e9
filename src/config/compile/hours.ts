import { DateTime } from "luxon";
import type { Hours } from "../../core/schedule/hours.ts";
import { type Parsed, parseDayRanges, parseWeekly } from "../../core/schedule/parse-hours.ts";
import type { RawHours } from "../schema/hours.ts";

/** Opening hours in the tenant's zone. */
export function compileHours(raw: RawHours, zone: string): Hours {
  const weekly = parseWeekly(raw.weekly ?? {});
  if (!weekly.ok) throw new Error(`bug: hours passed their schema: ${weekly.problems[0]?.problem}`);
  const { holidays, exceptions = {}, override } = raw;
  return {
    zone,
    weekly: weekly.value,
    holidays: holidays ?? null,
    exceptions: new Map(
      Object.entries(exceptions).map(([date, ranges]) => [date, sound(parseDayRanges(ranges))]),
    ),
    override:
      override === undefined
        ? null
        : {
            state: override.state,
            until: override.until === undefined ? null : momentOf(override.until, zone),
          },
  };
}

function sound<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(`bug: a day passed its schema: ${parsed.problem}`);
  return parsed.value;
}

/** Epoch milliseconds; without an offset the text is the wall clock of `zone`. */
function momentOf(text: string, zone: string): number {
  return DateTime.fromISO(text, { zone }).toMillis();
}
