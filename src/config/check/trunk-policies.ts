import type { Trunk } from "../../core/trunk/trunk.ts";
import { type Draft, isDropped, missing, type TenantDraft } from "./draft.ts";

/** Which trunks the tenants may use, and that none of them is another's. */
export function checkTrunkPolicies(draft: Draft): void {
  for (const each of draft.tenants) {
    checkStrategy(each, draft);
    const { dedicated } = each.tenant.trunks;
    dedicated.forEach((name, index) => {
      const at = ["trunks", "dedicated", index];
      if (!isTwice(dedicated, index, at, each, draft)) checkDedicated(name, at, each, draft);
    });
    for (const name of each.tenant.billing.byTrunk.keys())
      if (!draft.trunks.has(name))
        reportMissing(name, ["billing_increment", "trunks", name], each.file, draft);
    const { trunks: emergency = [] } = each.tenant.emergency ?? {};
    emergency.forEach((name, index) => {
      const at = ["emergency", "trunks", index];
      if (!isTwice(emergency, index, at, each, draft)) checkReachable(name, at, each, draft);
    });
  }
  for (const { name, tenant } of draft.trunks.values()) {
    const owner = draft.tenants.find(({ id }) => id === tenant);
    if (owner === undefined || isDropped(owner.dropped, "trunks")) continue;
    if (owner.tenant.trunks.dedicated.includes(name)) continue;
    const says = `the trunk ${name} is dedicated to ${owner.id}, which does not list it: its calls out never use it`;
    draft.report.warn(owner.file, ["trunks"], says);
  }
}

function checkStrategy({ file, raw, tenant, dropped }: TenantDraft, { validated, report }: Draft): void {
  const { strategy, dedicated } = tenant.trunks;
  if (isDropped(dropped, "trunks")) return;
  if (strategy === "shared" && dedicated.length > 0) {
    const says = `the strategy is shared, so ${dedicated.join(", ")} would never be used: make it hybrid or take the list out`;
    report.error(file, ["trunks", "dedicated"], says);
  }
  if (strategy !== "shared" && dedicated.length === 0) {
    report.error(file, ["trunks", "strategy"], `${strategy} needs a list of trunks: add dedicated: [NAME]`);
  }
  const overflow = validated.trunks.raw.overflow ?? [];
  if (strategy !== "dedicated" && overflow.length === 0 && validated.trunks.dropped.size === 0) {
    const says = `${strategy} uses the shared pool and there is none: add overflow to trunks.yaml, or use dedicated`;
    // Where nothing is written a client may do without: he takes calls and makes none.
    if (raw.trunks !== undefined) report.error(file, ["trunks", "strategy"], says);
    else if (tenant.callerIds.length > 0) report.warn(file, ["trunks", "strategy"], says);
  }
}

type At = readonly (string | number)[];

/** A trunk that is named again would be dialled again, after it has just failed. */
function isTwice(
  names: readonly string[],
  index: number,
  at: At,
  { file }: TenantDraft,
  { report }: Draft,
): boolean {
  const name = names[index] ?? "";
  if (names.indexOf(name) === index) return false;
  report.error(file, at, `${name} is here twice: keep one`);
  return true;
}

/** What is wrong with its owner stands in trunks.yaml, and is reported there. */
function isOwned({ tenant, shared }: Trunk, { tenantNames }: Draft): boolean {
  return tenant === null ? shared : tenantNames?.has(tenant) !== false && !shared;
}

function checkDedicated(name: string, at: At, { file, id }: TenantDraft, draft: Draft): void {
  const trunk = draft.trunks.get(name);
  if (trunk === undefined) {
    reportMissing(name, at, file, draft);
    return;
  }
  if (trunk.tenant === id || !isOwned(trunk, draft)) return;
  const owner = trunk.tenant === null ? "a shared trunk" : `dedicated to ${trunk.tenant}`;
  draft.report.error(file, at, `${name} is ${owner}: a tenant may list only trunks with tenant: ${id}`);
}

function checkReachable(name: string, at: At, { file, id }: TenantDraft, draft: Draft): void {
  const trunk = draft.trunks.get(name);
  if (trunk === undefined) {
    reportMissing(name, at, file, draft);
    return;
  }
  if (trunk.shared || trunk.tenant === null || trunk.tenant === id || !isOwned(trunk, draft)) return;
  const says = `${name} is dedicated to ${trunk.tenant}: use a trunk of ${id} or a shared one`;
  draft.report.error(file, at, says);
}

function reportMissing(name: string, at: At, file: string, { trunks, validated, report }: Draft): void {
  if (isDropped(validated.trunks.dropped, "trunks", name)) return;
  report.error(file, at, missing("trunk", name, trunks.keys(), "add it to trunks.yaml"));
}
