/**
 * What one call adds to the counts that reports are made from. A store keeps these sums beside the calls and changes
 * both in one transaction; when a record grows, its old shares are taken out and the new ones put in.
 */

import { billedSeconds, increments } from "../billing/increments.ts";
import { dateText, wallClock } from "../schedule/wall-clock.ts";
import { type LegLimits, UNLIMITED } from "./held.ts";
import type { CallOutcome, CallRecord, StampedCall } from "./record.ts";

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
  readonly occupations: readonly Occupation[];
};

export function sharesOf(record: StampedCall): Shares {
  const day = dayOf(record);
  const tenant = record.stamp.tenant;
  const did = record.did ?? "";
  const ingroup = record.ingroup ?? record.queue ?? "";
  const counted = record.legs.filter((leg) => !leg.refused);
  const limits = limitsOf(record);
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
    legs: counted.map((leg) => ({
      tenant,
      day,
      direction: leg.direction,
      did,
      ingroup,
      trunk: leg.trunk ?? "",
      shared: leg.shared,
      legs: 1,
      answered: leg.answeredAt === null ? 0 : 1,
      seconds: leg.billableSeconds,
      billed66: billedSeconds(leg.billableSeconds, increments["6/6"]),
      billed306: billedSeconds(leg.billableSeconds, increments["30/6"]),
      billed6060: billedSeconds(leg.billableSeconds, increments["60/60"]),
    })),
    occupations: counted
      .filter((leg) => leg.endedAt > leg.startedAt)
      .map(({ uniqueid, startedAt, endedAt, shared }) => ({
        ...{ uniqueid, from: startedAt, to: endedAt, shared },
        ...limits,
      })),
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
