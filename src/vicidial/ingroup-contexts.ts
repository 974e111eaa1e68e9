import { type CountryCode, getCountryCallingCode } from "libphonenumber-js/min";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";

/** Where calls of nobody's list are filed, as VICIdial is installed. */
const LIST = "999";

/**
 * The dialplan that hands calls to VICIdial's in-groups: where the number is known there as a DID, by that DID, so that
 * its list and caller-ID settings hold; otherwise by the AGI for inbound calls. Sharded as the fallbacks are. What
 * happens at the end of a call is VICIdial's own `h`.
 */
export function renderIngroups({ tenants }: Snapshot): string {
  const all = [...tenants.values()];
  return [
    "; Signalbox: VICIdial's in-groups, for #include in extensions.conf. Written by `signalbox render --vicidial`.",
    "[signalbox-ingroup]",
    ...all.flatMap((tenant) => tenant.ingroups.flatMap((ingroup) => ingroupLines(ingroup, tenant))),
    "exten => h,1,Goto(default,h,1)",
    "",
    ...didLines(all),
  ].join("\n");
}

function ingroupLines(ingroup: string, { country, vicidial }: Tenant): string[] {
  const code = getCountryCallingCode(country as CountryCode);
  const did = "sb-vicidial-did-${SB_DID:-3},${SB_DID:1},1";
  const [campaign = ""] = vicidial.campaigns;
  const options = `CID-----LB-----${ingroup}-----\${SB_NUMBER}-----Closer-----park----------${LIST}-----${code}-----${campaign}`;
  return [
    `exten => ${ingroup},1,Set(SB_INGROUP=${ingroup})`,
    ` same => n,GotoIf(\${DIALPLAN_EXISTS(${did})}?${did})`,
    " same => n,Answer()",
    ` same => n,AGI(agi-VDAD_ALL_inbound.agi,${options})`,
    " same => n,Hangup(16)",
  ];
}

function didLines(tenants: readonly Tenant[]): string[] {
  const shards = new Map<string, string[]>();
  for (const { dids } of tenants) {
    for (const { did, vicidialDid } of dids.values()) {
      if (vicidialDid === null) continue;
      const shard = did.slice(-3);
      const lines = shards.get(shard) ?? [];
      lines.push(`exten => ${did.slice(1)},1,Goto(default,99909*${vicidialDid}*\${SB_INGROUP}**DID,1)`);
      shards.set(shard, lines);
    }
  }
  return [...shards]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([shard, lines]) => [`[sb-vicidial-did-${shard}]`, ...lines, ""]);
}
