import { SYSTEM_FILE } from "../read.ts";
import type { Draft } from "./draft.ts";

/** What people dial for help at home: a number that is not listed is refused. */
const AT_HOME: ReadonlyMap<string, readonly string[]> = new Map(
  `AT 112 122 133 144, AU 000, BE 112, BR 190 192 193, CA 911, CH 112 117 118 144, CL 131 132 133, CN 110 119 120,
   DE 110 112, DK 112, ES 112, FI 112, FR 15 17 18 112, GB 112 999, HK 999, IE 112 999, IL 100 101 102,
   IT 112 113 115 118, JP 110 119, KE 999, KR 112 119, MX 911, MY 999, NL 112, NO 112, NZ 111, PL 112, PT 112, SE 112,
   SG 995 999, TH 191 1669, TW 110 119, US 911, ZA 10111 10177`
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
