import type { IncrementName } from "../billing/increments.ts";
import type { CallerList } from "../number/caller-list.ts";
import type { E164 } from "../number/e164.ts";
import type { RoutingPlan, TargetPath } from "../routing/plan.ts";
import type { CallingWindow } from "../schedule/calling-window.ts";
import type { TenantId } from "../tenant/tenant-id.ts";
import type { CallerIdChoice } from "../trunk/caller-id.ts";
import type { Trunk, TrunkPolicy } from "../trunk/trunk.ts";

/**
 * The whole configuration, compiled, at one moment. Every step takes one and keeps it to its end. It is replaced,
 * never changed; nobody may write to it.
 */
export type Snapshot = {
  /** First 12 hex digits of the content's SHA-256: equal files, equal revision. */
  readonly revision: string;
  readonly system: System;
  readonly trunks: ReadonlyMap<string, Trunk>;
  /** Asterisk endpoint name → trunk name. */
  readonly trunkByEndpoint: ReadonlyMap<string, string>;
  /** The shared pool in order of preference; the trunks of one tier are equals. */
  readonly overflow: readonly (readonly string[])[];
  /** What admission weighs for shared trunks, computed once per snapshot. */
  readonly pool: {
    readonly trunks: readonly string[];
    readonly reserves: readonly { readonly tenant: TenantId; readonly reserved: number }[];
  };
  readonly tenants: ReadonlyMap<TenantId, Tenant>;
  readonly dids: ReadonlyMap<E164, DidOwner>;
  /** Account code, tenants' own names included → tenant. */
  readonly tenantByAccountcode: ReadonlyMap<string, TenantId>;
  /** Dialled prefix → tenant. */
  readonly tenantByPrefix: ReadonlyMap<string, TenantId>;
  /** VICIdial's campaigns and user groups, in capitals as its tables compare them → tenant. */
  readonly tenantByCampaign: ReadonlyMap<string, TenantId>;
  readonly tenantByUserGroup: ReadonlyMap<string, TenantId>;
};

export type System = {
  readonly node: string;
  readonly country: string;
  readonly emergencyNumbers: readonly string[];
  readonly switches: readonly Switch[];
  readonly fastagi: {
    readonly listen: string;
    readonly allow: readonly string[];
    readonly addresses: readonly string[];
  };
  readonly http: { readonly listen: string };
  /** `memory` or a Redis URL. */
  readonly slots: string;
  /** `sqlite:FILE` or `mysql://…`. */
  readonly records: string;
  readonly recordingsDirectory: string;
  /** True when recordings may be paused from here, which takes one right more on every switch. */
  readonly recordingsPause: boolean;
  readonly doNotCall: NumberFile | null;
  readonly whenSlotsUnreachable: WhenUnreachable;
  /** Null where the switches are no VICIdial's. */
  readonly vicidial: Vicidial | null;
};

/** A VICIdial on the same switches. */
export type Vicidial = {
  /** `mysql://…`, only ever read; null: nothing is looked up. */
  readonly database: string | null;
  /** Calls that say themselves whose they are are looked up too; what VICIdial files under another client is refused. */
  readonly lookUpAll: boolean;
  /** Its do-not-call tables count as well. */
  readonly doNotCall: boolean;
  /** A number that no client owns is VICIdial's to answer. */
  readonly passUnknownDids: boolean;
  /** A client's number without a fallback is VICIdial's to answer while no decision comes. */
  readonly failOpen: boolean;
  /** `host:port` of its own FastAGI server, as its switches reach it. */
  readonly fastagi: string;
  /** The dial prefix of campaigns of every client; the call code then says whose call it is. */
  readonly dialPrefix: string | null;
};

export type Switch = {
  readonly server: string;
  /** `host:port` of its manager interface. */
  readonly ami: string;
  readonly username: string;
  readonly secret: string;
  /** `16` … `22`. */
  readonly version: string;
  readonly technology: "pjsip" | "sip";
  /** Where its FastAGI connections come from. */
  readonly addresses: readonly string[];
  /** Absolute path of its call detail records; null: where the switch itself puts them. */
  readonly cdr: string | null;
};

export type NumberFile = { readonly file: string };

export type WhenUnreachable = {
  readonly inbound: "allow" | "refuse";
  readonly outbound: "allow" | "refuse";
};

export type Tenant = {
  readonly id: TenantId;
  readonly name: string;
  readonly timezone: string;
  readonly country: string;
  /** Of its prompts where a call has none; null: the channel's. */
  readonly language: string | null;
  readonly agents: number | null;
  /** `usual` null: as the trunk of each leg says. */
  readonly billing: {
    readonly usual: IncrementName | null;
    readonly byTrunk: ReadonlyMap<string, IncrementName>;
  };
  readonly accountcodes: readonly string[];
  readonly limits: Limits;
  readonly trunks: TrunkPolicy;
  /** The first is the default. */
  readonly callerIds: readonly E164[];
  readonly emergency: { readonly callerId: E164 | null; readonly trunks: readonly string[] } | null;
  readonly dids: ReadonlyMap<E164, Did>;
  readonly plan: RoutingPlan;
  /** Where a call goes when no decision comes; null: refused with congestion. */
  readonly fallback: TargetPath | null;
  readonly blockedCallers: BlockedCallers | null;
  readonly vipCallers: VipCallers | null;
  readonly outbound: OutboundPolicy;
  readonly recording: RecordingPolicy;
  readonly whenSlotsUnreachable: WhenUnreachable;
  readonly ingroups: readonly string[];
  readonly queues: readonly string[];
  readonly outboundPrefixes: readonly string[];
  /** Feature code that opens and closes a line by phone. */
  readonly hoursCode: HoursCode | null;
  /** What is this client's in VICIdial. */
  readonly vicidial: { readonly userGroups: readonly string[]; readonly campaigns: readonly string[] };
};

export type Did = {
  readonly did: E164;
  /** Where its calls begin: the route's target, or for a number on hold its announcement. */
  readonly entry: TargetPath;
  /** Null for a number on hold. */
  readonly route: string | null;
  readonly label: string | null;
  /** In currency units a month, as configured. */
  readonly monthlyCost: number | null;
  /** Dates `YYYY-MM-DD`, for people; a number on hold has the second, whether or not that day has passed. */
  readonly inServiceSince: string | null;
  readonly onHoldUntil: string | null;
  readonly fallback: TargetPath | null;
  readonly language: string | null;
  readonly recording: RecordingShare | null;
  /** `did_id` of the same number in VICIdial. */
  readonly vicidialDid: number | null;
};

/** The tenant is looked up, not pointed to: one tenant can then be replaced without touching its neighbours. */
export type DidOwner = { readonly tenant: TenantId };

export type Limits = {
  readonly mode: "enforce" | "watch";
  /** Trunk legs at a time, both directions, all servers; null: no cap. */
  readonly channels: number | null;
  readonly inbound: number | null;
  readonly outbound: number | null;
  /** Legs of the shared pool that are always there for this tenant. */
  readonly reserved: number;
  readonly callsPerSecond: number | null;
  readonly longestCallMinutes: number | null;
  readonly whenFull: { readonly inbound: FullTreatment; readonly outbound: FullTreatment };
};

export type FullTreatment =
  | { readonly kind: "hangup"; readonly cause: number; readonly announce: string | null }
  | { readonly kind: "target"; readonly target: TargetPath };

export type BlockedCallers = { readonly list: CallerList; readonly then: TargetPath };

export type VipCallers = { readonly list: CallerList; readonly route: string };

/** Percent of calls, 0 to 100. */
export type RecordingShare = number;

export type RecordingPolicy = {
  readonly inbound: RecordingShare;
  readonly outbound: RecordingShare;
  readonly format: "wav" | "wav49" | "gsm";
  /** Name of a prompt. */
  readonly notice: string | null;
  readonly keepDays: number | null;
  /** True: what the leg said and what it heard are kept apart as well. */
  readonly legs: boolean;
  /** VICIdial's campaign, in capitals → of its calls out; wins over `outbound`. */
  readonly campaigns: ReadonlyMap<string, RecordingShare>;
};

export type OutboundPolicy = {
  readonly doNotCall: NumberFile | null;
  readonly callingWindow: CallingWindow | null;
  readonly destinations: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  /** What happens to a caller ID that is not the tenant's, or is missing. */
  readonly onForeignCallerId: "replace" | "refuse";
  /** Which of the tenant's caller IDs replaces it: the first, the one nearest to the called number, or each in turn. */
  readonly callerIdChoice: CallerIdChoice;
  readonly spending: Spending | null;
};

/** The most a tenant may dial in one day of its own calendar; null: no limit. */
export type SpendLimits = { readonly callsPerDay: number | null; readonly minutesPerDay: number | null };

export type Spending = SpendLimits & {
  /** Beginnings of E.164 numbers with limits of their own, counted besides the tenant's; the longest applies. */
  readonly perPrefix: readonly (SpendLimits & { readonly prefix: string })[];
};

export type HoursCode = {
  /** What is dialled: `*21`. */
  readonly code: string;
  readonly pin: string;
  readonly hours: string;
};
