import { referencesOf } from "../../core/routing/resolve.ts";
import type { ConfigPath } from "../issue.ts";
import { didYouMean } from "../nearest.ts";
import { type Draft, isDropped, keysOf, type TenantDraft } from "./draft.ts";
import { lacksChanSip } from "./switches.ts";

/**
 * Places on the PBX that targets lead to: in-groups and queues that the tenant lists, phones and contexts that are
 * nobody else's. A mailbox needs no check: it always lies in the tenant's own voicemail context.
 */
export function checkPlaces(draft: Draft): void {
  const owners: Owners = {
    ingroup: ownersOf(draft, "ingroups"),
    queue: ownersOf(draft, "queues"),
    places: new Map(),
    phones: phonesOf(draft),
    ids: new Set(draft.tenants.map(({ id }) => id)),
    trunks: new Set([...draft.trunks.values()].flatMap(({ endpoint, name }) => [endpoint, name])),
  };
  for (const each of draft.tenants) {
    for (const [path, spec] of each.tenant.plan.targets) {
      const keys = keysOf(path);
      for (const reference of referencesOf(spec)) {
        if (reference.to === "ingroup") checkListed(reference, [...keys, "ingroup"], each, owners, draft);
        if (reference.to === "queue") checkListed(reference, [...keys, "queue"], each, owners, draft);
        if (reference.to === "endpoint") checkPhone(reference.name, [...keys, "dial"], each, owners, draft);
      }
      if (spec.type !== "goto") continue;
      const at = [...keys, "goto", "context"];
      if (!checkContext(spec.context, at, each, owners, draft)) continue;
      claim(`the place ${spec.context},${spec.extension}`, at, each, owners, draft);
    }
  }
}

type Owners = {
  readonly ingroup: ReadonlyMap<string, TenantDraft>;
  readonly queue: ReadonlyMap<string, TenantDraft>;
  readonly places: Map<string, TenantDraft>;
  /** Those that are named by nothing but themselves: `PJSIP/100` → who rings it. */
  readonly phones: ReadonlyMap<string, TenantDraft>;
  readonly ids: ReadonlySet<string>;
  readonly trunks: ReadonlySet<string>;
};

function ownersOf({ tenants }: Draft, key: "ingroups" | "queues"): Map<string, TenantDraft> {
  return new Map(tenants.flatMap((each) => each.tenant[key].map((name) => [name, each] as const)));
}

function phonesOf({ tenants }: Draft): Map<string, TenantDraft> {
  const phones = new Map<string, TenantDraft>();
  for (const each of tenants) {
    for (const spec of each.tenant.plan.targets.values())
      if (spec.type === "dial" && !phones.has(spec.endpoint)) phones.set(spec.endpoint, each);
  }
  return phones;
}

function checkListed(
  { to, name }: { readonly to: "ingroup" | "queue" | string; readonly name: string },
  at: ConfigPath,
  { file, tenant, dropped }: TenantDraft,
  owners: Owners,
  { report }: Draft,
): void {
  const kind = to === "ingroup" ? "ingroup" : "queue";
  const key = `${kind}s` as const;
  if (tenant[key].includes(name) || isDropped(dropped, key)) return;
  const word = kind === "ingroup" ? "in-group" : "queue";
  const owner = owners[kind].get(name);
  const says =
    owner === undefined
      ? `the ${word} "${name}" is not in ${key}${didYouMean(name, tenant[key]) || ": add it there"}`
      : `the ${word} "${name}" belongs to ${owner.id}: use one of this tenant's own`;
  report.error(file, at, says);
}

/** `PJSIP/100`, `PJSIP/100@desk`, `Local/100@context`. */
function checkPhone(endpoint: string, at: ConfigPath, each: TenantDraft, owners: Owners, draft: Draft): void {
  const [technology, rest = ""] = endpoint.split("/", 2);
  const [user = "", host] = rest.split("@", 2);
  if (technology === "Local") {
    if (host !== undefined) {
      // Where a goto of somebody else's leads as well.
      if (checkContext(host, at, each, owners, draft))
        claim(`the place ${host},${user}`, at, each, owners, draft);
      return;
    }
  } else {
    const trunk = [user, host].find((part) => part !== undefined && owners.trunks.has(part));
    if (trunk !== undefined) {
      const says = `${endpoint} reaches the trunk ${trunk}: dial rings the tenant's own phones; to call out use forward`;
      draft.report.error(each.file, at, says);
      return;
    }
    // What stands in front of the @ is only what the phone is told that was dialled.
    const phone = `${technology}/${host}`;
    const owner = owners.phones.get(phone);
    if (owner !== undefined && owner !== each) {
      const says = `${endpoint} rings ${phone}, which is a phone of ${owner.id} (${owner.file}): give each tenant its own`;
      draft.report.error(each.file, at, says);
      return;
    }
  }
  const without = technology === "SIP" ? draft.system.switches.find(lacksChanSip) : undefined;
  if (without !== undefined) {
    const says = `${endpoint} rings nowhere on ${without.server}: Asterisk ${without.version} has no chan_sip; write PJSIP/${rest} if the phone is registered there`;
    draft.report.warn(each.file, at, says);
  }
  claim(`the phone ${endpoint}`, at, each, owners, draft);
}

/** Contexts of the house itself would let a call past its rules; those named after a tenant are that tenant's. */
function checkContext(
  context: string,
  at: ConfigPath,
  each: TenantDraft,
  { ids }: Owners,
  { report }: Draft,
): boolean {
  if (/^(signalbox|sb)([-_]|$)/.test(context)) {
    const says = `the context ${context} is Signalbox's own: use a route or an ingroup target instead`;
    report.error(each.file, at, says);
    return false;
  }
  const owner = tenantNamedBy(context, ids);
  if (owner === null || owner === each.id) return true;
  report.error(
    each.file,
    at,
    `the context ${context} is ${owner}'s by its name: use one of this tenant's own`,
  );
  return false;
}

/** `apex-desk` → `apex`; the longest tenant that the name begins with, so that `apex-west` can be a tenant too. */
function tenantNamedBy(context: string, ids: ReadonlySet<string>): string | null {
  if (ids.has(context)) return context;
  for (let end = context.length - 1; end > 0; end--) {
    const character = context[end];
    if ((character === "-" || character === "_") && ids.has(context.slice(0, end))) {
      return context.slice(0, end);
    }
  }
  return null;
}

function claim(
  place: string,
  at: ConfigPath,
  each: TenantDraft,
  { places }: Owners,
  { report }: Draft,
): void {
  const owner = places.get(place);
  if (owner === undefined) places.set(place, each);
  else if (owner !== each) {
    report.error(
      each.file,
      at,
      `${place} is used by ${owner.id} (${owner.file}) too: give each tenant its own`,
    );
  }
}
