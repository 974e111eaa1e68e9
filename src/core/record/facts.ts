import type { Direction } from "../tenant/stamp.ts";
import type { TenantId } from "../tenant/tenant-id.ts";
import type { LegTrunk, RecordingMark } from "./record.ts";

/** What a switch tells about a channel, in the words of a record. `at` is epoch milliseconds. */
export type CallFact =
  | (OfLeg & { readonly type: "leg_up"; readonly channel: string })
  | (OfLeg & { readonly type: "leg_answered" })
  /** A sign of life: a sweep listed it, or the connection to the switch was still up. */
  | (OfLeg & { readonly type: "leg_seen" })
  | (OfLeg & {
      readonly type: "leg_ended";
      readonly cause: number;
      /** True when the far end of this leg hung up, false when it was our side; null when nobody knows. */
      readonly byFarEnd: boolean | null;
      /** It had called in and was still ringing then. */
      readonly unanswered?: true;
      /** The longest call was over. */
      readonly overtime?: true;
      /** What the leg carried about its recording. */
      readonly marks?: readonly RecordingMark[];
    })
  /** `uniqueid` is the leg that rings. */
  | (OfLeg & {
      readonly type: "dial_begin";
      readonly dialledBy: string | null;
      readonly channel: string;
    })
  /** Of the leg that rang. It says nothing about that leg's end. */
  | (OfLeg & { readonly type: "dial_end"; readonly status: string })
  /** The switch has none of the call's legs any more and told the end of none. */
  | { readonly type: "legs_gone"; readonly at: number }
  /** Somebody paused or resumed the recording of the call. */
  | ({ readonly type: "recording_marked" } & RecordingMark);

/** What is said of one leg. */
export type LegFact = Exclude<CallFact, { type: "legs_gone" | "recording_marked" }>;

type OfLeg = {
  readonly uniqueid: string;
  readonly at: number;
  /** Where the event names it: a node that missed the leg's beginning learns from its end what it was. */
  readonly channel?: string;
  readonly trunk?: LegTrunk | null;
  /** The stamp that the leg carries, as far as the event tells. */
  readonly tenant?: TenantId | null;
  readonly zone?: string | null;
  readonly direction?: Direction | "refused" | null;
};
