import { fitsState, LONGEST_PATH } from "../../core/callflow/call-state.ts";
import { MOST_HOPS } from "../../core/callflow/follow.ts";
import type { E164 } from "../../core/number/e164.ts";
import { routePath, type TargetPath } from "../../core/routing/plan.ts";
import { referencesOf } from "../../core/routing/resolve.ts";
import type { TargetTypeName } from "../../core/routing/targets/index.ts";
import type { Tenant } from "../../core/snapshot/snapshot.ts";
import type { ConfigPath } from "../issue.ts";
import { MOST_STATIC_TARGETS } from "../render/fallback.ts";
import { type Draft, keysOf, type TenantDraft } from "./draft.ts";

/** Chains of targets: that each ends, and that those for special cases reach only what they may. */
export function checkChains(draft: Draft): void {
  checkEndless(draft);
  for (const each of draft.tenants) {
    checkDepth(each, draft);
    checkHops(each, draft);
    checkFallbacks(each, draft);
    checkRefused(each, draft);
  }
}

/** Where a call stands travels with it on the channel, and there is not room for any length. */
function checkDepth({ file, tenant }: TenantDraft, { report }: Draft): void {
  for (const path of tenant.plan.targets.keys()) {
    if (fitsState(path)) continue;
    const says = `is nested too deep (${LONGEST_PATH} characters of its path at most): give an inner target a name under routes and write {route: NAME} in its place`;
    report.error(file, keysOf(path), says);
  }
}

/** What only points on to another target. */
const POINTS_ON: ReadonlySet<TargetTypeName> = new Set(["route", "hours"]);

/** A call that has gone through so many targets without hearing anything is taken for one that goes round for ever. */
function checkHops({ file, tenant }: TenantDraft, { report }: Draft): void {
  const hops = new Map<TargetPath, number>();
  for (const path of tenant.plan.targets.keys()) {
    const count = longestFrom(path, tenant, hops, (type) => POINTS_ON.has(type));
    // The first that is too long: each that leads to it is so as well.
    if (count !== MOST_HOPS + 1) continue;
    const says = `leads through more than ${MOST_HOPS} targets before a caller hears anything, and such a call is ended: point it straight to where it goes`;
    report.error(file, keysOf(path), says);
  }
}

/**
 * How many targets the longest way from `path` has, through those of which `goesOn`. In a circle, which is an error of
 * its own, a target that is met again counts as none.
 */
function longestFrom(
  path: TargetPath,
  tenant: Tenant,
  known: Map<TargetPath, number>,
  goesOn: (type: TargetTypeName) => boolean,
): number {
  const before = known.get(path);
  if (before !== undefined) return before;
  const spec = tenant.plan.targets.get(path);
  if (spec === undefined) return 0;
  known.set(path, 0);
  const after = goesOn(spec.type)
    ? stepsFrom(path, tenant).map((next) => longestFrom(next, tenant, known, goesOn))
    : [];
  const count = 1 + Math.max(0, ...after);
  known.set(path, count);
  return count;
}

/** Where a call can go on from a target with no key pressed: a menu's choices are not among it. */
function stepsFrom(path: TargetPath, { plan }: Tenant): TargetPath[] {
  const spec = plan.targets.get(path);
  if (spec === undefined) return [];
  return referencesOf(spec).flatMap((reference): TargetPath[] => {
    if (reference.to === "target") return [reference.path];
    if (reference.to === "route") return [routePath(reference.name)];
    if (reference.to !== "menu") return [];
    const menu = plan.menus.get(reference.name);
    return menu === undefined ? [] : [menu.exhausted];
  });
}

/** A target of some tenant; `by` is the number that a call was forwarded to on its way there. */
type Place = { readonly of: TenantDraft; readonly path: TargetPath; readonly by: string | null };

function withinTenant({ of, path }: Place): Place[] {
  return [...new Set(stepsFrom(path, of.tenant))].map((next) => ({ of, path: next, by: null }));
}

/** As steps go, and out and in again: a forward to a number of the house comes back as a call to it. */
function inAndOut(place: Place, tenants: readonly TenantDraft[]): Place[] {
  const spec = specOf(place);
  if (spec?.type !== "forward") return withinTenant(place);
  const comesIn = tenants.flatMap((each): Place[] => {
    const did = each.tenant.dids.get(spec.number as E164);
    return did === undefined ? [] : [{ of: each, path: did.entry, by: did.did }];
  });
  return [...withinTenant(place), ...comesIn];
}

function specOf({ of, path }: Place) {
  return of.tenant.plan.targets.get(path);
}

/**
 * A caller who presses nothing must come to an end: only a menu's choice may lead back. A circle of forwards would take
 * a channel with each turn until none is left; but two offices that close at different hours may send their callers to
 * each other.
 */
function checkEndless({ tenants, report }: Draft): void {
  const places = tenants.flatMap((of) =>
    [...of.tenant.plan.targets.keys()].map((path): Place => ({ of, path, by: null })),
  );
  const isHours = (place: Place) => specOf(place)?.type === "hours";
  const isForwarded = (circle: readonly Place[]) => circle.slice(1).some(({ by }) => by !== null);
  const within = circlesOf(places, withinTenant);
  // Each kind by a look of its own: one circle must not hide behind another that shares a target with it.
  const atAnyHour = circlesOf(places, (place) => (isHours(place) ? [] : inAndOut(place, tenants)));
  for (const circle of [...within, ...atAnyHour.filter(isForwarded)]) {
    const says = `this can never end: ${circleText(circle)}; only a menu's choices may lead back`;
    report.error(...lastOf(circle), says);
  }
  const byHours = circlesOf(places, (place) => inAndOut(place, tenants));
  for (const circle of byHours.filter((each) => isForwarded(each) && each.some(isHours))) {
    const says = `goes round for ever whenever all hours on its way send it on: ${circleText(circle)}; see that they never do so at one time`;
    report.warn(...lastOf(circle), says);
  }
}

/** Where a circle closes: the last target before it comes back to its first. */
function lastOf(circle: readonly Place[]) {
  const last = circle.at(-2) ?? circle[0];
  if (last === undefined) throw new Error("bug: a circle of no targets");
  return [last.of.file, keysOf(last.path)] as const;
}

/** Circles that `next` leads round, each with its first place again at its end; at least one where there is any. */
function circlesOf(places: readonly Place[], next: (place: Place) => readonly Place[]): Place[][] {
  const circles: Place[][] = [];
  const done = new Set<string>();
  const trail: Place[] = [];
  const keyOf = ({ of, path }: Place) => `${of.id} ${path}`;
  const follow = (place: Place): void => {
    const key = keyOf(place);
    if (done.has(key)) return;
    const start = trail.findIndex((each) => keyOf(each) === key);
    if (start !== -1) {
      circles.push([...trail.slice(start), place]);
      return;
    }
    trail.push(place);
    for (const each of next(place)) follow(each);
    trail.pop();
    done.add(key);
  };
  for (const place of places) follow(place);
  return circles;
}

/** Names the tenants only where there are several. */
function circleText(places: readonly Place[]): string {
  const shared = places.some(({ of }) => of !== places[0]?.of);
  return places
    .flatMap(({ of, path, by }, index) => {
      const at = shared ? `${of.id}: ${path}` : path;
      return by === null || index === 0 ? [at] : [by, at];
    })
    .join(" → ");
}

const NEEDS_DECISION: ReadonlySet<TargetTypeName> = new Set(["menu", "hours", "forward"]);

/** A fallback is written into the dialplan and works with Signalbox dead. */
function checkFallbacks({ file, tenant }: TenantDraft, { report }: Draft): void {
  const counts = new Map<TargetPath, number>();
  const paths: TargetPath[] = tenant.fallback === null ? [] : [tenant.fallback];
  for (const { fallback } of tenant.dids.values()) if (fallback !== null) paths.push(fallback);
  for (const path of paths) {
    const found = firstOf(path, tenant, (type) => NEEDS_DECISION.has(type));
    if (found === null) {
      if (longestFrom(path, tenant, counts, () => true) <= MOST_STATIC_TARGETS) continue;
      const says = `is a chain of more than ${MOST_STATIC_TARGETS} targets, of which the dialplan gets no more: make it shorter`;
      report.error(file, keysOf(path), says);
      continue;
    }
    const says = `reaches ${found.path} (${found.type}), which needs a decision: a fallback must work without one`;
    report.error(file, keysOf(path), says);
  }
}

const FOR_REFUSED: ReadonlySet<TargetTypeName> = new Set([
  "announce",
  "voicemail",
  "hangup",
  "route",
  "hours",
]);

/** A refused call holds no slot: it may hear something and leave a message, and is ended after half a minute. */
function checkRefused({ file, raw, tenant }: TenantDraft, { report }: Draft): void {
  const stray = (path: TargetPath) => firstOf(path, tenant, (type) => !FOR_REFUSED.has(type));
  for (const direction of ["inbound", "outbound"] as const) {
    const treatment = tenant.limits.whenFull[direction];
    const found = treatment.kind === "target" ? stray(treatment.target) : null;
    if (found === null) continue;
    const at: ConfigPath = ["limits", "when_full", direction, "route"];
    const says = `reaches ${found.path} (${found.type}): a refused call may reach only announce, voicemail, hangup, hours and route`;
    report.error(file, at, says);
  }
  const found = raw.blocked_callers === undefined ? null : stray("blocked_callers.then" as TargetPath);
  if (found !== null) {
    const says = `reaches ${found.path} (${found.type}), and a blocked call is ended after 30 seconds wherever it is`;
    report.warn(file, ["blocked_callers", "then"], says);
  }
}

type Found = { readonly path: TargetPath; readonly type: TargetTypeName };

/** The first target on the way from `path` whose type `is` something. */
function firstOf(path: TargetPath, tenant: Tenant, is: (type: TargetTypeName) => boolean): Found | null {
  const seen = new Set<TargetPath>();
  const queue = [path];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const spec = tenant.plan.targets.get(next);
    if (spec === undefined || seen.has(next)) continue;
    if (is(spec.type)) return { path: next, type: spec.type };
    seen.add(next);
    queue.push(...stepsFrom(next, tenant));
  }
  return null;
}
