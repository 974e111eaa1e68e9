/**
 * Core values for tests, made directly from core's own types: no file, no schema. Each takes what the case is about
 * and fills the rest with the plainest thing that is valid.
 */
import type { Menu } from "../src/core/menu/menu.ts";
import { type E164, isE164 } from "../src/core/number/e164.ts";
import type { RoutingPlan, SoundFile, TargetPath } from "../src/core/routing/plan.ts";
import type { TargetSpec } from "../src/core/routing/targets/index.ts";
import "../src/core/schedule/holidays.ts"; // the calendar, which hours may ask
import type { Hours } from "../src/core/schedule/hours.ts";
import { parseDayRanges, parseWeekly } from "../src/core/schedule/parse-hours.ts";
import type { Did, DidOwner, Limits, Snapshot, Tenant } from "../src/core/snapshot/snapshot.ts";
import { vicidialName } from "../src/core/snapshot/vicidial-name.ts";
import { parseTenantId, type TenantId } from "../src/core/tenant/tenant-id.ts";
import { networkCauses } from "../src/core/trunk/failover.ts";
import type { Trunk } from "../src/core/trunk/trunk.ts";

/** An instant from text with an offset: `2026-11-23T09:00:00-05:00`. */
export function at(text: string): number {
  const instant = Date.parse(text);
  if (Number.isNaN(instant) || !/(Z|[+-][0-9]{2}:[0-9]{2})$/.test(text))
    throw new Error(`no instant: ${text}`);
  return instant;
}

export function tenantId(text: string): TenantId {
  const id = parseTenantId(text);
  if (id === null) throw new Error(`no tenant id: ${text}`);
  return id;
}

export function e164(text: string): E164 {
  if (!isE164(text)) throw new Error(`not E.164: ${text}`);
  return text;
}

export const path = (text: string): TargetPath => text as TargetPath;

type WrittenHours = Partial<Omit<Hours, "weekly" | "exceptions">> & {
  readonly weekly?: Readonly<Record<string, string | readonly string[]>>;
  readonly exceptions?: Readonly<Record<string, string | readonly string[]>>;
};

/** Opening hours with the week and the exceptions as YAML has them; New York, closed, no holidays unless given. */
export function hoursWith({ weekly = {}, exceptions = {}, ...rest }: WrittenHours = {}): Hours {
  const week = parseWeekly(weekly);
  if (!week.ok) throw new Error(week.problems.map((each) => each.problem).join("; "));
  const days = Object.entries(exceptions).map(([date, raw]) => {
    const ranges = parseDayRanges(raw);
    if (!ranges.ok) throw new Error(ranges.problem);
    return [date, ranges.value] as const;
  });
  return {
    zone: "America/New_York",
    weekly: week.value,
    holidays: null,
    exceptions: new Map(days),
    override: null,
    ...rest,
  };
}

export function menuWith(menu: Partial<Menu<TargetPath>> = {}): Menu<TargetPath> {
  return {
    prompt: "welcome",
    waitSeconds: 5,
    nextDigitSeconds: 2,
    attempts: 3,
    choices: new Map(),
    invalidPrompt: null,
    silentPrompt: null,
    exhausted: path("menus.welcome.exhausted"),
    language: null,
    ...menu,
  };
}

export function trunkWith(name: string, trunk: Partial<Trunk> = {}): Trunk {
  return {
    name,
    address: "127.0.0.2:5060",
    endpoint: name,
    existing: false,
    tenant: null,
    shared: true,
    channels: 100,
    callsPerSecond: null,
    costPerMinute: null,
    billingIncrement: null,
    formerly: [],
    weight: 1,
    match: [],
    auth: null,
    register: false,
    codecs: ["ulaw"],
    country: "US",
    sendAs: "e164",
    strip: 0,
    prefix: "",
    emergencyPrefix: "",
    didPrefix: "",
    failoverCauses: networkCauses,
    silentSeconds: 15,
    leastAnswers: 0.01,
    assertedIdentity: true,
    privacy: "caller",
    internal: false,
    qualifySeconds: 0,
    ...trunk,
  };
}

type WrittenPlan = {
  readonly targets?: Readonly<Record<string, TargetSpec>>;
  readonly menus?: Readonly<Record<string, Menu<TargetPath>>>;
  readonly hours?: Readonly<Record<string, Hours>>;
  readonly sounds?: Readonly<Record<string, string>>;
};

export function planWith({
  targets = {},
  menus = {},
  hours = {},
  sounds = {},
}: WrittenPlan = {}): RoutingPlan {
  return {
    targets: new Map(Object.entries(targets).map(([at, spec]) => [path(at), spec])),
    menus: new Map(Object.entries(menus)),
    hours: new Map(Object.entries(hours)),
    sounds: new Map(Object.entries(sounds).map(([name, file]) => [name, file as SoundFile])),
  };
}

export type WrittenTenant = Partial<Omit<Tenant, "id" | "dids" | "plan" | "limits">> & {
  /** DID → route, or what differs from a plain DID. */
  readonly dids?: Readonly<Record<string, string | (Partial<Did> & { readonly route: string })>>;
  readonly plan?: WrittenPlan;
  readonly limits?: Partial<Limits>;
};

export function tenantWith(id: string, { dids = {}, plan, limits, ...rest }: WrittenTenant = {}): Tenant {
  return {
    id: tenantId(id),
    name: id,
    timezone: "America/New_York",
    country: "US",
    language: null,
    agents: null,
    billing: { usual: null, byTrunk: new Map() },
    accountcodes: [],
    limits: limitsWith(limits),
    trunks: { strategy: "shared", dedicated: [] },
    callerIds: [],
    emergency: null,
    dids: new Map(Object.entries(dids).map(([did, raw]) => [e164(did), didWith(did, raw)])),
    plan: planWith(plan),
    fallback: null,
    blockedCallers: null,
    vipCallers: null,
    outbound: {
      doNotCall: null,
      callingWindow: null,
      destinations: { allow: ["+"], deny: [] },
      onForeignCallerId: "replace",
      callerIdChoice: "default",
      spending: null,
    },
    recording: {
      ...{ inbound: 0, outbound: 0, format: "wav", notice: null, keepDays: null },
      ...{ legs: false, campaigns: new Map() },
    },
    whenSlotsUnreachable: { inbound: "allow", outbound: "refuse" },
    ingroups: [],
    queues: [],
    outboundPrefixes: [],
    hoursCode: null,
    vicidial: { userGroups: [], campaigns: [] },
    ...rest,
  };
}

function didWith(did: string, raw: string | (Partial<Did> & { readonly route: string })): Did {
  const given = typeof raw === "string" ? { route: raw } : raw;
  const plain = { label: null, monthlyCost: null, fallback: null, language: null };
  const rest = { recording: null, vicidialDid: null, inServiceSince: null, onHoldUntil: null };
  return { did: e164(did), entry: path(`routes.${given.route}`), ...plain, ...rest, ...given };
}

function limitsWith(limits: Partial<Limits> = {}): Limits {
  const full = { kind: "hangup", announce: null } as const;
  return {
    mode: "enforce",
    channels: null,
    inbound: null,
    outbound: null,
    reserved: 0,
    callsPerSecond: null,
    longestCallMinutes: null,
    whenFull: { inbound: { ...full, cause: 17 }, outbound: { ...full, cause: 42 } },
    ...limits,
  };
}

export type WrittenSnapshot = {
  readonly tenants?: Readonly<Record<string, WrittenTenant>>;
  readonly trunks?: readonly Trunk[];
  readonly overflow?: readonly (readonly string[])[];
  readonly system?: Partial<Snapshot["system"]>;
};

/** A snapshot whose look-ups are derived the way a loaded configuration's are; one shared trunk unless given. */
export function snapshotWith(written: WrittenSnapshot = {}): Snapshot {
  const trunks = written.trunks ?? [trunkWith("pool_a")];
  const tenants = Object.entries(written.tenants ?? {}).map(([id, raw]) => tenantWith(id, raw));
  const shared = trunks.filter((trunk) => trunk.shared).map((trunk) => trunk.name);
  return {
    revision: "0123456789ab",
    system: systemWith(written.system),
    trunks: new Map(trunks.map((trunk) => [trunk.name, trunk])),
    trunkByEndpoint: new Map(trunks.map((trunk) => [trunk.endpoint, trunk.name])),
    overflow: written.overflow ?? shared.map((name) => [name]),
    pool: {
      trunks: shared,
      reserves: tenants
        .filter((tenant) => tenant.limits.reserved > 0)
        .map((tenant) => ({ tenant: tenant.id, reserved: tenant.limits.reserved })),
    },
    tenants: new Map(tenants.map((tenant) => [tenant.id, tenant])),
    dids: new Map<E164, DidOwner>(
      tenants.flatMap((tenant) =>
        [...tenant.dids.keys()].map((did) => [did, { tenant: tenant.id }] as const),
      ),
    ),
    tenantByAccountcode: new Map(
      tenants.flatMap(({ id, accountcodes }) => [id, ...accountcodes].map((code) => [code, id] as const)),
    ),
    tenantByPrefix: new Map(
      tenants.flatMap(({ id, outboundPrefixes }) => outboundPrefixes.map((prefix) => [prefix, id] as const)),
    ),
    tenantByCampaign: new Map(
      tenants.flatMap(({ id, vicidial }) =>
        vicidial.campaigns.map((name) => [vicidialName(name), id] as const),
      ),
    ),
    tenantByUserGroup: new Map(
      tenants.flatMap(({ id, vicidial }) =>
        vicidial.userGroups.map((name) => [vicidialName(name), id] as const),
      ),
    ),
  };
}

function systemWith(system: Partial<Snapshot["system"]> = {}): Snapshot["system"] {
  return {
    node: "tel1",
    country: "US",
    emergencyNumbers: ["911"],
    switches: [],
    fastagi: { listen: "127.0.0.1:4573", allow: [], addresses: [] },
    http: { listen: "127.0.0.1:8573" },
    slots: "memory",
    records: "sqlite:signalbox.db",
    recordingsDirectory: "recordings",
    recordingsPause: false,
    doNotCall: null,
    whenSlotsUnreachable: { inbound: "allow", outbound: "refuse" },
    vicidial: null,
    ...system,
  };
}
