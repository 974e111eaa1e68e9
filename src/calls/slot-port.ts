/**
 * The port of the slot store: which trunk legs are live, whose they are, and whether one more has room.
 *
 * A slot is one live trunk leg. It begins *pending*, named by the channel that asked (outbound), or at once *bound* to
 * its leg (inbound, where the asking channel is the leg). What ends is kept for a while as a tombstone, so that a late
 * word about it brings nothing back. The switch is the truth; the store MUST accept what is learnt from it (bind,
 * adopt, release) whatever the caps say, and weighs only what asks (acquire).
 *
 * Every operation is atomic and idempotent: in every order and repetition the same legs are counted once.
 */
import type { CallerGone, FullScope, SlotKey, SlotRequest } from "../core/admission/admission.ts";
import type { CallId, Direction } from "../core/tenant/stamp.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { Soon } from "../platform/soon.ts";

/** Times of a slot, in milliseconds of the store's own clock. */
export const slotTimes = {
  /** From a decision to the DialBegin of its leg: milliseconds; the lease outlives an AMI loss until it is noticed. */
  pendingMs: 30_000,
  /** Renewed by every sweep; six may fail before an unfrozen slot falls. */
  leaseMs: 60_000,
  /** From the end of a failed leg to the step that asks for the next trunk: milliseconds, 3 s with a node that is down. */
  handedBackMs: 3_000,
  /**
   * With nobody at the store for this long (stopped nodes, a stopped Redis, its clock set forward) no lease has been
   * seen to end: all begin anew. Sweeps come more often, and a node of Redis every second.
   */
  unattendedMs: 15_000,
  /** How long a hung-up channel is remembered. */
  tombstoneMs: 600_000,
  /** After this an acquire is answered by `whenUnreachable`. */
  acquireMs: 150,
} as const;

export type SlotState =
  /** Asked for; its leg is not known yet. */
  | "pending"
  /** A trunk leg. Without a tenant it is unattributed: counted on its trunk and the pool, on nobody's cap. */
  | "bound"
  /** A leg that is being turned away: counted on its trunk and the pool, never on a tenant. */
  | "refused";

export type Slot = {
  /** The asking channel of a pending slot, else the trunk leg. */
  readonly key: SlotKey;
  readonly state: SlotState;
  readonly tenant: TenantId | null;
  readonly direction: Direction | null;
  readonly trunk: string;
  /** The switch's boot, "" while unknown. */
  readonly boot: string;
  /** Uniqueid of the channel that asked for an outbound leg. */
  readonly asker: string | null;
  readonly call: CallId | null;
  /** The node that took or adopted it. */
  readonly node: string;
  /** Epoch milliseconds of the store's clock. */
  readonly takenAt: number;
  /** Null while the switch is unseen: the lease is frozen. */
  readonly leaseEndsAt: number | null;
  /** What would have refused it. */
  readonly flagged: FullScope | "slots_unreachable" | null;
  /** True when a sweep found it and no decision had taken it. */
  readonly adopted: boolean;
};

export type AcquireContext = {
  readonly node: string;
  /** Boot of the switch as far as this node knows it, "" if it does not. */
  readonly boot: string;
  /** Lease of a pending slot; 0 is over at once. */
  readonly pendingMs?: number;
};

/** Assignable to the core's SlotAnswer. */
export type SlotVerdict =
  | {
      readonly granted: true;
      readonly wouldRefuse: FullScope | "slots_unreachable" | null;
      /**
       * Whose slot it is: not the one who asked when the leg already belonged to another. A leg keeps its tenant, so
       * the caller MUST route the call as this tenant's or refuse it.
       */
      readonly tenant: TenantId;
      readonly how: "taken" | "held" | "moved" | "claimed";
    }
  | {
      readonly granted: false;
      /** `gone`: a tombstone stands for the asking channel; not a refusal to be reported. */
      readonly scope: FullScope | "slots_unreachable" | CallerGone;
      /**
       * Another leg that this channel has dialled and that is still counted, though not the one of `failedTrunk`. Should
       * the switch say that it has ended, release it and ask again.
       */
      readonly previousLeg: SlotKey | null;
    };

/** A trunk leg as the switch names it. */
export type TrunkLeg = { readonly key: SlotKey; readonly boot: string; readonly trunk: string };

export type RefusedLeg = TrunkLeg & { readonly call: CallId | null; readonly node: string };

export type FoundLeg = TrunkLeg & {
  /** By its account code; null when that names no tenant. */
  readonly tenant: TenantId | null;
  /** `SB_DIRECTION`; null when the leg carries none. */
  readonly direction: Direction | "refused" | null;
  readonly call: CallId | null;
  /** Uniqueid in the leg's call id: a pending slot of that channel on this trunk is this leg. */
  readonly asker: string | null;
};

export type BindOutcome = {
  readonly bound: boolean;
  readonly why:
    | "bound"
    /** The leg has its slot already. */
    | "already"
    /** The leg has hung up. A pending slot stays: by now it may be that of the next attempt. */
    | "gone"
    | "no_pending"
    /** The channel asks for another trunk by now: the leg of the earlier attempt got a slot of its own. */
    | "other_trunk";
};

export type AdoptOutcome = {
  readonly why:
    | "adopted"
    /** It was unattributed and has a tenant now (its stamp's). */
    | "attributed"
    /** It was the leg of a pending slot. */
    | "bound"
    /** It has a slot, which is renewed, on this trunk. `tenant` may differ from the stamp: that is drift. */
    | "held"
    /** A tombstone: it was listed after its end. */
    | "gone";
  readonly tenant: TenantId | null;
};

export type ReleaseReason =
  /** Confirmed by the switch; leaves a tombstone. */
  | "hangup"
  /** Two complete sweeps omitted it. No tombstone: should it be listed again, it is adopted again. */
  | "swept"
  | "operator";

export type SlotCounts = {
  readonly tenants: ReadonlyMap<string, TenantUse>;
  /** Legs per trunk, all kinds. */
  readonly trunks: ReadonlyMap<string, number>;
};

export type TenantUse = {
  readonly total: number;
  readonly inbound: number;
  readonly outbound: number;
  /** Legs on shared trunks. */
  readonly pool: number;
};

export type SlotSnapshot = {
  /** Epoch milliseconds of the store's clock. */
  readonly at: number;
  readonly slots: readonly Slot[];
  /** The counts that the next acquire is weighed against. */
  readonly counts: SlotCounts;
  readonly frozen: readonly string[];
  /** Another one than before: what was held was lost in between. Of a store that loses nothing it has none. */
  readonly era?: string;
};

export type StoreHealth = {
  /**
   * `rebuilding`: it came back empty or as another server, and `whenUnreachable` answers until every switch was swept.
   */
  readonly state: "ready" | "rebuilding" | "unreachable";
  /** Stable code of what is wrong, null when ready. */
  readonly code: string | null;
  /** What an operator reads: what is wrong and what to do. */
  readonly why: string;
};

/** `code`: slots_unreachable, slots_rebuilding, slots_bad_url, slots_wrong_type, slots_read_only, slots_out_of_memory … */
export class SlotStoreError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SlotStoreError";
    this.code = code;
  }
}

/** All but `acquire` reject with SlotStoreError when the store cannot be asked; the next sweep makes up for it. */
export interface SlotStore {
  /**
   * Weighs all scopes of the request and takes a slot, or takes nothing. Never rejects; answers within 150 ms, and at
   * once where nothing has to be waited for. Asked again by the same channel it answers the same; with another trunk a
   * pending slot moves there, and falls when there is no room there, since a channel that asks again has done with its
   * last attempt. The leg of an attempt that has failed (`failedTrunk`) does not stand in its own call's way: its
   * tenant's share moves to the new slot, and until its Hangup it is counted on its trunk alone. A leg that lives on
   * after all is attributed anew by the next sweep. What a call that fails over still holds it keeps where one trunk
   * has no room, for the trunk that it asks for next.
   */
  acquire(request: SlotRequest, context: AcquireContext): Soon<SlotVerdict>;
  /** The first trunk leg dialled by `asker` has come up. */
  bind(asker: SlotKey, leg: TrunkLeg): Promise<BindOutcome>;
  /** The attempt ended without a leg: frees a pending slot, leaves bound ones. False when there was none. */
  cancel(asker: SlotKey): Promise<boolean>;
  /** The channel is gone: frees its leg's slot and its pending one. False when there was neither. */
  release(key: SlotKey, reason: ReleaseReason): Promise<boolean>;
  /**
   * `release` of a leg that has hung up without an answer: the attempt of `asker`, which lives, has failed. Its tenant's
   * share goes back to `asker` as a pending slot for a moment, so that nobody else can take it before the call asks for
   * the next trunk. Nothing goes back to a channel that has hung up or holds a pending slot already.
   */
  handBack(key: SlotKey, asker: SlotKey): Promise<boolean>;
  /** Counts a leg that is being turned away on its trunk only. False when it has a tenant's slot, which stays. */
  markRefused(leg: RefusedLeg): Promise<boolean>;
  /** Lists what a sweep saw: leases begin anew, `boot` is noted. Gives the uniqueids that have no slot. */
  renew(server: string, boot: string, uniqueids: readonly string[]): Promise<readonly string[]>;
  /** A live trunk leg that no decision is known for. It is counted whatever the caps say. */
  adopt(leg: FoundLeg, node: string): Promise<AdoptOutcome>;
  /**
   * The switch runs as `boot`: frees the slots and tombstones of its earlier boots, except what `spare` names, which
   * the first sweep has listed or which is too young to have been listed. Gives how many slots were freed.
   */
  endBoot(server: string, boot: string, spare: BootSpare): Promise<number>;
  /** The switch is not seen: none of its leases ends, also those already over and not yet collected. */
  freeze(server: string): Promise<void>;
  /** It is seen again; every lease begins anew. */
  unfreeze(server: string): Promise<void>;
  /** Collects ended leases (every other operation does too) and old tombstones. Gives how many slots fell. */
  expire(): Promise<number>;
  snapshot(): Promise<SlotSnapshot>;
  /** What this node has counted itself: what it weighs by while the store cannot be asked. */
  own(): SlotSnapshot;
  /** Only the counts asked for: cheaper than a snapshot. Names that are not in use count 0. */
  usage(scopes: {
    readonly tenants: readonly string[];
    readonly trunks: readonly string[];
  }): Promise<SlotCounts>;
  health(): StoreHealth;
  /**
   * `server` was swept and its legs adopted, in the store's `era`; of another one that says nothing. True once it holds
   * for all of `servers` and the store rules again.
   */
  rebuilt(server: string, servers: readonly string[], era?: string): Promise<boolean>;
  /** True while `node` is the one that listens to `server`; to be asked again well within ttlMs. */
  electListener(server: string, node: string, ttlMs: number): Promise<boolean>;
  /** Gives up the listening at once, so that another node need not wait. */
  resignListener(server: string, node: string): Promise<void>;
  /** True while this process, told by `instance`, is the one called `node`; to be asked again well within ttlMs. */
  claimName(node: string, instance: string, ttlMs: number): Promise<boolean>;
  /** Gives up the name at once, for the process that comes after. */
  leaveName(node: string, instance: string): Promise<void>;
  close(): Promise<void>;
}

export type BootSpare = { readonly uniqueids: readonly string[]; readonly youngerThanMs: number };
