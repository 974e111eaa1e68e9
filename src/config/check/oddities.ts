import type { CallingRule } from "../../core/schedule/calling-window.ts";
import type { Draft } from "./draft.ts";

/** What is legal and yet hardly meant. */
export function checkOddities({ tenants, tenantNames, report }: Draft): void {
  if (tenantNames?.size === 0)
    report.warn("tenants", [], "has no client in it, so that every call is refused: add tenants/NAME.yaml");
  for (const { file, tenant, raw, dropped } of tenants) {
    for (const [name, hours] of tenant.plan.hours) {
      const days = [...hours.weekly, ...hours.exceptions.values()];
      if (days.some((ranges) => ranges.length > 0) || hours.override?.state === "open") continue;
      report.warn(file, ["hours", name], "has no open minute: every call finds it closed");
    }
    const window = tenant.outbound.callingWindow;
    if (window !== null && [window.rule, ...window.states.values()].every(isNever))
      report.warn(file, ["calling_window"], "has no open minute: nobody is ever called");
    for (const [name, menu] of tenant.plan.menus) {
      if (menu.choices.size > 0) continue;
      report.warn(file, ["menus", name, "choices"], "has no choice: whatever a caller presses is wrong");
    }
    if ([...dropped].some((key) => /^(dids|caller_ids)/.test(key))) continue;
    const calling = CALLS_OUT.find((key) => raw[key] !== undefined);
    if (calling !== undefined && tenant.callerIds.length === 0 && tenant.dids.size > 0) {
      const says =
        "and no caller_ids: a call out that shows none of its dids is refused; list what it may show";
      report.warn(file, [], `has ${calling} ${says}`);
    }
    if (tenant.dids.size === 0 && tenant.callerIds.length === 0 && raw.outbound_prefixes === undefined) {
      report.warn(file, [], "has neither dids nor caller_ids: it can take no call and make none");
    }
  }
}

/** What only a client has who calls out. */
const CALLS_OUT = [
  "outbound_prefixes",
  "accountcodes",
  "destinations",
  "calling_window",
  "spending",
  "caller_id",
] as const;

function isNever({ weekly }: CallingRule): boolean {
  return weekly.every((ranges) => ranges.length === 0);
}
