import type { FoundLeg, Slot, TrunkLeg } from "../calls/slot-port.ts";
import type { Entry } from "./entries.ts";

/** A slot before it has a lease. */
export type NewSlot = Omit<Slot, "leaseEndsAt">;

/** What a pending slot becomes once its leg is known. */
export function dialled(pending: Entry, leg: TrunkLeg): NewSlot {
  return {
    key: leg.key,
    state: "bound",
    tenant: pending.tenant,
    direction: pending.direction,
    trunk: leg.trunk,
    boot: leg.boot,
    asker: pending.key.uniqueid,
    call: pending.call,
    node: pending.node,
    takenAt: pending.takenAt,
    flagged: pending.flagged,
    adopted: false,
  };
}

/** A leg that belongs to nobody yet. */
export function bare(leg: TrunkLeg, node: string, takenAt: number): NewSlot {
  return {
    key: leg.key,
    state: "bound",
    tenant: null,
    direction: null,
    trunk: leg.trunk,
    boot: leg.boot,
    asker: null,
    call: null,
    node,
    takenAt,
    flagged: null,
    adopted: false,
  };
}

/** Whether a listed leg can be the one that a pending slot waits for. */
export function isLegOf(pending: Entry, leg: FoundLeg): boolean {
  return (
    pending.trunk === leg.trunk &&
    (leg.tenant === null || leg.tenant === pending.tenant) &&
    (leg.direction === null || leg.direction === pending.direction)
  );
}
