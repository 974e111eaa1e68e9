import type {
  AcquireContext,
  AdoptOutcome,
  BindOutcome,
  BootSpare,
  FoundLeg,
  RefusedLeg,
  ReleaseReason,
  SlotCounts,
  SlotSnapshot,
  SlotStore,
  SlotVerdict,
  StoreHealth,
  TrunkLeg,
} from "../calls/slot-port.ts";
import type { SlotKey, SlotRequest } from "../core/admission/admission.ts";
import { Ledger } from "./ledger.ts";

export type MemoryOptions = {
  /** Epoch milliseconds that never run back. */
  readonly now?: () => number;
  /** For tests of leases: in place of slotTimes.unattendedMs. */
  readonly unattendedMs?: number;
  /** True when calls may be live that this process has not seen: `whenUnreachable` answers until `rebuilt`. */
  readonly rebuild?: boolean;
};

const READY: StoreHealth = { state: "ready", code: null, why: "slots are kept in this process" };
const REBUILDING: StoreHealth = {
  state: "rebuilding",
  code: "slots_rebuilding",
  why: "this process has just started and waits for every switch to be swept; see which switch is not connected",
};

/** The default store: one node, everything in this process. */
export class MemorySlotStore implements SlotStore {
  readonly #ledger: Ledger;
  readonly #swept = new Set<string>();
  #rebuilding: boolean;

  constructor(options: MemoryOptions = {}) {
    this.#ledger = new Ledger(options.now, options.unattendedMs);
    this.#rebuilding = options.rebuild ?? false;
  }

  acquire(request: SlotRequest, context: AcquireContext): SlotVerdict {
    if (!this.#rebuilding) return this.#ledger.acquire(request, context);
    if (request.whenUnreachable === "refuse") {
      return { granted: false, scope: "slots_unreachable", previousLeg: null };
    }
    const verdict = this.#ledger.acquire(request, context);
    return verdict.granted
      ? { ...verdict, wouldRefuse: verdict.wouldRefuse ?? "slots_unreachable" }
      : verdict;
  }

  async bind(asker: SlotKey, leg: TrunkLeg): Promise<BindOutcome> {
    return this.#ledger.bind(asker, leg);
  }

  async cancel(asker: SlotKey): Promise<boolean> {
    return this.#ledger.cancel(asker);
  }

  async release(key: SlotKey, reason: ReleaseReason): Promise<boolean> {
    return this.#ledger.release(key, reason);
  }

  async handBack(key: SlotKey, asker: SlotKey): Promise<boolean> {
    return this.#ledger.handBack(key, asker);
  }

  async markRefused(leg: RefusedLeg): Promise<boolean> {
    return this.#ledger.markRefused(leg);
  }

  async renew(server: string, boot: string, uniqueids: readonly string[]): Promise<readonly string[]> {
    return this.#ledger.renew(server, boot, uniqueids);
  }

  async adopt(leg: FoundLeg, node: string): Promise<AdoptOutcome> {
    return this.#ledger.adopt(leg, node);
  }

  async endBoot(server: string, boot: string, spare: BootSpare): Promise<number> {
    return this.#ledger.endBoot(server, boot, spare);
  }

  async freeze(server: string): Promise<void> {
    this.#ledger.freeze(server);
  }

  async unfreeze(server: string): Promise<void> {
    this.#ledger.unfreeze(server);
  }

  async expire(): Promise<number> {
    return this.#ledger.expire();
  }

  async snapshot(): Promise<SlotSnapshot> {
    return this.#ledger.snapshot();
  }

  own(): SlotSnapshot {
    return this.#ledger.snapshot();
  }

  async usage(scopes: {
    readonly tenants: readonly string[];
    readonly trunks: readonly string[];
  }): Promise<SlotCounts> {
    return this.#ledger.usage(scopes.tenants, scopes.trunks);
  }

  health(): StoreHealth {
    return this.#rebuilding ? REBUILDING : READY;
  }

  async rebuilt(server: string, servers: readonly string[]): Promise<boolean> {
    this.#swept.add(server);
    if (servers.every((name) => this.#swept.has(name))) this.#rebuilding = false;
    return !this.#rebuilding;
  }

  async electListener(): Promise<boolean> {
    return true;
  }

  async resignListener(): Promise<void> {}

  async claimName(): Promise<boolean> {
    return true;
  }

  async leaveName(): Promise<void> {}

  async close(): Promise<void> {}
}
