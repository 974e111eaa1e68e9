import { planEmergency } from "../core/callflow/emergency.ts";
import { readCaller } from "../core/number/caller.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import { emergencyDialString } from "../core/trunk/dial-string.ts";
import type { OutboundCall } from "./offers.ts";
import { type Paint, plain, traceLines, traceWidth, verdictText } from "./text.ts";
import type { Verdict } from "./verdict.ts";

/** The number meant, and the tenant whose prefix was dialled in front of it. */
type Dialled = { readonly number: string; readonly prefixOf: Tenant | null };

/** What is dialled as an emergency number, as the rendered dialplan has them; null for anything else. */
export function readEmergency(dialled: string, { system, tenants }: Snapshot): Dialled | null {
  const numbers = system.emergencyNumbers;
  if (numbers.includes(dialled)) return { number: dialled, prefixOf: null };
  for (const tenant of tenants.values()) {
    for (const prefix of tenant.outboundPrefixes) {
      const number = numbers.find((each) => dialled === prefix + each);
      if (number !== undefined) return { number, prefixOf: tenant };
    }
  }
  return null;
}

/**
 * A person's call to an emergency number, which no step decides: the static dialplan sends it out, whatever is full,
 * closed or suspended (config/render/emergency.ts).
 */
export function emergencyVerdict(
  { number, prefixOf }: Dialled,
  call: Pick<OutboundCall, "callerId" | "server"> & { readonly tenant: Tenant | null },
  snapshot: Snapshot,
): Verdict {
  const tenant = call.tenant ?? prefixOf;
  const { trunks, callerId } = planEmergency(tenant, snapshot);
  const own = readCaller(call.callerId, tenant?.country ?? snapshot.system.country);
  const shown = callerId ?? (own.kind === "number" ? own.number : null);
  const home = snapshot.system.switches.find(({ server }) => server === call.server);
  const whose = tenant === null ? "nobody's, and goes out over the shared pool" : `${tenant.id}'s`;
  return {
    tenant: tenant?.id ?? null,
    outcome: trunks.length === 0 ? "ended" : "routed",
    reason: null,
    treatment: null,
    schedule: null,
    target: null,
    number,
    caller_id: shown,
    attempts: trunks.map((trunk) => ({
      trunk: trunk.name,
      dial: emergencyDialString(number, trunk, home?.technology ?? "pjsip"),
    })),
    recording: null,
    trace: [
      {
        rule: "emergency",
        says: `${number} leaves by the static dialplan: no decision, cap or rule holds it`,
      },
      { rule: "tenant", says: `the call is ${whose}` },
      { rule: "caller_id", says: shown === null ? "the phone's own is shown" : `${shown} is shown` },
    ],
  };
}

/** For people: the verdict as the last line. */
export function emergencyText(verdict: Verdict, paint: Paint = plain): string {
  const { number, trace, attempts } = verdict;
  const lines = [
    `outbound to the emergency number ${number}`,
    "",
    ...traceLines(trace, traceWidth(trace)),
    ...attempts.map(({ trunk, dial }) => paint.dim(`  > dial ${dial} on ${trunk}`)),
    "",
    paint.good(verdictText(verdict)),
  ];
  return `${lines.join("\n")}\n`;
}
