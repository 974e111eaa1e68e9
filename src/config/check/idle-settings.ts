import { RING_BUDGET_SECONDS } from "../../core/callflow/attempts.ts";
import type { CallerList } from "../../core/number/caller-list.ts";
import type { HolidayPlace } from "../../core/schedule/hours.ts";
import { vicidialName } from "../../core/snapshot/vicidial-name.ts";
import type { ConfigPath } from "../issue.ts";
import { didYouMean } from "../nearest.ts";
import { type Draft, isDropped, keysOf, type TenantDraft } from "./draft.ts";
import { type Reached, reachedBy } from "./reached.ts";

type Warn = (at: ConfigPath, says: string) => void;

/** What is written and does nothing: no call is ever different for it, and nobody notices until one should have been. */
export function checkIdleSettings({ tenants, report, thorough }: Draft): void {
  for (const each of tenants) {
    const warn: Warn = (at, says) => report.warn(each.file, at, says);
    checkLists(each, warn);
    checkRecording(each, warn);
    checkCampaigns(each, tenants, warn);
    checkDestinations(each, warn);
    checkSpending(each, warn);
    checkLimits(each, warn);
    checkHolidays(each, warn);
    checkRinging(each, warn);
    // Where there are errors, what is not reached may only wait for the right name.
    if (thorough && report.errors.length === 0) checkUnreached(each, warn);
  }
}

function checkLists({ raw, tenant }: TenantDraft, warn: Warn): void {
  const namesNobody = ({ numbers, prefixes, anonymous }: CallerList) =>
    numbers.size === 0 && prefixes.length === 0 && !anonymous;
  const says = "names no caller: add numbers, prefixes, anonymous: true or a file";
  for (const [key, list] of [
    ["blocked_callers", tenant.blockedCallers?.list],
    ["vip_callers", tenant.vipCallers?.list],
  ] as const)
    if (list !== undefined && raw[key]?.file === undefined && namesNobody(list)) warn([key], says);
}

function checkRecording({ raw, tenant }: TenantDraft, warn: Warn): void {
  const { recording } = raw;
  if (recording === undefined || recording.inbound !== undefined || recording.outbound !== undefined) return;
  const shares = [
    ...tenant.recording.campaigns.values(),
    ...[...tenant.dids.values()].map((did) => did.recording ?? 0),
  ];
  if (shares.some((share) => share > 0)) return;
  warn(
    ["recording"],
    "records nothing, since it does not say of which calls: add inbound: all or outbound: all",
  );
}

/** A campaign that is misspelt here keeps its window, or is never recorded, and says so to nobody. */
function checkCampaigns({ raw, tenant }: TenantDraft, tenants: Draft["tenants"], warn: Warn): void {
  const own = tenant.vicidial.campaigns;
  if (own.length === 0) return;
  // Of those that are another client's there is an error.
  const known = new Set(tenants.flatMap((each) => each.tenant.vicidial.campaigns.map(vicidialName)));
  const look = (name: string, at: ConfigPath) => {
    const meant = known.has(vicidialName(name)) ? "" : didYouMean(name, own);
    if (meant !== "") warn(at, `the campaign "${name}" is not in campaigns${meant}`);
  };
  for (const name of Object.keys(raw.recording?.campaigns ?? {}))
    look(name, ["recording", "campaigns", name]);
  const window = raw.calling_window;
  if (window === undefined || window === "none") return;
  for (const [index, name] of (window.except_campaigns ?? []).entries())
    look(name, ["calling_window", "except_campaigns", index]);
}

function checkDestinations({ raw }: TenantDraft, warn: Warn): void {
  const { allow = [], deny = [] } = raw.destinations ?? {};
  for (const [index, entry] of allow.entries()) {
    if (!deny.includes(entry)) continue;
    warn(["destinations", "allow", index], `${entry} is denied as well, which wins: keep one of the two`);
  }
}

function checkSpending({ raw: { spending } }: TenantDraft, warn: Warn): void {
  if (spending === undefined) return;
  const { per_prefix: perPrefix = {}, ...day } = spending;
  const isNone = (limits: object) => Object.values(limits).every((limit) => limit === undefined);
  const says = "limits nothing: add calls_per_day or minutes_per_day";
  if (isNone(day) && Object.keys(perPrefix).length === 0) warn(["spending"], says);
  for (const [prefix, limits] of Object.entries(perPrefix))
    if (isNone(limits)) warn(["spending", "per_prefix", prefix], says);
}

function checkLimits({ raw, tenant, dropped }: TenantDraft, warn: Warn): void {
  if (isDropped(dropped, "limits")) return;
  const { inbound, outbound, reserved } = tenant.limits;
  const served = [...tenant.dids.values()].some(({ onHoldUntil }) => onHoldUntil === null);
  if (inbound === 0 && served)
    warn(["limits", "inbound"], "lets nobody in who calls one of its dids: raise it, or take them out");
  const most = inbound === null || outbound === null ? null : inbound + outbound;
  if (raw.limits?.reserved === undefined || most === null || reserved <= most) return;
  const says = `${reserved} is more than inbound and outbound let it use, ${most}, and the rest is kept from all others for nothing: lower it to ${most}`;
  warn(["limits", "reserved"], says);
}

/** A client whose numbers and whose clock are both of one country keeps the holidays of that one. */
function checkHolidays({ tenant }: TenantDraft, warn: Warn): void {
  for (const [name, { holidays }] of tenant.plan.hours) {
    if (holidays === null || holidays.country === tenant.country || isThere(tenant.timezone, holidays))
      continue;
    const says = `are those of ${holidays.country}, and neither its country ${tenant.country} nor the time zone ${tenant.timezone} is there: see which are meant`;
    warn(["hours", name, "holidays", "country"], says);
  }
}

/** A trunk is never rung for longer than a caller waits for all of them together. */
function checkRinging({ tenant }: TenantDraft, warn: Warn): void {
  for (const [path, spec] of tenant.plan.targets) {
    if (spec.type !== "forward" || spec.ringSeconds <= RING_BUDGET_SECONDS) continue;
    const says = `${spec.ringSeconds} is more than a call to a trunk may ring: it rings for ${RING_BUDGET_SECONDS} s`;
    warn([...keysOf(path), "ring_seconds"], says);
  }
}

/** What ECMAScript 2025 has and the compiler's library of today lacks. */
type Region = { readonly getTimeZones: () => readonly string[] | undefined };

/** UTC may be anywhere. */
function isThere(zone: string, { country }: HolidayPlace): boolean {
  if (!zone.includes("/") || zone.startsWith("Etc/")) return true;
  const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions();
  const region = new Intl.Locale(`und-${country}`) as unknown as Region;
  return region.getTimeZones()?.includes(timeZone) ?? true;
}

/** A spare route, or one that a number was to have: only who wrote it can tell. */
function checkUnreached({ tenant, raw }: TenantDraft, warn: Warn): void {
  // Of a client who has left, or has no number yet, nothing is reached.
  if ([...tenant.dids.values()].every(({ onHoldUntil }) => onHoldUntil !== null)) return;
  const reached = reachedBy(tenant);
  const says = "is reached by no call: let a number, a menu or a route lead to it, or take it out";
  for (const name of Object.keys(raw.routes ?? {}))
    if (!reached.targets.has(`routes.${name}` as never)) warn(["routes", name], says);
  for (const name of tenant.plan.menus.keys()) if (!reached.menus.has(name)) warn(["menus", name], says);
  const asked = hoursAsked(reached, tenant);
  for (const name of tenant.plan.hours.keys()) {
    if (asked.has(name)) continue;
    if (tenant.hoursCode?.hours === name)
      warn(
        ["hours_code", "hours"],
        `opens and closes ${name}, which no call asks: name hours that a route goes by`,
      );
    else warn(["hours", name], "is asked by no call: let a target with hours go by it, or take it out");
  }
}

function hoursAsked({ targets }: Reached, { plan }: TenantDraft["tenant"]): ReadonlySet<string> {
  const asked = new Set<string>();
  for (const path of targets.keys()) {
    const spec = plan.targets.get(path);
    if (spec?.type === "hours") asked.add(spec.hours);
  }
  return asked;
}
