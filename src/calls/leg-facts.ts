/**
 * What a switch tells of its channels, in the form its reader gives it (structurally that of the manager interface's
 * events), and what is to be done with the slot store because of it.
 */

import type { SlotKey } from "../core/admission/admission.ts";
import type { Direction } from "../core/tenant/stamp.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { BootSpare, FoundLeg, ReleaseReason, Slot, TrunkLeg } from "./slot-port.ts";

/** `uniqueid` is the channel that dials; null when nobody does, as for a call that the manager originated. */
export type DialBeginFact = {
  readonly uniqueid: string | null;
  readonly destUniqueid: string;
  readonly destChannel: string;
};

export type DialEndFact = DialBeginFact & { readonly status: string };

export type HangupFact = { readonly uniqueid: string };

export type ListedFact = {
  readonly uniqueid: string;
  readonly channel: string;
  readonly accountCode: string;
  readonly sbCall: string | null;
  readonly sbDirection: string | null;
};

/** What the current configuration makes of names. */
export type LegBook = {
  readonly trunkOf: (channel: string) => string | null;
  readonly tenantOf: (accountCode: string) => TenantId | null;
};

/** One look at all channels of a switch. */
export type Sweep = {
  /** False when the list broke off or is not as long as the switch said: it proves nobody's absence. */
  readonly complete: boolean;
  readonly boot: string;
  readonly listed: readonly ListedFact[];
  /** Slots of this switch. MUST have been read before the list was asked for: what is taken later is not missing. */
  readonly stored: readonly Slot[];
  /** Whether the store had this switch's leases frozen then. */
  readonly frozen: boolean;
  /** Milliseconds of any clock that does not run back. */
  readonly at: number;
};

export type LegOrder =
  /** Ask the switch for the status of this one channel; when it has none, tell `ended`. */
  | { readonly do: "confirm"; readonly uniqueid: string }
  | { readonly do: "bind"; readonly asker: SlotKey; readonly leg: TrunkLeg }
  | { readonly do: "release"; readonly key: SlotKey; readonly reason: ReleaseReason }
  | { readonly do: "cancel"; readonly asker: SlotKey }
  /** A leg ended without an answer and whoever dialled it may dial another. */
  | { readonly do: "handBack"; readonly key: SlotKey; readonly asker: SlotKey }
  | {
      readonly do: "renew";
      readonly server: string;
      readonly boot: string;
      readonly uniqueids: readonly string[];
    }
  | { readonly do: "adopt"; readonly leg: FoundLeg }
  | { readonly do: "endBoot"; readonly server: string; readonly boot: string; readonly spare: BootSpare }
  | { readonly do: "freeze" | "unfreeze"; readonly server: string };

/** How far the store and the switch were apart, before the orders. */
export type Drift = {
  /** Trunk legs that no slot counts. */
  readonly uncounted: number;
  /** Slots whose leg was not listed. */
  readonly absent: number;
  /** Legs whose stamp names another tenant than their slot. */
  readonly otherTenant: readonly {
    readonly uniqueid: string;
    readonly slot: TenantId;
    readonly stamp: TenantId;
  }[];
};

export type SweepOutcome = {
  /** To be done in this order. */
  readonly orders: readonly LegOrder[];
  readonly drift: Drift;
  /** Uniqueids of trunk legs whose account code names nobody, refused ones left out. */
  readonly unstamped: readonly string[];
  /** Something was seen or missed once: look again in three seconds instead of ten. */
  readonly again: boolean;
};

/** `SB_DIRECTION` as the channel carries it; null for anything else. */
export function directionOf(text: string | null): Direction | "refused" | null {
  return text === "inbound" || text === "outbound" || text === "refused" ? text : null;
}
