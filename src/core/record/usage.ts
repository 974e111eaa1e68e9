/**
 * What one call adds to the counts that reports are made from. A store keeps these sums beside the calls and changes
 * both in one transaction; when a record grows, its old shares are taken out and the new ones put in.
 */

import { billedSeconds, increments } from "../billing/increments.ts";
import { dateText, wallClock } from "../schedule/wall-clock.ts";
import { type LegLimits, UNLIMITED } from "./held.ts";
import type { CallOutcome, CallRecord, RecordLeg, StampedCall } from "./record.ts";

/** Of calls: one row for each set of these, with how many there were. "" stands for none. */
export type CallShare = {
  readonly tenant: string;
  /** `YYYY-MM-DD` on the tenant's calendar when the call began. */
  readonly day: string;
  readonly direction: "inbound" | "outbound";
  readonly did: string;
  readonly ingroup: string;
  readonly outcome: CallOutcome;
  /** Of the refusal, "" for a call that was let through. */
  readonly reason: string;
  readonly calls: number;
};

/** Of trunk legs that are the tenant's: refused ones are nobody's use. */
export type LegShare = {
  readonly tenant: string;
  /** The day the call began, so that a call and its legs fall on one day. */
  readonly day: string;
  readonly direction: "inbound" | "outbound";
  readonly did: string;
  readonly ingroup: string;
  readonly trunk: string;
  readonly shared: boolean;
  readonly legs: number;
  readonly answered: number;
  readonly seconds: number;
  readonly billed66: number;
  readonly billed306: number;
  readonly billed6060: number;
};

/** Of legs out that are the tenant's, by the dialler's campaign, "" for none. */
export type CampaignShare = Pick<
  LegShare,
  "tenant" | "day" | "trunk" | "legs" | "answered" | "seconds" | "billed66" | "billed306" | "billed6060"
> & { readonly campaign: string };

/** A leg that holds a channel of the tenant from `from` until before `to`, epoch milliseconds. */
export type Occupation = LegLimits & {
  readonly uniqueid: string;
  readonly from: number;
  readonly to: number;
  /** True for a leg of the shared pool. */
  readonly shared: boolean;
};

export type Shares = {
  readonly call: CallShare;
  readonly legs: readonly LegShare[];
  readonly campaigns: readonly CampaignShare[];
  readonly occupations: readonly Occupation[];
};

export function sharesOf(record: StampedCall): Shares {
  const day = dayOf(record);
  const tenant = record.stamp.tenant;
  const did = record.did ?? "";
  const ingroup = record.ingroup ?? record.queue ?? "";
  const counted = record.legs.filter((leg) => !leg.refused);
  const limits = limitsOf(record);
  const of = { tenant, day };
  // A store has room for so much of it, and VICIdial's have eight characters.
  const campaign = (record.campaign ?? "").slice(0, 40);
  return {
    call: {
      tenant,
      day,
      direction: record.direction,
      did,
      ingroup,
      outcome: record.outcome,
      reason: record.refusal?.reason ?? "",
      calls: 1,
    },
    legs: counted.map((leg) => {
      const { direction, shared } = leg;
      return { ...of, direction, did, ingroup, shared, ...useOf(leg) };
    }),
    campaigns: counted
      .filter((leg) => leg.direction === "outbound")
      .map((leg) => ({ ...of, campaign, ...useOf(leg) })),
    occupations: counted
      .filter((leg) => leg.endedAt > leg.startedAt)
      .map(({ uniqueid, startedAt, endedAt, shared }) => ({
        uniqueid,
        from: startedAt,
        to: endedAt,
        shared,
        ...limits,
      })),
  };
}

function useOf({ trunk, answeredAt, billableSeconds }: RecordLeg) {
  return {
    trunk: trunk ?? "",
    legs: 1,
    answered: answeredAt === null ? 0 : 1,
    seconds: billableSeconds,
    billed66: billedSeconds(billableSeconds, increments["6/6"]),
    billed306: billedSeconds(billableSeconds, increments["30/6"]),
    billed6060: billedSeconds(billableSeconds, increments["60/60"]),
  };
}

function limitsOf({ facts }: CallRecord): LegLimits {
  const limits = facts.steps.find((step) => step.limits !== undefined)?.limits;
  if (limits === undefined) return { cap: null, reserved: null };
  return { cap: limits.cap ?? UNLIMITED, reserved: limits.reserved };
}

/** The tenant's local date on which the call began. */
export function dayOf({ zone, startedAt }: Pick<CallRecord, "zone" | "startedAt">): string {
  const clock = wallClock(zone, startedAt);
  return dateText(clock?.day ?? Math.floor(startedAt / 86_400_000));
}
