// The carriers of the scripted VICIdial: each answers unless a test says otherwise, and tells afterwards what it was sent.
import { callee, headerOf, type Scenario, startSipp } from "../../../load/sipp-runner.ts";
import { VICI_AT, VICI_CARRIERS, type ViciCarrier } from "./vicidial-configuration.ts";

export type CarrierInvite = { readonly number: string; readonly name: string; readonly from: string };

/** Carrier → the calls it was sent, repetitions left out. */
export type CarriersSaw = Readonly<Record<ViciCarrier, readonly CarrierInvite[]>>;

/** Runs `use` while the carriers take calls. */
export async function withViciCarriers(
  scenarios: Partial<Record<ViciCarrier, Scenario>>,
  use: () => Promise<void>,
): Promise<CarriersSaw> {
  const names = Object.keys(VICI_CARRIERS) as ViciCarrier[];
  const runs = names.map((name) => ({
    name,
    run: startSipp({
      name,
      scenario: scenarios[name] ?? callee(),
      localIp: VICI_CARRIERS[name],
      localPort: VICI_AT.carrierPort,
    }),
  }));
  try {
    await Promise.all(runs.map(({ run }) => run.ready));
    await use();
  } finally {
    await Promise.all(runs.map(({ run }) => run.stop(1000)));
  }
  const saw = {} as Record<ViciCarrier, readonly CarrierInvite[]>;
  for (const { name, run } of runs) {
    const invites = new Map<string, CarrierInvite>();
    for (const message of (await run.done).messages) {
      if (message.method !== "INVITE" || message.direction !== "received") continue;
      const from = headerOf(message, "From") ?? "";
      invites.set(headerOf(message, "Call-ID") ?? "", {
        number: /^INVITE sip:([^@;>]+)@/.exec(message.startLine)?.[1] ?? "",
        name: /^"([^"]*)"/.exec(from)?.[1] ?? "",
        from: /<sip:([^@>;]+)@/.exec(from)?.[1] ?? "",
      });
    }
    saw[name] = [...invites.values()];
  }
  return saw;
}
