import { routePath, type TargetPath } from "../../core/routing/plan.ts";
import { referencesOf } from "../../core/routing/resolve.ts";
import type { TargetTypeName } from "../../core/routing/targets/index.ts";
import type { Did, Tenant } from "../../core/snapshot/snapshot.ts";
import type { ConfigPath } from "../issue.ts";

/** Languages that calls have at a place, null for the channel's own; each with the key that gave it, null for the tenant's. */
export type Spoken = ReadonlyMap<string | null, ConfigPath | null>;

/** What the tenant's calls can come to, and in which language. What nothing leads to is absent. */
export type Reached = {
  readonly targets: ReadonlyMap<TargetPath, Spoken>;
  readonly menus: ReadonlyMap<string, Spoken>;
  /** Of those who call in, as they come in. */
  readonly callers: Spoken;
  /** Of those who call in and are recorded, where people begin to talk. */
  readonly recorded: Spoken;
};

type Speaking = {
  readonly language: string | null;
  readonly by: ConfigPath | null;
  readonly recorded: boolean;
};

type Languages = Map<string | null, ConfigPath | null>;

/** Where a recording begins. */
const TALK: ReadonlySet<TargetTypeName> = new Set(["dial", "forward", "goto", "ingroup", "queue"]);

/** Follows every way from the tenant's numbers, with a decision and without. */
export function reachedBy(tenant: Tenant): Reached {
  const walk = new Walk(tenant);
  const { blockedCallers, vipCallers, limits, fallback } = tenant;
  const known = new Set<string>();
  for (const did of tenant.dids.values()) {
    const speaking = speakingOf(did, tenant);
    // Of 100,000 numbers nearly all lead the same way.
    const way = `${did.language} ${did.entry} ${did.fallback} ${speaking.recorded}`;
    if (known.has(way)) continue;
    known.add(way);
    const unrecorded = { ...speaking, recorded: false };
    walk.callers.set(did.language, walk.callers.get(did.language) ?? speaking.by);
    walk.follow(did.entry, speaking);
    walk.follow(did.fallback ?? fallback, unrecorded);
    const { inbound } = limits.whenFull;
    walk.follow(inbound.kind === "target" ? inbound.target : null, unrecorded);
    if (did.onHoldUntil !== null) continue;
    walk.follow(blockedCallers?.then ?? null, unrecorded);
    walk.follow(vipCallers === null ? null : routePath(vipCallers.route), speaking);
  }
  const { outbound } = limits.whenFull;
  const usual = { language: tenant.language, by: null, recorded: false };
  walk.follow(outbound.kind === "target" ? outbound.target : null, usual);
  return walk;
}

function speakingOf({ did, language, recording, onHoldUntil }: Did, tenant: Tenant): Speaking {
  const share = recording ?? tenant.recording.inbound;
  return {
    language,
    by: language === tenant.language ? null : ["dids", did, "language"],
    recorded: onHoldUntil === null && share > 0,
  };
}

class Walk implements Reached {
  readonly targets = new Map<TargetPath, Languages>();
  readonly menus = new Map<string, Languages>();
  readonly callers: Languages = new Map();
  readonly recorded: Languages = new Map();
  readonly #tenant: Tenant;
  readonly #seen = new Set<string>();

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  follow(from: TargetPath | null, speaking: Speaking): void {
    const { plan } = this.#tenant;
    const ahead = from === null ? [] : [{ path: from, speaking }];
    for (let here = ahead.pop(); here !== undefined; here = ahead.pop()) {
      const { path, speaking } = here;
      const spec = plan.targets.get(path);
      const key = `${speaking.language} ${speaking.recorded} ${path}`;
      if (spec === undefined || this.#seen.has(key)) continue;
      this.#seen.add(key);
      note(this.targets, path, speaking);
      if (speaking.recorded && TALK.has(spec.type)) add(this.recorded, speaking);
      for (const reference of referencesOf(spec)) {
        if (reference.to === "target") ahead.push({ path: reference.path, speaking });
        if (reference.to === "route") ahead.push({ path: routePath(reference.name), speaking });
        if (reference.to === "menu")
          for (const each of this.#throughMenu(reference.name, speaking)) ahead.push(each);
      }
    }
  }

  /** A menu with a language of its own speaks that one, and so does what follows it. */
  #throughMenu(
    name: string,
    speaking: Speaking,
  ): { readonly path: TargetPath; readonly speaking: Speaking }[] {
    const menu = this.#tenant.plan.menus.get(name);
    if (menu === undefined) return [];
    const { language } = menu;
    const by = language === this.#tenant.language ? null : ["menus", name, "language"];
    const on = language === null ? speaking : { ...speaking, language, by };
    note(this.menus, name, on);
    return [menu.exhausted, ...menu.choices.values()].map((path) => ({ path, speaking: on }));
  }
}

function note<Place>(places: Map<Place, Languages>, place: Place, speaking: Speaking): void {
  const languages = places.get(place) ?? new Map();
  add(languages, speaking);
  places.set(place, languages);
}

/** The first key that gives a language is told of. */
function add(languages: Languages, { language, by }: Speaking): void {
  if (!languages.has(language)) languages.set(language, by);
}
