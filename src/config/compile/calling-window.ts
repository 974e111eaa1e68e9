import type { CallingRule, CallingWindow } from "../../core/schedule/calling-window.ts";
import { parseWeekly } from "../../core/schedule/parse-hours.ts";
import { type RawCallingWindow, type RawRule, stateRule } from "../schema/calling-window.ts";

/** Null for a tenant that may call at any time. */
export function compileCallingWindow(raw: RawCallingWindow | undefined): CallingWindow | null {
  if (raw === undefined || raw === "none") return null;
  return {
    zone: raw.zone ?? "callee",
    rule: compileRule(raw),
    states: new Map(
      Object.entries(raw.states ?? {}).map(([state, own]) => [state, compileRule(stateRule(own, raw))]),
    ),
    exceptCampaigns: new Set((raw.except_campaigns ?? []).map((campaign) => campaign.toUpperCase())),
  };
}

function compileRule({ from = "", to = "", days = "daily", weekly, holidays }: RawRule): CallingRule {
  const week = parseWeekly(weekly ?? { [days]: `${from}-${to}` });
  if (!week.ok) throw new Error(`bug: a calling window passed its schema: ${week.problems[0]?.problem}`);
  return { weekly: week.value, onHolidays: holidays !== "closed" };
}
