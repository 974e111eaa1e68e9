import type { Menu } from "../../core/menu/menu.ts";
import type { RoutingPlan, SoundFile, TargetPath } from "../../core/routing/plan.ts";
import type { TargetSpec } from "../../core/routing/targets/index.ts";
import type { RawMenu } from "../schema/menu.ts";
import type { RawTenant } from "../schema/tenant.ts";
import { compileHours } from "./hours.ts";
import { addTarget } from "./targets.ts";

/** A plan that can still be added to: limits and block lists have targets of their own. */
export type DraftPlan = RoutingPlan & { readonly targets: Map<TargetPath, TargetSpec> };

export function compilePlan(raw: RawTenant, sounds: ReadonlyMap<string, SoundFile>): DraftPlan {
  const targets = new Map<TargetPath, TargetSpec>();
  for (const [name, target] of Object.entries(raw.routes ?? {})) addTarget(targets, `routes.${name}`, target);
  const menus = Object.entries(raw.menus ?? {}).map(
    ([name, menu]) => [name, compileMenu(name, menu, targets)] as const,
  );
  const hours = Object.entries(raw.hours ?? {}).map(
    ([name, each]) => [name, compileHours(each, raw.timezone)] as const,
  );
  return { targets, menus: new Map(menus), hours: new Map(hours), sounds };
}

function compileMenu(name: string, raw: RawMenu, targets: Map<TargetPath, TargetSpec>): Menu<TargetPath> {
  const at = `menus.${name}`;
  return {
    prompt: raw.prompt,
    waitSeconds: raw.wait_seconds ?? 5,
    nextDigitSeconds: raw.next_digit_seconds ?? 2,
    attempts: raw.attempts ?? 3,
    choices: new Map(
      Object.entries(raw.choices).map(([keys, target]) => [
        keys,
        addTarget(targets, `${at}.choices.${keys}`, target),
      ]),
    ),
    invalidPrompt: raw.invalid?.announce ?? null,
    silentPrompt: raw.silent?.announce ?? null,
    exhausted: addTarget(targets, `${at}.exhausted`, raw.exhausted),
    language: raw.language ?? null,
  };
}
