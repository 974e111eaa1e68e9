import { type CountryCode, getCountryCallingCode } from "libphonenumber-js/min";
import { nationalLengths } from "../../core/number/national-form.ts";
import { peopleCauses } from "../../core/trunk/failover.ts";
import type { Trunk } from "../../core/trunk/trunk.ts";
import type { Report } from "../issue.ts";
import { didYouMean } from "../nearest.ts";
import { TRUNKS_FILE } from "../read.ts";
import type { RawTrunk } from "../schema/system.ts";
import { type Draft, isDropped, missing } from "./draft.ts";

/** What only a rendered endpoint can have. */
const RENDERED_KEYS = [
  "address",
  "match",
  "auth",
  "register",
  "codecs",
  "qualify_seconds",
  "asserted_identity",
] as const;

/** `trunks.yaml`: each trunk by itself, against the others, and the order of the pool. */
export function checkTrunks(draft: Draft): void {
  const { validated, tenantNames, report } = draft;
  for (const [name, raw] of Object.entries(validated.trunks.raw.trunks)) {
    checkOwner(name, raw, tenantNames, report);
    checkConnection(name, raw, report);
    checkCodecs(name, raw, report);
    checkFailover(name, raw, report);
  }
  checkFormerly(draft);
  for (const trunk of draft.trunks.values()) checkStrip(trunk, report);
  checkTwins(draft);
  checkOverflow(draft);
}

function checkOwner(name: string, raw: RawTrunk, tenants: Draft["tenantNames"], report: Report): void {
  const at = ["trunks", name];
  if (raw.tenant !== undefined && raw.shared === true) {
    const says = "is both dedicated and shared: keep tenant or shared";
    report.error(TRUNKS_FILE, [...at, "shared"], says);
  }
  if (raw.tenant === undefined && raw.shared !== true) {
    report.error(TRUNKS_FILE, at, "belongs to nobody: add tenant: NAME or shared: true");
  }
  if (raw.tenant !== undefined && tenants?.has(raw.tenant) === false) {
    const says = missing("tenant", raw.tenant, tenants, `add tenants/${raw.tenant}.yaml`);
    report.error(TRUNKS_FILE, [...at, "tenant"], says);
  }
}

/** A name that two trunks lay claim to would bill the legs of one as the other's. */
function checkFormerly({ trunks, report }: Draft): void {
  const owners = new Map([...trunks.keys()].map((name) => [name, name]));
  for (const { name, formerly } of trunks.values()) {
    for (const [index, old] of formerly.entries()) {
      const owner = owners.get(old);
      owners.set(old, name);
      if (owner === undefined) continue;
      const says = `${old} is ${owner === old ? "a trunk's name" : `a former name of ${owner}`}: take it out here`;
      report.error(TRUNKS_FILE, ["trunks", name, "formerly", index], says);
    }
  }
}

function checkConnection(name: string, raw: RawTrunk, report: Report): void {
  const at = ["trunks", name];
  if (raw.endpoint === undefined) {
    if (raw.address === undefined) {
      const says = "has no address: add address: HOST:PORT, or endpoint: NAME when Asterisk has it already";
      report.error(TRUNKS_FILE, at, says);
    }
  } else {
    for (const key of RENDERED_KEYS.filter((each) => raw[each] !== undefined)) {
      const says = `has no effect beside endpoint, which the operator's Asterisk defines: take it out`;
      report.error(TRUNKS_FILE, [...at, key], says);
    }
  }
  if (raw.register === true && raw.auth === undefined) {
    report.error(TRUNKS_FILE, [...at, "register"], "needs a name and a password: add auth");
  }
}

/** What Asterisk 16 to 22 and their modules call the codecs they have. */
const CODECS: ReadonlySet<string> = new Set(
  `all adpcm alaw codec2 g719 g722 g723 g726 g726aal2 g729 gsm ilbc lpc10 opus silk8 silk12 silk16 silk24 siren14 siren7
   slin slin12 slin16 slin24 slin32 slin44 slin48 slin96 slin192 speex speex16 speex32 testlaw ulaw h261 h263 h263p h264
   h265 mpeg4 vp8 vp9 jpeg png red t140 t140red t38`.split(/\s+/),
);

/** A trunk of which Asterisk knows no codec takes no call. */
function checkCodecs(name: string, { codecs = [] }: RawTrunk, report: Report): void {
  for (const [index, codec] of codecs.entries()) {
    if (CODECS.has(codec)) continue;
    const hint = didYouMean(codec, CODECS) || ": see `core show codecs` there";
    const says = `"${codec}" is no codec that Asterisk comes with${hint}`;
    report.warn(TRUNKS_FILE, ["trunks", name, "codecs", index], says);
  }
}

/** Causes of people send no call on, whatever is written. */
function checkFailover(name: string, { failover_causes: causes = [] }: RawTrunk, report: Report): void {
  for (const [index, cause] of causes.entries()) {
    if (!peopleCauses.has(cause)) continue;
    const says = `${cause} says that somebody was reached, after which no other trunk is ever tried: take it out`;
    report.warn(TRUNKS_FILE, ["trunks", name, "failover_causes", index], says);
  }
}

/** A call is dialled with what `strip` leaves of its number. */
function checkStrip({ name, strip, sendAs, country }: Trunk, report: Report): void {
  const lengths = nationalLengths(country);
  const code = sendAs === "national" ? 0 : getCountryCallingCode(country as CountryCode).length;
  const [shortest, longest] = [code + Math.min(...lengths), code + Math.max(...lengths)];
  if (strip < shortest) return;
  const which = strip < longest ? "the shortest numbers" : "any number";
  const says = `leaves nothing of ${which} of ${country}, and no call can be dialled with that: make it ${shortest - 1} at most`;
  const at = ["trunks", name, "strip"];
  if (strip >= longest) report.error(TRUNKS_FILE, at, says);
  else report.warn(TRUNKS_FILE, at, says);
}

/** Two trunks must differ in what a channel or a packet tells of them. */
function checkTwins({ trunks, report }: Draft): void {
  const endpoints = new Map<string, string>();
  const hosts = new Map<string, string>();
  for (const { name, endpoint, existing, address } of trunks.values()) {
    const twin = endpoints.get(endpoint);
    if (twin !== undefined) {
      const says = `the trunk ${twin} has the endpoint "${endpoint}" too: a channel must belong to one trunk`;
      report.error(TRUNKS_FILE, ["trunks", name, ...(existing ? ["endpoint"] : [])], says);
    }
    endpoints.set(endpoint, name);
    const host = address?.replace(/:[0-9]+$/, "");
    if (host === undefined) continue;
    const neighbour = hosts.get(host);
    if (neighbour !== undefined) {
      const says = `has the host of ${neighbour}: calls from it cannot be told apart and count on one of them`;
      report.warn(TRUNKS_FILE, ["trunks", name, "address"], says);
    }
    hosts.set(host, name);
  }
}

function checkOverflow({ trunks, validated, report }: Draft): void {
  const { raw, dropped } = validated.trunks;
  const seen = new Set<string>();
  for (const [tier, names] of (raw.overflow ?? []).entries()) {
    for (const name of names) {
      const at = ["overflow", tier];
      const trunk = trunks.get(name);
      if (seen.has(name)) report.error(TRUNKS_FILE, at, `${name} is here twice: keep one`);
      seen.add(name);
      if (trunk === undefined) {
        if (isDropped(dropped, "trunks", name)) continue;
        report.error(TRUNKS_FILE, at, missing("trunk", name, trunks.keys(), "add it under trunks"));
      } else if (!trunk.shared && trunk.tenant !== null) {
        const says = `${name} is dedicated to ${trunk.tenant}: only trunks with shared: true can be in the pool`;
        report.error(TRUNKS_FILE, at, says);
      }
    }
  }
  if (isDropped(dropped, "overflow")) return;
  for (const { name, shared } of trunks.values()) {
    if (!shared || seen.has(name)) continue;
    const says = "is shared and not in overflow: it takes calls in and never carries one out";
    report.warn(TRUNKS_FILE, ["trunks", name], says);
  }
}
