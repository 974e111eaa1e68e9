import type { HoursOverride } from "../core/schedule/hours.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";

/**
 * The port of standing orders: what staff have ordered while the node runs, in force until it is taken back. Lines
 * opened and closed by phone, suspended clients, and the wrong PINs that were typed.
 *
 * What was confirmed is kept: on every node within two seconds, or once they see one another again if `untold()` has
 * something to say, and across restarts of all of them. What cannot be kept
 * is not in force. While nodes do not see one another each goes by what it knows; of two orders about one thing the
 * later holds everywhere.
 */
export interface StandingOrders {
  /** What is in force. The same object until something changes; reading it costs nothing. */
  current(): Standing;
  /** Null lets the hours follow the configuration again. Rejects with StandingError and changes nothing. */
  setOverride(order: OverrideOrder): Promise<void>;
  /** Idempotent; the later reason stands. Rejects with StandingError and changes nothing. */
  suspend(tenant: TenantId, order: Order): Promise<void>;
  /** False when the tenant was not suspended. Rejects with StandingError and changes nothing. */
  resume(tenant: TenantId, order: Order): Promise<boolean>;
  /**
   * Counts a PIN. Three wrong ones in a row within ten minutes lock the tenant's code for ten minutes, in which `right`
   * ones are refused too. Of tries on several nodes at one instant some may go uncounted. Never rejects; answers within
   * 200 ms but for the disk.
   */
  pinTried(tenant: TenantId, right: boolean): Promise<PinVerdict>;
  /** Why the other nodes may not know yet of what was ordered here; null once they do, and where there are none. */
  untold(): string | null;
  close(): Promise<void>;
}

/** The orders that this node keeps in its own file, as another place can share them. */
export interface KeptOrders extends StandingOrders {
  /**
   * Takes each of `theirs` that is later than ours, and gives those of ours that are later or not there. Both are
   * written the same everywhere: key → text. Never rejects: what cannot be kept is in force all the same.
   */
  exchange(theirs: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>>;
}

/** Who ordered it and why: what the log, `check` and `simulate` show. */
export type Order = { readonly by: string; readonly why: string };

export type OverrideOrder = {
  readonly tenant: TenantId;
  readonly hours: string;
  readonly override: HoursOverride | null;
  readonly by: string;
};

export type Standing = {
  /** `tenant/hours` → what was set. */
  readonly overrides: ReadonlyMap<string, HoursOverride & Ordered>;
  readonly suspended: ReadonlyMap<TenantId, Ordered & { readonly why: string }>;
};

/** `at`: epoch milliseconds. */
export type Ordered = { readonly by: string; readonly at: number };

export type PinVerdict = {
  readonly locked: boolean;
  /** Epoch milliseconds; null unless locked. */
  readonly until: number | null;
  /** Wrong ones in a row, this one included. */
  readonly wrong: number;
};

export const pinRule = { most: 3, windowMs: 600_000, lockMs: 600_000 } as const;

/** `code`: standing_unreadable, standing_not_kept */
export class StandingError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "StandingError";
    this.code = code;
  }
}
