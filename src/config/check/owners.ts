import { vicidialName } from "../../core/snapshot/vicidial-name.ts";
import type { ConfigPath } from "../issue.ts";
import type { Draft, TenantDraft } from "./draft.ts";

/** What one tenant says is its own: at most one may. */
type Claim = { readonly name: string; readonly at: () => ConfigPath };

type Kind = {
  readonly what: string;
  readonly claims: (each: TenantDraft) => Iterable<Claim>;
};

const listed = (key: string, names: readonly string[]): Claim[] =>
  names.map((name, index) => ({ name, at: () => [key, index] }));

/**
 * Each kind of thing that has one owner. A tenant may say the same twice. Capitals make no other name: VICIdial's
 * database and Asterisk's queues do not tell them apart, nor do people.
 */
const KINDS: readonly Kind[] = [
  {
    what: "account code",
    claims: ({ id, tenant }) => [
      { name: id, at: () => ["tenant"] },
      ...listed("accountcodes", tenant.accountcodes),
    ],
  },
  { what: "prefix", claims: ({ tenant }) => listed("outbound_prefixes", tenant.outboundPrefixes) },
  { what: "in-group", claims: ({ tenant }) => listed("ingroups", tenant.ingroups) },
  {
    what: "campaign",
    claims: ({ tenant }) => listed("campaigns", tenant.vicidial.campaigns.map(vicidialName)),
  },
  {
    what: "user group",
    claims: ({ tenant }) => listed("user_groups", tenant.vicidial.userGroups.map(vicidialName)),
  },
  { what: "queue", claims: ({ tenant }) => listed("queues", tenant.queues) },
];

export function checkOwners(draft: Draft): void {
  for (const kind of KINDS) checkKind(kind, draft);
  const owners = checkDids(draft);
  checkCallerIds(draft, owners);
  checkCampaigns(draft);
  checkPrefixBeginnings(draft);
}

/** A window, or a recording, that is about another client's campaign would be a hole in nobody's rules. */
function checkCampaigns({ tenants, report }: Draft): void {
  for (const each of tenants) {
    const { outbound, recording } = each.tenant;
    const look = (campaign: string, at: ConfigPath) => {
      const owner = tenants.find(
        ({ id, tenant }) =>
          id !== each.id && tenant.vicidial.campaigns.some((name) => vicidialName(name) === campaign),
      );
      if (owner !== undefined) report.error(each.file, at, taken("campaign", campaign, owner));
    };
    for (const campaign of outbound.callingWindow?.exceptCampaigns ?? [])
      look(campaign, ["calling_window", "except_campaigns"]);
    for (const campaign of recording.campaigns.keys()) look(campaign, ["recording", "campaigns"]);
  }
}

function checkKind({ what, claims }: Kind, { tenants, report }: Draft): void {
  const owners = ownersByName(tenants, claims);
  for (const each of tenants) {
    for (const { name, at } of claims(each)) {
      const owner = owners.get(name.toLowerCase());
      if (owner === undefined || owner === each) continue;
      report.error(each.file, at(), taken(what, name, owner));
    }
  }
}

/** The first who claims a name has it; a tenant's own name as account code counts before any list. */
function ownersByName(tenants: readonly TenantDraft[], claims: Kind["claims"]): Map<string, TenantDraft> {
  const owners = new Map<string, TenantDraft>();
  for (const each of tenants) {
    for (const { name } of claims(each)) {
      const key = name.toLowerCase();
      if (!owners.has(key) || key === each.id) owners.set(key, each);
    }
  }
  return owners;
}

function taken(what: string, name: string, owner: TenantDraft): string {
  return `the ${what} "${name}" is ${owner.id}'s already (${owner.file}): take it out of one of the two`;
}

function checkDids({ tenants, report }: Draft): ReadonlyMap<string, TenantDraft> {
  const owners = new Map<string, TenantDraft>();
  for (const each of tenants) {
    for (const did of each.tenant.dids.keys()) {
      const owner = owners.get(did);
      if (owner === undefined) owners.set(did, each);
      else report.error(each.file, ["dids", did], taken("DID", did, owner));
    }
  }
  return owners;
}

/** A caller ID must not be another's, neither by its list nor as one of its DIDs. */
function checkCallerIds({ tenants, report }: Draft, dids: ReadonlyMap<string, TenantDraft>): void {
  const owners = new Map<string, TenantDraft>();
  for (const each of tenants) {
    const claims = listed("caller_ids", each.tenant.callerIds);
    const emergency = each.tenant.emergency?.callerId ?? null;
    if (emergency !== null) claims.push({ name: emergency, at: () => ["emergency", "caller_id"] });
    for (const { name, at } of claims) {
      const owner = dids.get(name) ?? owners.get(name);
      if (owner !== undefined && owner !== each) {
        report.error(each.file, at(), taken("caller ID", name, owner));
      } else {
        owners.set(name, each);
      }
    }
  }
}

/** With `7` and `71` of two tenants, a call of the first to a number that begins with 1 is the second's. */
function checkPrefixBeginnings({ tenants, report }: Draft): void {
  const owners = new Map<string, TenantDraft>();
  for (const each of tenants) for (const prefix of each.tenant.outboundPrefixes) owners.set(prefix, each);
  for (const each of tenants) {
    each.tenant.outboundPrefixes.forEach((prefix, index) => {
      for (let length = 1; length < prefix.length; length++) {
        const shorter = prefix.slice(0, length);
        const owner = owners.get(shorter);
        if (owner === undefined || owner === each) continue;
        const says = `the prefix "${prefix}" begins with "${shorter}" of ${owner.id}: its calls could be taken for those of ${each.id}; choose prefixes of which none begins another`;
        report.error(each.file, ["outbound_prefixes", index], says);
      }
    });
  }
}
