import { SYSTEM_FILE } from "../read.ts";
import type { Draft } from "./draft.ts";

/** What people dial for help at home besides 112 and 911, where it is another number: a number that is not listed is refused. */
const AT_HOME: ReadonlyMap<string, readonly string[]> = new Map(
  `AT 122 133 144, AU 000, BR 190 192 193, CH 117 118 144, CL 131 132 133, CN 110 119 120, DE 110, FR 15 17 18, GB 999,
   HK 999, IE 999, IL 100 101 102, IT 113 115 118, JP 110 119, KE 999, KR 119, MY 999, NZ 111, SG 995 999, TH 191 1669,
   TW 110 119, ZA 10111 10177`
    .split(",")
    .map((line) => line.trim().split(/\s+/))
    .map(([country = "", ...numbers]) => [country, numbers]),
);

/** The numbers for help of every country that a client calls from can be dialled. */
export function checkEmergencyNumbers({ system, tenants, thorough, report }: Draft): void {
  if (!thorough) return;
  const countries = new Set(tenants.map(({ tenant }) => tenant.country));
  for (const country of countries) {
    const lacking = (AT_HOME.get(country) ?? []).filter((each) => !system.emergencyNumbers.includes(each));
    if (lacking.length === 0) continue;
    const says = `in ${country} people dial ${lacking.join(", ")} for help, which leads nowhere here: add what is meant to the list`;
    report.warn(SYSTEM_FILE, ["emergency_numbers"], says);
  }
}
