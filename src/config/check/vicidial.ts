import type { ConfigPath } from "../issue.ts";
import { SYSTEM_FILE, TRUNKS_FILE } from "../read.ts";
import { type Draft, isDropped, type TenantDraft } from "./draft.ts";

/** What is said of a VICIdial must be of use: a name that nothing looks up would be a rule dropped in silence. */
export function checkVicidial(draft: Draft): void {
  const { system, validated, tenants, report } = draft;
  if (isDropped(validated.system.dropped, "vicidial")) return;
  if (system.vicidial === null) {
    for (const each of tenants) {
      for (const path of namesIn(each)) {
        report.error(each.file, path, `means nothing without \`vicidial:\` in ${SYSTEM_FILE}: add it there`);
      }
    }
    return;
  }
  if (system.vicidial.database === null) checkWithoutDatabase(draft);
  checkDialPrefix(draft);
  checkFailover(draft);
  checkDids(draft);
}

function namesIn({ tenant }: TenantDraft): ConfigPath[] {
  const dids = [...tenant.dids.values()].filter(({ vicidialDid }) => vicidialDid !== null);
  return [
    ...(tenant.vicidial.userGroups.length === 0 ? [] : [["user_groups"]]),
    ...(tenant.vicidial.campaigns.length === 0 ? [] : [["campaigns"]]),
    ...dids.map(({ did }) => ["dids", did, "vicidial_did_id"]),
  ];
}

function checkWithoutDatabase({ system, report }: Draft): void {
  const missing = "needs `vicidial.database`: add it";
  if (system.vicidial?.lookUpAll) report.error(SYSTEM_FILE, ["vicidial", "look_up"], missing);
  if (system.vicidial?.doNotCall) report.error(SYSTEM_FILE, ["vicidial", "do_not_call"], missing);
  if (system.vicidial?.dialPrefix) report.error(SYSTEM_FILE, ["vicidial", "dial_prefix"], missing);
}

/** A call with the common prefix must never look like one of a tenant's. */
function checkDialPrefix({ system, tenants, report }: Draft): void {
  const common = system.vicidial?.dialPrefix ?? null;
  if (common === null) return;
  for (const { tenant } of tenants) {
    const crossing = tenant.outboundPrefixes.find(
      (prefix) => prefix.startsWith(common) || common.startsWith(prefix),
    );
    if (crossing === undefined) continue;
    const says = `"${common}" and the prefix "${crossing}" of ${tenant.id} begin alike: choose another`;
    report.error(SYSTEM_FILE, ["vicidial", "dial_prefix"], says);
  }
}

/** Numbers that do not exist (1) or are not whole (28): VICIdial marks the lead, and a second carrier says the same. */
const NEVER_AGAIN: readonly number[] = [1, 28];

function checkFailover({ trunks, report }: Draft): void {
  for (const { name, failoverCauses } of trunks.values()) {
    const cause = failoverCauses.find((each) => NEVER_AGAIN.includes(each));
    if (cause === undefined) continue;
    const says = `beside a VICIdial no call is dialled again after ${cause}, which says something of the number: take it out`;
    report.error(TRUNKS_FILE, ["trunks", name, "failover_causes", failoverCauses.indexOf(cause)], says);
  }
}

function checkDids({ tenants, report }: Draft): void {
  const seen = new Map<number, string>();
  for (const { file, tenant } of tenants) {
    for (const { did, vicidialDid } of tenant.dids.values()) {
      if (vicidialDid === null) continue;
      const other = seen.get(vicidialDid);
      if (other !== undefined) {
        const says = `${vicidialDid} is ${other}'s already: each number has a did_id of its own`;
        report.error(file, ["dids", did, "vicidial_did_id"], says);
      }
      seen.set(vicidialDid, did);
    }
  }
}
