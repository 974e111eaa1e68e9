import { readDialled } from "../../core/number/dialled.ts";
import type { ConfigPath } from "../issue.ts";
import type { Draft } from "./draft.ts";

/** Numbers that look like E.164 and are nobody's: a digit was lost or doubled, and no call will ever find them. */
export function checkNumbers({ tenants, thorough, report }: Draft): void {
  if (!thorough) return;
  for (const { file, tenant } of tenants) {
    const look = (number: string, at: ConfigPath): void => {
      if (readDialled(number, tenant.country) !== null) return;
      const says = `${number} is no whole telephone number of any country: see whether a digit is missing or one too many`;
      report.warn(file, at, says);
    };
    for (const did of tenant.dids.keys()) look(did, ["dids", did]);
    for (const [index, number] of tenant.callerIds.entries()) look(number, ["caller_ids", index]);
    const emergency = tenant.emergency?.callerId ?? null;
    if (emergency !== null) look(emergency, ["emergency", "caller_id"]);
  }
}
