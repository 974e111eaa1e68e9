import { referencesOf } from "../../core/routing/resolve.ts";
import type { ConfigPath } from "../issue.ts";
import { type Draft, isDropped, keysOf, missing, type TenantDraft } from "./draft.ts";

type Section = "routes" | "menus" | "hours";

const WORDS: Readonly<Record<Section, string>> = { routes: "route", menus: "menu", hours: "set of hours" };

/** Every route, menu and set of hours that is named exists. */
export function checkReferences(draft: Draft): void {
  for (const each of draft.tenants) {
    const needs = (section: Section, name: string, at: ConfigPath): void => {
      if (isNamed(each.raw[section], name) || isDropped(each.dropped, section, name)) return;
      const known = Object.keys(each.raw[section] ?? {});
      const says = missing(WORDS[section], name, known, `add it under ${section}`);
      draft.report.error(each.file, at, says);
    };
    checkTargets(each, needs);
    checkNames(each, needs);
  }
}

/** Own keys only: `constructor` and `toString` are names that nobody has written. */
function isNamed(section: object | undefined, name: string): boolean {
  return section !== undefined && Object.hasOwn(section, name);
}

type Needs = (section: Section, name: string, at: ConfigPath) => void;

function checkTargets({ tenant }: TenantDraft, needs: Needs): void {
  for (const [path, spec] of tenant.plan.targets) {
    for (const reference of referencesOf(spec)) {
      if (reference.to === "route") needs("routes", reference.name, [...keysOf(path), "route"]);
      if (reference.to === "menu") needs("menus", reference.name, [...keysOf(path), "menu"]);
      if (reference.to === "hours") needs("hours", reference.name, [...keysOf(path), "hours"]);
    }
  }
}

function checkNames({ raw, tenant }: TenantDraft, needs: Needs): void {
  for (const { did, route } of tenant.dids.values()) {
    // A path for each of 100,000 numbers is made only when it is needed.
    if (route !== null && !isNamed(raw.routes, route)) needs("routes", route, ["dids", did, "route"]);
  }
  if (raw.vip_callers !== undefined) needs("routes", raw.vip_callers.route, ["vip_callers", "route"]);
  if (raw.hours_code !== undefined) needs("hours", raw.hours_code.hours, ["hours_code", "hours"]);
}
