import type { IncrementName } from "../billing/increments.ts";

/** How a trunk wants numbers: `+12125550100`, `12125550100` or the country's own form. */
export type SendAs = "e164" | "international" | "national";

/** One carrier connection. Its PJSIP endpoint has the trunk's name unless the operator already has one. */
export type Trunk = {
  readonly name: string;
  /** `host:port`; null when the operator's Asterisk already has the endpoint. */
  readonly address: string | null;
  /** The endpoint's name in Asterisk. */
  readonly endpoint: string;
  /** True when the endpoint is the operator's own and nothing is rendered for it. */
  readonly existing: boolean;
  /** The only tenant that may use it, null for a shared trunk. */
  readonly tenant: string | null;
  readonly shared: boolean;
  /** Most legs at a time, both directions. */
  readonly channels: number;
  readonly callsPerSecond: number | null;
  readonly costPerMinute: number | null;
  /** For legs of clients who have none of their own. */
  readonly billingIncrement: IncrementName | null;
  /** Names that it had, under which older legs stand in the records. */
  readonly formerly: readonly string[];
  /** Among equals of one overflow tier, the larger share goes to the larger weight. */
  readonly weight: number;
  /** Source networks besides the address, CIDR. */
  readonly match: readonly string[];
  readonly auth: { readonly username: string; readonly password: string } | null;
  readonly register: boolean;
  readonly codecs: readonly string[];
  /** National number forms are those of this country. */
  readonly country: string;
  readonly sendAs: SendAs;
  /** Leading digits to drop, after `sendAs`. */
  readonly strip: number;
  /** Digits to put in front, after `strip`. */
  readonly prefix: string;
  /** Digits to put in front of an emergency number, which is neither formatted nor stripped. */
  readonly emergencyPrefix: string;
  /** Digits that this carrier puts before a DID it delivers. */
  readonly didPrefix: string;
  /** Hangup causes after which the next attempt is made. */
  readonly failoverCauses: readonly number[];
  /** A carrier that has neither rung nor sent anything else for so many seconds is given up for the next; 0: never. */
  readonly silentSeconds: number;
  /** The share of its calls, 0 to 1, of which fewer are answered only where it is broken; 0 for one not judged by it. */
  readonly leastAnswers: number;
  /** True when the caller ID also goes out as P-Asserted-Identity. */
  readonly assertedIdentity: boolean;
  readonly privacy: Privacy;
  /** True for a host of the house: calls to it carry headers that name the client, which no carrier ever sees. */
  readonly internal: boolean;
  /** Seconds between the switch's own probes (OPTIONS) of the carrier; 0 for none. */
  readonly qualifySeconds: number;
};

/**
 * Whether the caller ID is shown to who is called: as the caller wants it, never (`always` withheld), or whatever the
 * caller wants (`never` withheld).
 */
export type Privacy = "caller" | "always" | "never";

/** Which trunks an outbound call of a tenant may use. */
export type TrunkStrategy = "shared" | "dedicated" | "hybrid";

export type TrunkPolicy = { readonly strategy: TrunkStrategy; readonly dedicated: readonly string[] };

/**
 * The endpoint in a channel name: `PJSIP/apex_sip-00000012` → `apex_sip`; null for a Local channel and for anything
 * that is not named like a SIP leg. The part after the last `-` is Asterisk's own counter.
 */
export function endpointOfChannel(channel: string): string | null {
  const match = /^(?:PJSIP|SIP)\/(.+)-[0-9a-f]{6,}$/.exec(channel);
  return match?.[1] ?? null;
}
