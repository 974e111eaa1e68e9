import type { Draft } from "./draft.ts";

/** What is legal and yet hardly meant. */
export function checkOddities({ tenants, report }: Draft): void {
  for (const { file, tenant, raw, dropped } of tenants) {
    for (const [name, hours] of tenant.plan.hours) {
      const days = [...hours.weekly, ...hours.exceptions.values()];
      if (days.some((ranges) => ranges.length > 0) || hours.override?.state === "open") continue;
      report.warn(file, ["hours", name], "has no open minute: every call finds it closed");
    }
    for (const [name, menu] of tenant.plan.menus) {
      if (menu.choices.size > 0) continue;
      report.warn(file, ["menus", name, "choices"], "has no choice: whatever a caller presses is wrong");
    }
    if ([...dropped].some((key) => /^(dids|caller_ids)/.test(key))) continue;
    if (tenant.dids.size === 0 && tenant.callerIds.length === 0 && raw.outbound_prefixes === undefined) {
      report.warn(file, [], "has neither dids nor caller_ids: it can take no call and make none");
    }
  }
}
