import { readDialled } from "../number/dialled.ts";
import { readDid } from "../number/did.ts";
import type { Did, Snapshot, Tenant } from "../snapshot/snapshot.ts";
import { vicidialName } from "../snapshot/vicidial-name.ts";
import { parseTenantId, type TenantId } from "../tenant/tenant-id.ts";
import type { Trunk } from "../trunk/trunk.ts";
import type { CallCode } from "./call-code.ts";
import type { Offer } from "./call-event.ts";
import { type Asking, askVicidial, type VicidialSign } from "./commands.ts";
import type { PlacedBy } from "./decision.ts";
import type { Moment } from "./moment.ts";
import type { Refusal } from "./refusal.ts";
import type { Notes } from "./trace.ts";

/** One thing that says whose call this is. */
type Sign = { readonly where: string; readonly tenant: TenantId };

export type Owned = {
  readonly tenant: Tenant;
  /** What was dialled, without the prefix that named the tenant. */
  readonly dialled: string;
  /** What VICIdial said of the call; null when it was not asked. */
  readonly signs: readonly VicidialSign[] | null;
};

/** Whose number was dialled by a call that came in on `trunk`, or why nobody's. */
export function ownerOfInbound(
  dialled: string,
  trunk: Trunk | null,
  snapshot: Snapshot,
): { readonly tenant: Tenant; readonly did: Did } | Refusal {
  const spelling = { country: trunk?.country ?? snapshot.system.country, prefix: trunk?.didPrefix ?? "" };
  const { prefix } = spelling;
  // A carrier's prefix may hold * and #, and a whole number may stand behind the longest.
  const bare = dialled.startsWith(prefix) ? dialled.slice(prefix.length) : dialled;
  if (![dialled, bare].some((text) => /^\+?[0-9]{3,20}$/.test(text))) {
    return { reason: "bad_number", says: "what was dialled is not a telephone number" };
  }
  const { did } = readDid(dialled, spelling, (number) => snapshot.dids.has(number));
  const owner = did === null ? undefined : snapshot.dids.get(did);
  const tenant = owner === undefined ? undefined : snapshot.tenants.get(owner.tenant);
  const entry = did === null ? undefined : tenant?.dids.get(did);
  if (tenant === undefined || entry === undefined) {
    return { reason: "unknown_did", says: `no client owns ${did ?? dialled}` };
  }
  return { tenant, did: entry };
}

/**
 * Whose outbound call this is. Everything that says so is read and all of it must say the same: two signs that differ
 * are refused and never weighed against each other, since a guess would put one client's call on another's bill. Only
 * a call without any sign of its own is looked up in VICIdial, unless all are to be.
 */
export function* ownerOfOutbound(
  offer: Offer,
  code: CallCode | null,
  { snapshot }: Moment,
  notes: Notes,
): Asking<Owned | Refusal> {
  const prefix = prefixOf(offer, snapshot);
  const signs = ownSigns(offer, prefix, snapshot);
  if ("reason" in signs) return signs;
  let found: Owned["signs"] = null;
  if (signs.length === 0 || snapshot.system.vicidial?.lookUpAll) {
    const looked = yield* lookUp(code, snapshot);
    if ("signs" in looked) {
      signs.push(...looked.signs);
      found = looked.found;
    } else if (signs.length === 0) return looked;
    else notes.add("tenant", `${looked.says}: what the call says itself counts`);
  }
  for (const { where, tenant } of signs) notes.add("tenant", `${where} says ${tenant}`);

  const [first] = signs;
  if (first === undefined) {
    const says = "there is no tenant=, no client's prefix and no client's account code on this call";
    return { reason: "unknown_tenant", says };
  }
  const other = signs.find((sign) => sign.tenant !== first.tenant);
  if (other !== undefined) {
    const says = `${first.where} says ${first.tenant} and ${other.where} says ${other.tenant}`;
    return { reason: "tenant_conflict", says };
  }
  const tenant = snapshot.tenants.get(first.tenant);
  if (tenant === undefined)
    return { reason: "unknown_tenant", says: `${first.tenant} is not configured any more` };
  return { tenant, dialled: offer.dialled.slice(prefix?.digits.length ?? 0), signs: found };
}

/** The same owner with what VICIdial says of the call, which is asked where he was found without it. */
export function* withSigns(
  { campaign }: Offer,
  code: CallCode | null,
  owned: Owned,
  { snapshot }: Moment,
): Asking<Owned> {
  if (campaign !== null || owned.signs !== null || code === null || !hasDatabase(snapshot)) return owned;
  return { ...owned, signs: (yield* askVicidial(code)).signs };
}

/**
 * The campaign that places a call of this owner: as the dialplan says, else as VICIdial's surest table does. Null where
 * neither knows one, and for one that is another client's.
 */
export function campaignOf(offer: Offer, { tenant, signs }: Owned, { snapshot }: Moment): string | null {
  const campaign = offer.campaign ?? signs?.[0]?.campaign ?? null;
  if (campaign === null) return null;
  const owner = snapshot.tenantByCampaign.get(vicidialName(campaign)) ?? tenant.id;
  return owner === tenant.id ? shown(campaign) : null;
}

/** For the record of the call. Nothing is asked for its sake: what was told for another reason is all that is known. */
export function placedByOf(offer: Offer, owned: Owned, moment: Moment): PlacedBy | null {
  const campaign = offer.campaign ?? campaignOf(offer, owned, moment);
  if (campaign === null) return null;
  const agent = owned.signs?.find((sign) => sign.agent !== undefined)?.agent ?? null;
  return { campaign: shown(campaign), agent: agent && shown(agent) };
}

function hasDatabase({ system }: Snapshot): boolean {
  return (system.vicidial?.database ?? null) !== null;
}

type Prefix = { readonly digits: string; readonly tenant: TenantId };

/** What the call itself says of whose it is. */
function ownSigns(offer: Offer, prefix: Prefix | null, snapshot: Snapshot): Sign[] | Refusal {
  const signs: Sign[] = [];
  if (offer.tenantHint !== null) {
    const hinted = parseTenantId(offer.tenantHint);
    if (hinted === null || !snapshot.tenants.has(hinted))
      return { reason: "unknown_tenant", says: "tenant= of the AGI address names no configured client" };
    signs.push({ where: "tenant= of the AGI address", tenant: hinted });
  }
  if (prefix !== null) signs.push({ where: `the prefix ${prefix.digits}`, tenant: prefix.tenant });
  const coded = snapshot.tenantByAccountcode.get(offer.accountcode);
  if (coded !== undefined) signs.push({ where: `the account code ${offer.accountcode}`, tenant: coded });
  return signs;
}

/** What VICIdial's tables say of a call code. The surest table that leads to a client decides, with all that it says. */
function* lookUp(
  code: CallCode | null,
  snapshot: Snapshot,
): Asking<{ readonly signs: readonly Sign[]; readonly found: Owned["signs"] } | Refusal> {
  if (code === null || !hasDatabase(snapshot)) return { signs: [], found: null };
  const answer = yield* askVicidial(code);
  if (answer.signs === null) {
    const says = `nothing but the call code ${code.code} says whose call this is, and VICIdial's database gave no answer`;
    return { reason: "unknown_tenant", says };
  }
  const leading = answer.signs.find((sign) => tenantsOf(sign, snapshot).length > 0);
  if (leading !== undefined) {
    const surest = answer.signs.filter(({ table }) => table === leading.table);
    return { signs: surest.flatMap((sign) => tenantsOf(sign, snapshot)), found: answer.signs };
  }
  const [named] = answer.signs;
  const says =
    named === undefined
      ? `VICIdial knows nothing of the call code ${code.code}`
      : `the call code ${code.code} is the campaign ${shown(named.campaign)}'s, which is no client's`;
  return { reason: "unknown_tenant", says };
}

/** Both the campaign and its user group may name a client; where both do, they must name the same. */
function tenantsOf({ table, campaign, userGroup }: VicidialSign, snapshot: Snapshot): Sign[] {
  const byCampaign = snapshot.tenantByCampaign.get(vicidialName(campaign));
  const byGroup = snapshot.tenantByUserGroup.get(vicidialName(userGroup ?? ""));
  const where = `in VICIdial's ${table}`;
  return [
    ...(byCampaign === undefined
      ? []
      : [{ where: `the campaign ${shown(campaign)} ${where}`, tenant: byCampaign }]),
    ...(byGroup === undefined
      ? []
      : [{ where: `the user group ${shown(userGroup ?? "")} ${where}`, tenant: byGroup }]),
  ];
}

/** What another program's table holds, fit for a trace. */
function shown(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, "?").slice(0, 20);
}

/**
 * The longest dialled prefix that means a tenant. Digits that only happen to look like one are not: `7165550100` is a
 * whole number of Buffalo, and what is left of it after a prefix `71` is none; nor is `712` one in `712125550100` for a
 * client who has `71` as well. Where the phone says whose it is, what is a whole number in that client's country is no
 * prefix of another's, whatever is left of it in theirs.
 */
function prefixOf({ dialled, accountcode, tenantHint }: Offer, snapshot: Snapshot): Prefix | null {
  const said = tenantHint ?? snapshot.tenantByAccountcode.get(accountcode) ?? "";
  const own = snapshot.tenants.get(said as TenantId);
  const isOwnNumber = () => own !== undefined && readDialled(dialled, own.country) !== null;
  let longest: Prefix | null = null;
  for (let length = dialled.length - 1; length > 0; length--) {
    const digits = dialled.slice(0, length);
    const tenant = snapshot.tenantByPrefix.get(digits);
    if (tenant === undefined || (tenant !== own?.id && isOwnNumber())) continue;
    const country = snapshot.tenants.get(tenant)?.country ?? snapshot.system.country;
    const rest = dialled.slice(length);
    const callable = readDialled(rest, country) !== null || snapshot.system.emergencyNumbers.includes(rest);
    if (callable) return { digits, tenant };
    if (longest === null && readDialled(dialled, country) === null) longest = { digits, tenant };
  }
  return longest;
}
