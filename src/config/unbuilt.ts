import type { Tenant } from "../core/snapshot/snapshot.ts";
import { keysOf } from "./check/draft.ts";
import type { Report } from "./issue.ts";
import { isMapping } from "./schema/delegate.ts";
import type { Sound } from "./validate.ts";

/**
 * Keys that are read and checked, and whose behaviour this version does not have. They are errors: a rule that
 * somebody relies on must never be dropped in silence. `*` stands for any name.
 */
type Unbuilt = { readonly system: Texts; readonly trunks: Texts; readonly tenant: Texts };
type Texts = Readonly<Record<string, string>>;

export const unbuilt: Unbuilt = {
  system: {},
  trunks: {},
  tenant: {},
};

/** Types of target, likewise. */
export const unbuiltTargets: Texts = {};

export function checkUnbuiltKeys(of: keyof Unbuilt, { file, raw }: Sound<unknown>, report: Report): void {
  reportAll(unbuilt[of], file, raw, report);
}

export function checkUnbuiltTargets(file: string, { plan }: Tenant, report: Report): void {
  for (const [path, { type }] of plan.targets) {
    const text = unbuiltTargets[type];
    if (text !== undefined) report.error(file, [...keysOf(path), type], text);
  }
}

function reportAll(texts: Texts, file: string, raw: unknown, report: Report): void {
  for (const [pattern, text] of Object.entries(texts)) {
    for (const path of matches(raw, pattern.split("."))) report.error(file, path, text);
  }
}

function matches(value: unknown, [key, ...rest]: readonly string[]): string[][] {
  if (key === undefined) return [[]];
  if (!isMapping(value)) return [];
  const keys = key === "*" ? Object.keys(value) : value[key] === undefined ? [] : [key];
  return keys.flatMap((found) => matches(value[found], rest).map((path) => [found, ...path]));
}
