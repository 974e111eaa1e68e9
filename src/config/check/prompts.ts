import { hoursCodePrompts } from "../../core/callflow/hours-code.ts";
import { referencesOf } from "../../core/routing/resolve.ts";
import type { Tenant } from "../../core/snapshot/snapshot.ts";
import type { ConfigPath } from "../issue.ts";
import { type Draft, keysOf, missing, type TenantDraft } from "./draft.ts";
import { type Reached, reachedBy, type Spoken } from "./reached.ts";

/** Every prompt has a file, of the tenant or shared, in each language in which callers can hear it or in none. */
export function checkPrompts(draft: Draft): void {
  for (const each of draft.tenants) {
    const told = new Set<string>();
    for (const prompt of promptsOf(each.tenant)) checkPrompt(prompt, told, each, draft);
    const lacking =
      each.tenant.hoursCode === null ? [] : hoursCodePrompts.filter((name) => !isUsual(name, each.tenant));
    if (lacking.length === 0) continue;
    const says = `it has no prompts ${lacking.join(", ")}: put them as .wav files into sounds/${each.id} or sounds/shared`;
    tell(draft, each, ["hours_code"], says);
  }
}

/** True where a call in the tenant's own language hears it. */
export function isUsual(name: string, { plan, language }: Tenant): boolean {
  return plan.sounds.has(name) || plan.sounds.has(`${language ?? ""}/${name}`);
}

function checkPrompt({ name, at, spoken }: Prompt, told: Set<string>, each: TenantDraft, draft: Draft): void {
  const { tenant, id } = each;
  const { sounds } = tenant.plan;
  const lacking = lackingIn(name, spoken, tenant);
  if (lacking.length === 0) return;
  const translated = [...sounds.keys()].some((key) => key.endsWith(`/${name}`));
  if (!translated || lacking.some(([language]) => language === tenant.language)) {
    const known = [...sounds.keys()].filter((key) => !key.includes("/"));
    const says = missing("prompt", name, known, `put ${name}.wav into sounds/${id} or sounds/shared`);
    tell(draft, each, at, says);
    return;
  }
  for (const [language, by] of lacking) {
    const place = by ?? at;
    if (told.has(`${place.join(".")} ${name}`)) continue;
    told.add(`${place.join(".")} ${name}`);
    const says = `there is no prompt "${name}" in ${language}: put ${language}/${name}.wav or ${name}.wav into sounds/${id}`;
    tell(draft, each, place, says);
  }
}

/** The languages in which a caller would hear nothing where `name` is played. */
export function lackingIn(
  name: string,
  spoken: Spoken,
  { plan }: Tenant,
): (readonly [language: string | null, by: ConfigPath | null])[] {
  if (plan.sounds.has(name)) return [];
  return [...spoken].filter(([language]) => !plan.sounds.has(`${language ?? ""}/${name}`));
}

function tell({ report, thorough }: Draft, { file }: TenantDraft, at: ConfigPath, says: string): void {
  if (thorough) report.error(file, at, says);
  else report.warnings.push({ file, path: at, message: says, position: null, lacksPrompt: true });
}

/** A prompt, where it is named, and the languages that calls have there. */
export type Prompt = { readonly name: string; readonly at: ConfigPath; readonly spoken: Spoken };

/** Every prompt that a tenant's file names. What no call can come to is taken for heard in the tenant's own language. */
export function* promptsOf(tenant: Tenant): Generator<Prompt> {
  const reached = reachedBy(tenant);
  const usual: Spoken = new Map([[tenant.language, null]]);
  for (const [path, spec] of tenant.plan.targets) {
    for (const reference of referencesOf(spec)) {
      if (reference.to !== "prompt") continue;
      yield { name: reference.name, at: announcedAt(path), spoken: reached.targets.get(path) ?? usual };
    }
  }
  yield* menuPrompts(tenant, reached, usual);
  for (const direction of ["inbound", "outbound"] as const) {
    const treatment = tenant.limits.whenFull[direction];
    if (treatment.kind !== "hangup" || treatment.announce === null) continue;
    const spoken = direction === "inbound" && reached.callers.size > 0 ? reached.callers : usual;
    yield { name: treatment.announce, at: ["limits", "when_full", direction, "announce"], spoken };
  }
  const { notice, outbound, campaigns } = tenant.recording;
  if (notice === null) return;
  const out = outbound > 0 || [...campaigns.values()].some((share) => share > 0);
  const spoken = out || reached.recorded.size === 0 ? [...reached.recorded, ...usual] : reached.recorded;
  yield { name: notice, at: ["recording", "notice"], spoken: new Map(spoken) };
}

/** The announcement of a number on hold is written in its own key. */
function announcedAt(path: string): ConfigPath {
  const keys = keysOf(path);
  return keys[0] === "dids" && keys[2] === "on_hold"
    ? [...keys.slice(0, 2), "hold_announce"]
    : [...keys, "announce"];
}

function* menuPrompts({ plan }: Tenant, reached: Reached, usual: Spoken): Generator<Prompt> {
  for (const [name, menu] of plan.menus) {
    const own: Spoken | null = menu.language === null ? null : new Map([[menu.language, null]]);
    const spoken = own ?? reached.menus.get(name) ?? usual;
    yield { name: menu.prompt, at: ["menus", name, "prompt"], spoken };
    if (menu.invalidPrompt !== null) {
      yield { name: menu.invalidPrompt, at: ["menus", name, "invalid", "announce"], spoken };
    }
    if (menu.silentPrompt !== null) {
      yield { name: menu.silentPrompt, at: ["menus", name, "silent", "announce"], spoken };
    }
  }
}
