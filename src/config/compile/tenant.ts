import type { E164 } from "../../core/number/e164.ts";
import { routePath, type TargetPath } from "../../core/routing/plan.ts";
import type { TargetSpec } from "../../core/routing/targets/index.ts";
import type {
  Did,
  OutboundPolicy,
  RecordingPolicy,
  Spending,
  SpendLimits,
  Tenant,
} from "../../core/snapshot/snapshot.ts";
import { vicidialName } from "../../core/snapshot/vicidial-name.ts";
import type { Report } from "../issue.ts";
import type { ListedFiles } from "../listed-files.ts";
import type { RawDid } from "../schema/did.ts";
import type { RawTenant } from "../schema/tenant.ts";
import type { Sounds } from "../sounds.ts";
import type { SoundTenant } from "../validate.ts";
import { callerListOf } from "./callers.ts";
import { compileCallingWindow } from "./calling-window.ts";
import { compileLimits } from "./limits.ts";
import { compilePlan } from "./plan.ts";
import { addTarget } from "./targets.ts";

/** What a tenant takes from the rest of the configuration. */
export type Surroundings = {
  readonly country: string;
  readonly whenSlotsUnreachable: Tenant["whenSlotsUnreachable"];
  readonly report: Report;
  readonly files: ListedFiles;
  readonly sounds: Sounds;
};

export function compileTenant({ id, file, raw }: SoundTenant, around: Surroundings): Tenant {
  const country = raw.country ?? around.country;
  const plan = compilePlan(raw, around.sounds.of(id));
  const { targets } = plan;
  const list = { ...around, file, country };
  const blocked = raw.blocked_callers;
  const vip = raw.vip_callers;
  return {
    id,
    name: raw.name ?? id,
    timezone: raw.timezone,
    country,
    language: raw.language ?? null,
    agents: raw.agents ?? null,
    billing: compileBilling(raw),
    accountcodes: raw.accountcodes ?? [],
    limits: compileLimits(raw.limits ?? {}, targets),
    trunks: { strategy: raw.trunks?.strategy ?? "shared", dedicated: raw.trunks?.dedicated ?? [] },
    callerIds: (raw.caller_ids ?? []) as E164[],
    emergency: emergencyOf(raw),
    dids: compileDids(raw, targets),
    plan,
    fallback: raw.fallback === undefined ? null : addTarget(targets, "fallback", raw.fallback),
    blockedCallers:
      blocked === undefined
        ? null
        : {
            list: callerListOf(blocked, "blocked_callers", list),
            then: addTarget(targets, "blocked_callers.then", blocked.then),
          },
    vipCallers: vip === undefined ? null : { list: callerListOf(vip, "vip_callers", list), route: vip.route },
    outbound: compileOutbound(raw, list),
    recording: compileRecording(raw),
    whenSlotsUnreachable: { ...around.whenSlotsUnreachable, ...present(raw.when_slots_unreachable) },
    ingroups: raw.ingroups ?? [],
    queues: raw.queues ?? [],
    outboundPrefixes: raw.outbound_prefixes ?? [],
    hoursCode: raw.hours_code ?? null,
    vicidial: { userGroups: raw.user_groups ?? [], campaigns: raw.campaigns ?? [] },
  };
}

function emergencyOf({ emergency }: RawTenant): Tenant["emergency"] {
  if (emergency === undefined) return null;
  return { callerId: (emergency.caller_id ?? null) as E164 | null, trunks: emergency.trunks ?? [] };
}

function compileDids(raw: RawTenant, targets: Map<TargetPath, TargetSpec>): Map<E164, Did> {
  const dids = new Map<E164, Did>();
  for (const [number, entry] of Object.entries(raw.dids ?? {})) {
    dids.set(number as E164, compileDid(number as E164, entry, raw.language ?? null, targets));
  }
  return dids;
}

function compileDid(
  did: E164,
  raw: RawDid,
  language: string | null,
  targets: Map<TargetPath, TargetSpec>,
): Did {
  const hold = raw.on_hold_until === undefined ? null : holdTarget(did, raw, targets);
  const fallback =
    raw.fallback === undefined ? null : addTarget(targets, `dids.${did}.fallback`, raw.fallback);
  return {
    did,
    entry: hold ?? routePath(raw.route ?? ""),
    route: raw.route ?? null,
    label: raw.label ?? null,
    monthlyCost: raw.monthly_cost ?? null,
    inServiceSince: raw.in_service_since ?? null,
    onHoldUntil: raw.on_hold_until ?? null,
    fallback: hold ?? fallback,
    language: raw.language ?? language,
    recording: raw.recording ?? null,
    vicidialDid: raw.vicidial_did_id ?? null,
  };
}

/** The announcement of a number on hold needs no decision, so it is its static way as well. */
function holdTarget(did: E164, raw: RawDid, targets: Map<TargetPath, TargetSpec>): TargetPath {
  return addTarget(targets, `dids.${did}.on_hold`, { announce: raw.hold_announce ?? HOLD_PROMPT });
}

const HOLD_PROMPT = "number-not-in-service";

function compileBilling({ billing_increment: raw }: RawTenant): Tenant["billing"] {
  if (raw === undefined) return { usual: null, byTrunk: new Map() };
  if (typeof raw === "string") return { usual: raw, byTrunk: new Map() };
  return { usual: raw.default ?? null, byTrunk: new Map(Object.entries(raw.trunks ?? {})) };
}

function compileOutbound(
  raw: RawTenant,
  { file, files, country }: Surroundings & { readonly file: string },
): OutboundPolicy {
  return {
    doNotCall:
      raw.do_not_call === undefined
        ? null
        : files.numberFile(raw.do_not_call.file, country, { file, path: ["do_not_call", "file"] }),
    callingWindow: compileCallingWindow(raw.calling_window),
    destinations: { allow: raw.destinations?.allow ?? [], deny: raw.destinations?.deny ?? [] },
    onForeignCallerId: raw.caller_id?.on_foreign ?? "replace",
    callerIdChoice: raw.caller_id?.choice ?? "default",
    spending: compileSpending(raw),
  };
}

function compileSpending({ spending }: RawTenant): Spending | null {
  if (spending === undefined) return null;
  const perPrefix = Object.entries(spending.per_prefix ?? {});
  return {
    ...spendLimits(spending),
    perPrefix: perPrefix.map(([prefix, limits]) => ({ prefix, ...spendLimits(limits) })),
  };
}

function spendLimits(raw: {
  calls_per_day?: number | undefined;
  minutes_per_day?: number | undefined;
}): SpendLimits {
  return { callsPerDay: raw.calls_per_day ?? null, minutesPerDay: raw.minutes_per_day ?? null };
}

function compileRecording({ recording = {} }: RawTenant): RecordingPolicy {
  return {
    inbound: recording.inbound ?? 0,
    outbound: recording.outbound ?? 0,
    format: recording.format ?? "wav",
    notice: recording.notice ?? null,
    keepDays: recording.keep_days ?? null,
    legs: recording.legs ?? false,
    campaigns: new Map(
      Object.entries(recording.campaigns ?? {}).map(([campaign, share]) => [vicidialName(campaign), share]),
    ),
  };
}

type Unreachable = RawTenant["when_slots_unreachable"];

function present(raw: Unreachable): Partial<Tenant["whenSlotsUnreachable"]> {
  return {
    ...(raw?.inbound === undefined ? {} : { inbound: raw.inbound }),
    ...(raw?.outbound === undefined ? {} : { outbound: raw.outbound }),
  };
}
