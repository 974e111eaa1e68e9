import { planEmergency } from "../../core/callflow/emergency.ts";
import type { Tenant } from "../../core/snapshot/snapshot.ts";
import { SYSTEM_FILE, TRUNKS_FILE } from "../read.ts";
import { type Draft, isDropped } from "./draft.ts";

/** What people dial for help at home: a number that is not listed is refused. */
const AT_HOME: ReadonlyMap<string, readonly string[]> = new Map(
  `AE 997 998 999, AR 100 101 107 911, AT 112 122 133 144, AU 000, BE 112, BG 112, BR 190 192 193, CA 911 988,
   CH 112 117 118 144, CL 131 132 133, CN 110 119 120, CO 123, CR 911, CY 112 199, CZ 112 150 155 158, DE 110 112, DK 112,
   DO 911, EC 911, EE 112, EG 122 123 180, ES 112, FI 112, FR 15 17 18 112, GB 112 999, GR 100 112 166 199, HK 999, HR 112,
   HU 104 105 107 112, ID 110 112 113 118 119, IE 112 999, IL 100 101 102, IN 100 101 102 108 112, IS 112, IT 112 113 115 118,
   JP 110 119, KE 999, KR 112 119, LT 112, LU 112 113, LV 112, MT 112, MX 911, MY 999, NG 112, NL 112, NO 112, NZ 111, PA 911,
   PE 105 106 116, PH 911, PK 15 1122, PL 112, PR 911 988, PT 112, QA 999, RO 112, RU 101 102 103 112, SA 911 997 998 999,
   SE 112, SG 995 999, SI 112 113, SK 112 150 155 158, TH 191 1669, TR 112, TW 110 119, UA 101 102 103 112, US 911 988,
   UY 911, VE 911, VN 113 114 115, ZA 10111 10177`
    .split(",")
    .map((line) => line.trim().split(/\s+/))
    .map(([country = "", ...numbers]) => [country, numbers]),
);

/** The numbers for help of every country that a client calls from can be dialled, and a trunk carries them. */
export function checkEmergencyNumbers(draft: Draft): void {
  const { system, tenants, thorough, report } = draft;
  if (!thorough) return;
  checkWaysOut(draft);
  const countries = new Set(tenants.map(({ tenant }) => tenant.country));
  for (const country of countries) {
    const lacking = (AT_HOME.get(country) ?? []).filter((each) => !system.emergencyNumbers.includes(each));
    if (lacking.length === 0) continue;
    const says = `in ${country} people dial ${lacking.join(", ")} for help, which leads nowhere here: add what is meant to the list`;
    report.warn(SYSTEM_FILE, ["emergency_numbers"], says);
  }
}

/**
 * Without a trunk of its own or a shared one, a client's call for help ends in the static dialplan; and so does one from a
 * phone that carries no client's account code where nothing is shared.
 */
function checkWaysOut({ system, trunks, validated, tenants, report }: Draft): void {
  const [number] = system.emergencyNumbers;
  if (number === undefined || validated.trunks.dropped.size > 0) return;
  const overflow = validated.trunks.raw.overflow ?? [];
  for (const { file, tenant, dropped } of tenants) {
    if (isDropped(dropped, "trunks") || isDropped(dropped, "emergency") || !hasPhones(tenant)) continue;
    // One that is named and not there is an error of its own.
    if ((tenant.emergency?.trunks ?? []).length > 0) continue;
    if (planEmergency(tenant, { trunks, overflow }).trunks.length > 0) continue;
    const says = `no trunk carries a call for help (${number}) from its phones: name one here, its own or a shared one`;
    report.warn(file, ["emergency", "trunks"], says);
  }
  if (trunks.size === 0 || planEmergency(null, { trunks, overflow }).trunks.length > 0) return;
  if (!tenants.some(({ tenant }) => hasPhones(tenant))) return;
  const says = `no trunk carries a call for help (${number}) from a phone without a client's account code: share one, or see that every phone has its client's`;
  report.warn(TRUNKS_FILE, ["overflow"], says);
}

function hasPhones({ callerIds, accountcodes, outboundPrefixes, plan }: Tenant): boolean {
  if (callerIds.length + accountcodes.length + outboundPrefixes.length > 0) return true;
  return [...plan.targets.values()].some(({ type }) => type === "dial");
}
