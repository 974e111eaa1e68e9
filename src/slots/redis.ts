import type { Logger } from "pino";
import {
  type AcquireContext,
  type AdoptOutcome,
  type BindOutcome,
  type BootSpare,
  type FoundLeg,
  type RefusedLeg,
  type ReleaseReason,
  type SlotCounts,
  type SlotSnapshot,
  type SlotStore,
  SlotStoreError,
  type SlotVerdict,
  type StoreHealth,
  slotTimes,
  type TrunkLeg,
} from "../calls/slot-port.ts";
import type { SlotKey, SlotRequest } from "../core/admission/admission.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import { Ledger } from "./ledger.ts";
import { type LetIn, Owed } from "./owed.ts";
import {
  channelOf,
  encodeDirection,
  encodeName,
  flagged,
  freeAsk,
  keyArgs,
  readSnapshot,
  readUsage,
  readVerdict,
  refuseArgs,
  takeAsk,
  unreachable,
  usageFields,
} from "./redis-form.ts";
import { type LinkTimings, RedisLink } from "./redis-link.ts";
import type { RedisTarget } from "./redis-url.ts";

export type RedisStoreOptions = {
  readonly target: RedisTarget;
  readonly log: Logger;
  readonly prefix?: string;
  readonly timings?: Partial<LinkTimings>;
};

/** What was asked in vain, and what came of it: null when it was turned away. */
type HeardLate = Pick<LetIn, "request" | "context"> & { readonly letIn: LetIn | null };

/** Heartbeats between two refreshes of this node's copy. */
const COPY_EVERY = 5;

/**
 * Slots shared by several nodes. Redis decides; a ledger in this process follows along, and answers in its place when
 * it cannot be asked and the tenant's configuration wants calls admitted then.
 */
export class RedisSlotStore implements SlotStore {
  readonly #link: RedisLink;
  readonly #copy = new Ledger();
  readonly #owed = new Owed();
  #beats = 0;

  constructor({ target, log, prefix = "signalbox", timings = {} }: RedisStoreOptions) {
    this.#link = new RedisLink({ target, prefix, log, timings, onBeat: () => void this.#catchUp() });
  }

  async acquire(request: SlotRequest, context: AcquireContext): Promise<SlotVerdict> {
    let letIn: LetIn | null = null;
    let reply: string;
    try {
      reply = await this.#link.take(
        takeAsk(request, context),
        (late) => void this.#heardLate(late, { request, context, letIn }),
      );
    } catch (error) {
      if (!(error instanceof SlotStoreError)) throw error;
      const verdict = this.#withoutRedis(request, context);
      if (verdict.granted) letIn = this.#owed.letIn(request, context);
      return verdict;
    }
    const read = readVerdict(reply, request);
    if (read === null) return unreachable;
    const { verdict } = read;
    if (!verdict.granted) {
      if (request.leg === "dialled" && request.failedTrunk === null) this.#copy.cancel(request.key);
      return verdict;
    }
    if (!read.ready && verdict.how === "taken") return this.#byOwnCopy(request, context, verdict);
    this.#copy.acquire(request.enforce ? { ...request, enforce: false } : request, context);
    return read.ready ? verdict : flagged(verdict);
  }

  /** Redis has lost what it held, and has room for that reason alone: until it rules, this node's copy weighs. */
  #byOwnCopy(
    request: SlotRequest,
    context: AcquireContext,
    taken: SlotVerdict & { readonly granted: true },
  ): SlotVerdict {
    const own = this.#copy.acquire(request, context);
    if (own.granted) return flagged({ ...taken, wouldRefuse: own.wouldRefuse ?? taken.wouldRefuse });
    void this.#giveUp(request); // should that fail, a sweep frees it
    return own;
  }

  async bind(asker: SlotKey, leg: TrunkLeg): Promise<BindOutcome> {
    this.#copy.bind(asker, leg);
    this.#owed.cameUp(asker, leg);
    const names = [leg.boot, leg.trunk].map(encodeName);
    const args = [...keyArgs(asker), ...keyArgs(leg.key), ...names, slotTimes.leaseMs];
    const why = await this.#link.run("bind", args, this.#keysOf(leg.key));
    const outcome = String(why) as BindOutcome["why"];
    return { bound: outcome !== "gone" && outcome !== "no_pending", why: outcome };
  }

  async cancel(asker: SlotKey): Promise<boolean> {
    this.#copy.cancel(asker);
    this.#owed.forget(asker);
    return (await this.#link.free(freeAsk(asker, 0, true))) > 0;
  }

  async release(key: SlotKey, reason: ReleaseReason): Promise<boolean> {
    this.#copy.release(key, reason);
    this.#owed.forget(key);
    const tombstoneMs = reason === "hangup" ? slotTimes.tombstoneMs : 0;
    return (await this.#link.free(freeAsk(key, tombstoneMs, false))) > 0;
  }

  async handBack(key: SlotKey, asker: SlotKey): Promise<boolean> {
    this.#copy.handBack(key, asker);
    this.#owed.forget(key);
    const args = [...keyArgs(key), encodeName(asker.uniqueid), slotTimes.tombstoneMs, slotTimes.handedBackMs];
    const keys = [...this.#keysOf(key), ...this.#keysOf(asker).slice(-1)];
    return Number(await this.#link.run("hand-back", args, keys)) > 0;
  }

  async markRefused(leg: RefusedLeg): Promise<boolean> {
    this.#copy.markRefused(leg);
    return (await this.#link.run("refuse", refuseArgs(leg), this.#keysOf(leg.key))) === 1;
  }

  async renew(server: string, boot: string, uniqueids: readonly string[]): Promise<readonly string[]> {
    this.#copy.renew(server, boot, uniqueids);
    const head = [encodeName(server), encodeName(boot), slotTimes.leaseMs];
    const unknown = await this.#link.inBatches("renew", head, [...new Set(uniqueids)].map(encodeName));
    return unknown.map((name) => decodeURIComponent(String(name)));
  }

  async adopt(leg: FoundLeg, node: string): Promise<AdoptOutcome> {
    this.#copy.adopt(leg, node);
    const args = [
      ...keyArgs(leg.key),
      encodeName(leg.boot),
      encodeName(leg.trunk),
      leg.tenant ?? "",
      encodeDirection(leg.direction),
      encodeName(leg.call ?? ""),
      encodeName(leg.asker ?? ""),
      encodeName(node),
      slotTimes.leaseMs,
    ];
    const reply = await this.#link.run("adopt", args, this.#keysOf(leg.key));
    const [why, tenant] = String(reply).split("|");
    return { why: why as AdoptOutcome["why"], tenant: (tenant || null) as TenantId | null };
  }

  async endBoot(server: string, boot: string, spare: BootSpare): Promise<number> {
    this.#copy.endBoot(server, boot, spare);
    const spared = spare.uniqueids.map(encodeName);
    return Number(
      await this.#link.run("end-boot", [
        encodeName(server),
        encodeName(boot),
        spare.youngerThanMs,
        ...spared,
      ]),
    );
  }

  async freeze(server: string): Promise<void> {
    this.#copy.freeze(server);
    await this.#link.run("freeze", [encodeName(server), 1, slotTimes.pendingMs, slotTimes.leaseMs]);
  }

  async unfreeze(server: string): Promise<void> {
    this.#copy.unfreeze(server);
    await this.#link.run("freeze", [encodeName(server), 0, slotTimes.pendingMs, slotTimes.leaseMs]);
  }

  async expire(): Promise<number> {
    this.#copy.expire();
    return Number(await this.#link.run("expire", []));
  }

  async snapshot(): Promise<SlotSnapshot> {
    const { snapshot, rules } = readSnapshot(await this.#link.run("snapshot", []));
    // What Redis has lost is not lost here; another node may have found that out before this one.
    if (rules && this.#link.health.state === "ready") this.#copy.load(snapshot);
    return snapshot;
  }

  own = (): SlotSnapshot => this.#copy.snapshot();

  async usage(scopes: {
    readonly tenants: readonly string[];
    readonly trunks: readonly string[];
  }): Promise<SlotCounts> {
    const fields = usageFields(scopes.tenants, scopes.trunks);
    return readUsage(await this.#link.inBatches("usage", [], fields), scopes.tenants, scopes.trunks);
  }

  health(): StoreHealth {
    return this.#link.health;
  }

  async rebuilt(server: string, servers: readonly string[], era = ""): Promise<boolean> {
    const rules = await this.#link.run("rebuilt", [encodeName(server), era, ...servers.map(encodeName)]);
    if (rules === 1 && this.#link.health.state === "rebuilding") await this.#link.heartbeat();
    return rules === 1;
  }

  async electListener(server: string, node: string, ttlMs: number): Promise<boolean> {
    return (await this.#link.run("elect", [node, ttlMs], [this.#listenerKey(server)])) === 1;
  }

  async resignListener(server: string, node: string): Promise<void> {
    await this.#link.run("elect", [node, 0], [this.#listenerKey(server)]);
  }

  async claimName(node: string, instance: string, ttlMs: number): Promise<boolean> {
    return (await this.#link.run("elect", [instance, ttlMs], [this.#nameKey(node)])) === 1;
  }

  async leaveName(node: string, instance: string): Promise<void> {
    await this.#link.run("elect", [instance, 0], [this.#nameKey(node)]);
  }

  async close(): Promise<void> {
    this.#link.close();
  }

  #withoutRedis(request: SlotRequest, context: AcquireContext): SlotVerdict {
    if (request.whenUnreachable === "refuse") return unreachable;
    const verdict = this.#copy.acquire(request, context);
    return verdict.granted ? flagged(verdict) : verdict;
  }

  async #catchUp(): Promise<void> {
    try {
      if (!(await this.#owed.pay((call) => this.#tell(call)))) return;
      this.#beats += 1;
      if (this.#beats % COPY_EVERY === 1) await this.snapshot();
    } catch (error) {
      // Its failure is the link's to report.
      if (!(error instanceof SlotStoreError)) throw error;
    }
  }

  /** This call is in: it is counted whatever the caps say, and a leg that has ended meanwhile falls to a sweep. */
  async #tell(owed: LetIn): Promise<void> {
    const { request, context } = owed;
    // Its leg may have been told of by now: taken after that it would be counted once more.
    if (owed.leg !== null && (await this.bind(request.key, owed.leg)).why !== "no_pending") return;
    const admitted = { ...request, enforce: false, whenUnreachable: "allow" } as const;
    await this.#link.take(takeAsk(admitted, context), () => {});
    if (owed.leg !== null) await this.bind(request.key, owed.leg);
  }

  /** Redis counts it now: of a caller who was let in nothing is owed but his leg; of another one nothing will be dialled. */
  async #heardLate(reply: string, { request, context, letIn }: HeardLate): Promise<void> {
    const verdict = readVerdict(reply, request)?.verdict;
    if (verdict?.granted !== true) return;
    if (letIn !== null) return letIn.leg === null ? this.#owed.told(letIn) : undefined;
    // What it held before it asked was granted by somebody.
    if (verdict.how === "held") return;
    const freed = await this.#giveUp(request);
    if (!freed || request.leg === "dialled") return;
    const { key, trunk, call } = request;
    const leg = { key, trunk, call, ...context };
    await this.#link.runAnyway("refuse", refuseArgs(leg), this.#keysOf(key)).catch(() => {}); // a sweep finds it
  }

  /** Gives back what was taken for a call that does not go on. False when there was nothing or it could not be told. */
  #giveUp({ key, leg }: SlotRequest): Promise<boolean> {
    const freed = this.#link.freeAnyway(freeAsk(key, 0, leg === "dialled"));
    return freed.then((count) => count > 0).catch(() => false);
  }

  #keysOf(key: SlotKey): readonly string[] {
    return this.#link.keysOf(channelOf(key));
  }

  #listenerKey(server: string): string {
    return this.#link.key(`listener:${encodeName(server)}`);
  }

  #nameKey(node: string): string {
    return this.#link.key(`node:${encodeName(node)}`);
  }
}
