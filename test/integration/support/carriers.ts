// Carriers that take calls while a test runs, and what each of them saw in the INVITE.
import {
  callee,
  headerOf,
  type Scenario,
  type SippResult,
  type SippRun,
  startSipp,
} from "../../../load/sipp-runner.ts";
import { CARRIER_PORT, CARRIERS, type CarrierName } from "./outbound-configuration.ts";

/** An INVITE as the carrier got it. */
export type SeenInvite = {
  /** User part of the request URI. */
  readonly number: string;
  /** User part of From. */
  readonly from: string;
  /** Display name of From, "" without one. */
  readonly name: string;
  /** User part of P-Asserted-Identity, "" without one. */
  readonly asserted: string;
  /** Privacy, who diverted the call, and the headers that name client and call: only where the INVITE has them. */
  readonly privacy?: string;
  readonly diversion?: string;
  readonly stamp?: readonly string[];
};

/** What the carriers saw, each its INVITEs in order; a carrier that saw none is not among them. */
export type Seen = Partial<Record<CarrierName, readonly SeenInvite[]>>;

export const answering = (ringMs = 0): Scenario => callee({ ringMs });

/** The three of the ordinary tests. All answer unless said otherwise; `null` is a carrier that is not there. */
export async function withCarriers(
  scenarios: Partial<Record<CarrierName, Scenario | null>>,
  use: () => Promise<void>,
): Promise<Seen> {
  const all = { apex_sip: answering(), pool_a: answering(), pool_b: answering(), ...scenarios };
  const runs = Object.entries(all).flatMap(([name, scenario]): [CarrierName, SippRun][] => {
    if (scenario === null) return [];
    const carrier = name as CarrierName;
    return [
      [carrier, startSipp({ scenario, localIp: CARRIERS[carrier], localPort: CARRIER_PORT, name: carrier })],
    ];
  });
  let graceMs = 2000;
  try {
    await Promise.all(runs.map(([, run]) => run.ready));
    await use();
  } catch (error) {
    graceMs = 0;
    throw error;
  } finally {
    await Promise.all(runs.map(([, run]) => run.stop(graceMs)));
  }
  const results = await Promise.all(
    runs.map(async ([name, run]) => [name, invitesOf(await run.done)] as const),
  );
  return Object.fromEntries(results.filter(([, invites]) => invites.length > 0));
}

function invitesOf({ messages }: SippResult): SeenInvite[] {
  const seen = new Map<string, SeenInvite>();
  for (const message of messages) {
    if (message.method !== "INVITE" || message.direction !== "received") continue;
    const from = headerOf(message, "From") ?? "";
    // Sent again until it is answered, so each call counts once.
    seen.set(headerOf(message, "Call-ID") ?? "", {
      number: /^INVITE sip:([^@;>]+)@/.exec(message.startLine)?.[1] ?? "",
      from: userOf(from),
      name: /^"([^"]*)"/.exec(from)?.[1] ?? "",
      asserted: userOf(headerOf(message, "P-Asserted-Identity") ?? ""),
      ...marksOf(message),
    });
  }
  return [...seen.values()];
}

function marksOf(
  message: SippResult["messages"][number],
): Pick<SeenInvite, "privacy" | "diversion" | "stamp"> {
  const privacy = headerOf(message, "Privacy");
  const diversion = headerOf(message, "Diversion");
  const stamp = message.headers.filter(([name]) => /signalbox/i.test(name)).map((each) => each.join(": "));
  return {
    ...(privacy === undefined ? {} : { privacy }),
    ...(diversion === undefined ? {} : { diversion }),
    ...(stamp.length === 0 ? {} : { stamp }),
  };
}

function userOf(header: string): string {
  return /<sip:([^@>;]+)@/.exec(header)?.[1] ?? "";
}
