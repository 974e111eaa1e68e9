/**
 * Whether what is promised can be held at the busiest minute: what every client may then ask for, against its caps,
 * its own trunks, the shared pool and the telephony servers. It computes from the configuration alone and looks at no
 * call; what clients have really used is the usage report's business.
 */
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import type { TrunkStrategy } from "../core/trunk/trunk.ts";
import { adviceFor, type StrategyAdvice } from "./strategy-advice.ts";

export type PlanOptions = {
  /** Lines that the dialler calls for every agent. */
  readonly dialLevel: number;
  /** Recorded channels that one telephony server carries. */
  readonly serverChannels: number;
};

/** Names are those of the JSON; all numbers are channels unless they say otherwise. */
export type CapacityPlan = {
  readonly dial_level: number;
  readonly server_channels: number;
  readonly tenants: readonly TenantPlan[];
  readonly pool: PoolPlan;
  readonly servers: ServerPlan;
  /** What cannot hold or is worth a look; `cannot_hold` first. */
  readonly findings: readonly Finding[];
  readonly holds: boolean;
};

export type TenantPlan = {
  readonly tenant: string;
  /** Null where the configuration does not say. */
  readonly agents: number | null;
  readonly outbound: number;
  readonly inbound: number;
  /** What it may ask for at its busiest: both together. */
  readonly wanted: number;
  readonly cap: number | null;
  readonly own_trunks: number;
  /** What is sure while everybody is at the busiest: own trunks and reserve, as far as the cap allows. */
  readonly sure: number;
  readonly reserved: number;
  /** What it asks of the shared pool once its own trunks are full. */
  readonly from_pool: number;
  readonly strategy: TrunkStrategy;
  readonly advice: StrategyAdvice;
};

export type PoolPlan = {
  readonly channels: number;
  readonly reserved: number;
  readonly wanted: number;
  /** Without its largest trunk. */
  readonly without_largest: number;
  readonly largest: string | null;
};

export type ServerPlan = {
  /** Of all clients together, as far as caps and trunks let them. */
  readonly channels: number;
  readonly needed: number;
  readonly configured: number;
};

export type Finding = {
  readonly kind: "cannot_hold" | "note";
  readonly about: string;
  readonly says: string;
};

export function capacityPlan(snapshot: Snapshot, options: PlanOptions): CapacityPlan {
  const tenants = [...snapshot.tenants.values()].map((tenant) => tenantPlan(tenant, snapshot, options));
  const pool = poolPlan(snapshot, tenants);
  const servers = serverPlan(snapshot, tenants, pool, options);
  const findings = [
    ...[...snapshot.tenants.values()].flatMap((tenant, index) =>
      tenantFindings(tenant, tenants[index], pool),
    ),
    ...poolFindings(pool, tenants),
    ...serverFindings(servers, options),
  ].sort((a, b) => Number(a.kind === "note") - Number(b.kind === "note"));
  return {
    dial_level: options.dialLevel,
    server_channels: options.serverChannels,
    tenants,
    pool,
    servers,
    findings,
    holds: findings.every(({ kind }) => kind === "note"),
  };
}

/** Without agents, or where nobody dials, the caps say what is meant; inbound without a cap of its own is one call for every agent. */
function tenantPlan(tenant: Tenant, snapshot: Snapshot, options: PlanOptions): TenantPlan {
  const { agents, limits, trunks } = tenant;
  const inbound = tenant.dids.size === 0 ? 0 : (limits.inbound ?? agents ?? 0);
  const dialled = agents === null || limits.outbound === 0 ? null : Math.ceil(agents * options.dialLevel);
  const outbound = dialled ?? limits.outbound ?? Math.max(0, (limits.channels ?? 0) - inbound);
  const wanted = outbound + inbound;
  const ownTrunks = trunks.dedicated.reduce((sum, name) => sum + channelsOf(name, snapshot), 0);
  const capped = Math.min(wanted, limits.channels ?? wanted);
  return {
    tenant: tenant.id,
    agents,
    outbound,
    inbound,
    wanted,
    cap: limits.channels,
    own_trunks: ownTrunks,
    sure: Math.min(ownTrunks + limits.reserved, limits.channels ?? Number.POSITIVE_INFINITY),
    reserved: limits.reserved,
    from_pool: trunks.strategy === "dedicated" ? 0 : Math.max(0, capped - ownTrunks),
    strategy: trunks.strategy,
    advice: adviceFor({ agents, wanted, strategy: trunks.strategy, serverChannels: options.serverChannels }),
  };
}

function poolPlan({ pool, trunks }: Snapshot, tenants: readonly TenantPlan[]): PoolPlan {
  const shared = pool.trunks.flatMap((name) => trunks.get(name) ?? []);
  const channels = shared.reduce((sum, trunk) => sum + trunk.channels, 0);
  const [largest] = [...shared].sort((a, b) => b.channels - a.channels);
  return {
    channels,
    reserved: tenants.reduce((sum, { reserved }) => sum + reserved, 0),
    wanted: tenants.reduce((sum, tenant) => sum + tenant.from_pool, 0),
    without_largest: channels - (largest?.channels ?? 0),
    largest: largest?.name ?? null,
  };
}

function serverPlan(
  { system }: Snapshot,
  tenants: readonly TenantPlan[],
  pool: PoolPlan,
  { serverChannels }: PlanOptions,
): ServerPlan {
  const own = tenants.reduce(
    (sum, { wanted, cap, own_trunks }) => sum + Math.min(wanted, cap ?? wanted, own_trunks),
    0,
  );
  const channels = own + Math.min(pool.wanted, pool.channels);
  const needed = Math.max(1, Math.ceil(channels / serverChannels));
  return { channels, needed, configured: system.switches.length };
}

function tenantFindings(tenant: Tenant, plan: TenantPlan | undefined, pool: PoolPlan): Finding[] {
  if (plan === undefined) return [];
  const found: Finding[] = [];
  const { limits } = tenant;
  const cannot = (says: string) => found.push({ kind: "cannot_hold", about: plan.tenant, says });
  const note = (says: string) => found.push({ kind: "note", about: plan.tenant, says });
  const asks = `${plan.outbound} out and ${plan.inbound} in`;
  if (plan.cap !== null && plan.wanted > plan.cap)
    cannot(`the cap of ${plan.cap} is below ${asks}: raise limits.channels or lower the dial level`);
  if (limits.outbound !== null && plan.outbound > limits.outbound)
    cannot(
      `the outbound cap of ${limits.outbound} is below ${plan.outbound} dialled lines: raise limits.outbound`,
    );
  const reach = plan.own_trunks + (plan.strategy === "dedicated" ? 0 : pool.channels);
  const reachSays = `its trunks have ${reach} channels, fewer than ${asks}: add channels or overflow`;
  if (plan.wanted > reach && (plan.cap === null || reach < plan.cap)) cannot(reachSays);
  if (plan.reserved > plan.from_pool)
    note(
      `${plan.reserved} are reserved and at most ${plan.from_pool} of the pool are wanted: the rest stands idle`,
    );
  if (plan.agents === null) note("limits stand for its agents, which are not given: set agents");
  if (limits.mode === "watch") note("its caps only watch: it may use more than is planned here");
  if (!plan.advice.fits) note(plan.advice.why);
  return found;
}

function poolFindings(pool: PoolPlan, tenants: readonly TenantPlan[]): Finding[] {
  const found: Finding[] = [];
  const add = (kind: Finding["kind"], says: string) => found.push({ kind, about: "pool", says });
  const list = (those: readonly TenantPlan[], number: (tenant: TenantPlan) => number): string =>
    those.map((each) => `${each.tenant} ${number(each)}`).join(", ");
  const reserving = tenants.filter(({ reserved }) => reserved > 0);
  const reserves = list(reserving, ({ reserved }) => reserved);
  if (pool.reserved > pool.channels)
    add(
      "cannot_hold",
      `the reserves add up to ${pool.reserved} of ${pool.channels} channels (${reserves}): lower them`,
    );
  else if (pool.reserved > pool.without_largest && pool.largest !== null)
    add(
      "note",
      `the reserves of ${pool.reserved} (${reserves}) hold only while ${pool.largest} is well: without it the pool has ${pool.without_largest}`,
    );
  if (pool.wanted > pool.channels) {
    const asking = list(
      tenants.filter(({ from_pool }) => from_pool > 0),
      ({ from_pool }) => from_pool,
    );
    add(
      "cannot_hold",
      `all at once ask for ${pool.wanted} of ${pool.channels} channels (${asking}): what is above a client's reserve is not sure, add shared channels or trunks of their own`,
    );
  }
  return found;
}

function serverFindings({ channels, needed, configured }: ServerPlan, options: PlanOptions): Finding[] {
  if (needed <= configured) return [];
  const says = `${channels} channels need ${needed} servers at ${options.serverChannels} each and ${configured} are configured: add ${needed - configured}`;
  return [{ kind: "cannot_hold", about: "servers", says }];
}

function channelsOf(trunk: string, { trunks }: Snapshot): number {
  return trunks.get(trunk)?.channels ?? 0;
}
