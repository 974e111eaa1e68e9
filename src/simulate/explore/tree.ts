import type { E164 } from "../../core/number/e164.ts";
import type { Instruction, Outcome } from "../../core/routing/instruction.ts";
import { routePath, type TargetPath } from "../../core/routing/plan.ts";
import { referencesOf, resolveTarget, resumeTarget, showTarget } from "../../core/routing/resolve.ts";
import type { Reference, ResolveContext } from "../../core/routing/target-type.ts";
import type { TargetSpec } from "../../core/routing/targets/index.ts";
import type { FullTreatment, Snapshot, Tenant } from "../../core/snapshot/snapshot.ts";
import { shownText } from "../text.ts";

/** A place a call can come to. */
export type Place = {
  /** The target's path, `menus.NAME` for a menu; unique within one tree. */
  readonly id: string;
  readonly title: string;
  readonly ways: readonly Way[];
};

/** One way on from a place. `seen` means that the place is drawn elsewhere in the tree: it is not repeated. */
export type Way = { readonly label: string; readonly to: Place; readonly seen: boolean };

/**
 * Everything that can become of a call to `did`, from what its targets refer to and from what they do with each
 * outcome; no type of target is named here. Null when nobody owns the number.
 */
export function explore(snapshot: Snapshot, did: E164): Place | null {
  const owner = snapshot.dids.get(did);
  const tenant = owner === undefined ? undefined : snapshot.tenants.get(owner.tenant);
  const entry = tenant?.dids.get(did);
  if (tenant === undefined || entry === undefined) return null;
  const walk = new Walk(tenant);
  const { blockedCallers, vipCallers, limits } = tenant;
  const fallback = entry.fallback ?? tenant.fallback;
  const ways = [
    walk.way("", entry.entry),
    ...(vipCallers === null || entry.onHoldUntil !== null
      ? []
      : [walk.way("VIP caller", routePath(vipCallers.route))]),
    ...(blockedCallers === null || entry.onHoldUntil !== null
      ? []
      : [walk.way("blocked caller", blockedCallers.then)]),
    walk.full(limits.whenFull.inbound),
    ...(fallback === null ? [] : [walk.way("no decision", fallback)]),
  ];
  const label = entry.label === null ? "" : ` ${entry.label}`;
  return { id: did, title: `${did}${label} (${tenant.name})`, ways };
}

class Walk {
  readonly #tenant: Tenant;
  readonly #seen = new Set<string>();

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  way(label: string, path: TargetPath): Way {
    return this.#wayTo(label, this.#settle(path));
  }

  full(treatment: FullTreatment): Way {
    if (treatment.kind === "target") return this.way("all channels in use", treatment.target);
    const first = treatment.announce === null ? "" : `plays ${treatment.announce}, `;
    return leaf(
      "all channels in use",
      `full:${treatment.cause}`,
      `${first}hangs up with cause ${treatment.cause}`,
    );
  }

  #wayTo(label: string, place: Settled): Way {
    const { id, title } = place;
    if (this.#seen.has(id)) return { label, to: { id, title, ways: [] }, seen: true };
    this.#seen.add(id);
    return { label, to: { id, title, ways: place.ways() }, seen: false };
  }

  /** A target that only stands for a route or a menu is that route or menu. */
  #settle(path: TargetPath, hops = 0): Settled {
    const spec = this.#tenant.plan.targets.get(path);
    if (spec === undefined) return { id: path, title: `${path} is not configured`, ways: () => [] };
    const [only, second] = referencesOf(spec);
    if (second === undefined && only?.to === "route" && hops < 50) {
      return this.#settle(routePath(only.name), hops + 1);
    }
    if (second === undefined && only?.to === "menu") return this.#menu(only.name);
    return { id: path, title: titleOf(spec), ways: () => this.#waysOf(spec) };
  }

  #menu(name: string): Settled {
    const menu = this.#tenant.plan.menus.get(name);
    if (menu === undefined)
      return { id: `menus.${name}`, title: `menu ${name} is not configured`, ways: () => [] };
    const { prompt, attempts, choices, exhausted } = menu;
    return {
      id: `menus.${name}`,
      title: `menu ${name}, plays ${prompt}`,
      ways: () => [
        ...[...choices].map(([key, to]) => this.way(`key ${key}`, to)),
        this.way(attempts === 1 ? "no valid key" : `no valid key in ${attempts} attempts`, exhausted),
      ],
    };
  }

  /** Where a target refers to and where each outcome leads, under all labels that lead there; then what ends. */
  #waysOf(spec: TargetSpec): Way[] {
    const on = new Map<TargetPath, string[]>();
    for (const reference of referencesOf(spec)) {
      const path = pathOf(reference);
      if (path !== null) on.set(path, labelsOf(spec, path));
    }
    const ends: Way[] = [];
    for (const { label, outcome } of this.#outcomesOf(spec)) {
      const then = resumeTarget(spec, outcome, contextOf(this.#tenant));
      if (then.kind === "end") {
        ends.push(leaf(label, `end:${then.cause}`, `hangs up with cause ${then.cause}`));
      } else if (then.kind === "go" && !on.get(then.to)?.includes(label)) {
        on.set(then.to, [...(on.get(then.to) ?? []), label]);
      }
    }
    return [...[...on].map(([path, labels]) => this.way(labels.join(" or "), path)), ...ends];
  }

  #outcomesOf(spec: TargetSpec): Tried {
    const resolution = resolveTarget(spec, contextOf(this.#tenant));
    if (resolution.kind === "forward") return outcomes.dial;
    return resolution.kind === "perform" ? outcomes[resolution.instruction.do] : [];
  }
}

type Settled = { readonly id: string; readonly title: string; readonly ways: () => Way[] };

function leaf(label: string, id: string, title: string): Way {
  return { label, to: { id, title, ways: [] }, seen: false };
}

/** `hours office`, `announce closed`. */
function titleOf(spec: TargetSpec): string {
  return shownText(showTarget(spec));
}

function pathOf(reference: Reference): TargetPath | null {
  if (reference.to === "target") return reference.path;
  return reference.to === "route" ? routePath(reference.name) : null;
}

/** The keys under which a spec holds `path`: `noAnswer` → `no answer`. */
function labelsOf(spec: TargetSpec, path: string): string[] {
  return Object.entries(spec)
    .filter(([, value]) => value === path)
    .map(([key]) => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`));
}

type Tried = readonly { readonly label: string; readonly outcome: Outcome }[];

/** What can come of each instruction that comes back; a menu's keys are found in the menu. */
const outcomes: Readonly<Record<Instruction["do"], Tried>> = {
  play: [{ label: "then", outcome: { type: "played" } }],
  collect: [],
  dial: [
    { label: "no answer", outcome: { type: "dialled", status: "NOANSWER", cause: null } },
    { label: "busy", outcome: { type: "dialled", status: "BUSY", cause: null } },
  ],
  queue: [{ label: "timeout", outcome: { type: "queued", status: "TIMEOUT" } }],
  voicemail: [],
  goto: [],
  hangup: [],
};

function contextOf(tenant: Tenant): ResolveContext {
  return {
    tenant: tenant.id,
    plan: tenant.plan,
    attempt: 1,
    sound: (prompt) => tenant.plan.sounds.get(prompt) ?? (prompt as never),
    hoursState: () => ({ state: "open", why: "explored" }),
  };
}
