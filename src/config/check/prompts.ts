import { hoursCodePrompts } from "../../core/callflow/hours-code.ts";
import { routePath, type TargetPath } from "../../core/routing/plan.ts";
import { referencesOf } from "../../core/routing/resolve.ts";
import type { Tenant } from "../../core/snapshot/snapshot.ts";
import type { ConfigPath } from "../issue.ts";
import { type Draft, keysOf, missing, type TenantDraft } from "./draft.ts";

/** Every prompt that is named has a file, of the tenant or shared. */
export function checkPrompts(draft: Draft): void {
  for (const each of draft.tenants) {
    const { sounds } = each.tenant.plan;
    for (const { name, at, language } of promptsOf(each.tenant)) {
      if (sounds.has(name) || sounds.has(`${language ?? each.raw.language ?? ""}/${name}`)) continue;
      const known = [...sounds.keys()].filter((key) => !key.includes("/"));
      const says = missing("prompt", name, known, `put ${name}.wav into sounds/${each.id} or sounds/shared`);
      tell(draft, each, at, says);
    }
    checkTranslations(each, draft);
    const lacking =
      each.tenant.hoursCode === null ? [] : hoursCodePrompts.filter((name) => !sounds.has(name));
    if (lacking.length === 0) continue;
    const says = `it has no prompts ${lacking.join(", ")}: put them as .wav files into sounds/${each.id} or sounds/shared`;
    tell(draft, each, ["hours_code"], says);
  }
}

function tell({ report, thorough }: Draft, { file }: TenantDraft, at: ConfigPath, says: string): void {
  if (thorough) report.error(file, at, says);
  else report.warnings.push({ file, path: at, message: says, position: null, lacksPrompt: true });
}

/**
 * A number in another language than its tenant's: what its callers hear is there in that language or in none. A menu that
 * has a language of its own speaks that one, and so does what follows it.
 */
function checkTranslations(each: TenantDraft, draft: Draft): void {
  const { tenant, raw } = each;
  const { sounds } = tenant.plan;
  const looked = new Set<string>();
  for (const { did, entry, fallback, language } of tenant.dids.values()) {
    if (language === null || language === (raw.language ?? null)) continue;
    const way = `${language} ${entry} ${fallback}`;
    if (looked.has(way)) continue;
    looked.add(way);
    const heard = promptsFrom([entry, ...(fallback === null ? [] : [fallback])], tenant);
    for (const name of heard) {
      if (sounds.has(name) || sounds.has(`${language}/${name}`)) continue;
      // Lacking in every language, it has been told where it is named.
      if (!sounds.has(`${raw.language ?? ""}/${name}`)) continue;
      const says = `there is no prompt "${name}" in ${language}: put ${language}/${name}.wav or ${name}.wav into sounds/${each.id}`;
      tell(draft, each, ["dids", did, "language"], says);
    }
  }
}

/** The prompts of all that can be reached from `paths` in the language that the call has there. */
function promptsFrom(paths: readonly TargetPath[], { plan }: Tenant): ReadonlySet<string> {
  const heard = new Set<string>();
  const seen = new Set<TargetPath>();
  const queue = [...paths];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const spec = plan.targets.get(path);
    if (spec === undefined || seen.has(path)) continue;
    seen.add(path);
    for (const reference of referencesOf(spec)) {
      if (reference.to === "prompt") heard.add(reference.name);
      if (reference.to === "target") queue.push(reference.path);
      if (reference.to === "route") queue.push(routePath(reference.name));
      const menu = reference.to === "menu" ? plan.menus.get(reference.name) : undefined;
      if (menu === undefined || menu.language !== null) continue;
      for (const name of [menu.prompt, menu.invalidPrompt, menu.silentPrompt])
        if (name !== null) heard.add(name);
      queue.push(menu.exhausted, ...menu.choices.values());
    }
  }
  return heard;
}

/** A prompt and where it is named; `language` is that of the menu. */
export type Prompt = { readonly name: string; readonly at: ConfigPath; readonly language?: string | null };

/** Every prompt that a tenant's file names. */
export function* promptsOf(tenant: Tenant): Generator<Prompt> {
  for (const [path, spec] of tenant.plan.targets) {
    for (const reference of referencesOf(spec)) {
      if (reference.to === "prompt") yield { name: reference.name, at: announcedAt(path) };
    }
  }
  yield* menuPrompts(tenant);
  for (const direction of ["inbound", "outbound"] as const) {
    const treatment = tenant.limits.whenFull[direction];
    if (treatment.kind !== "hangup" || treatment.announce === null) continue;
    yield { name: treatment.announce, at: ["limits", "when_full", direction, "announce"] };
  }
  const { notice } = tenant.recording;
  if (notice !== null) yield { name: notice, at: ["recording", "notice"] };
}

/** The announcement of a number on hold is written in its own key. */
function announcedAt(path: string): ConfigPath {
  const keys = keysOf(path);
  return keys[0] === "dids" && keys[2] === "on_hold"
    ? [...keys.slice(0, 2), "hold_announce"]
    : [...keys, "announce"];
}

function* menuPrompts({ plan }: Tenant): Generator<Prompt> {
  for (const [name, menu] of plan.menus) {
    const { language } = menu;
    yield { name: menu.prompt, at: ["menus", name, "prompt"], language };
    if (menu.invalidPrompt !== null) {
      yield { name: menu.invalidPrompt, at: ["menus", name, "invalid", "announce"], language };
    }
    if (menu.silentPrompt !== null) {
      yield { name: menu.silentPrompt, at: ["menus", name, "silent", "announce"], language };
    }
  }
}
