import { type DestinationRules, judgeDestination } from "../../core/number/destination.ts";
import { readDialled } from "../../core/number/dialled.ts";
import { type E164, isE164, isSubscriber, ofToday, parseNumber } from "../../core/number/e164.ts";
import { nationalForm } from "../../core/number/national-form.ts";
import type { Tenant } from "../../core/snapshot/snapshot.ts";
import type { ConfigPath } from "../issue.ts";
import { type Draft, keysOf } from "./draft.ts";

/** Numbers that look like E.164 and are nobody's: a digit was lost or doubled, and no call will ever find them. */
export function checkNumbers({ tenants, validated, thorough, report }: Draft): void {
  if (!thorough) return;
  for (const { file, tenant, raw } of tenants) {
    if (raw.destinations?.allow?.length === 0) {
      const says = `is empty, which is no list at all: everything in ${tenant.country} is dialled; where nothing is to be, set limits.outbound to 0`;
      report.warn(file, ["destinations", "allow"], says);
    }
    const look = (number: E164, at: ConfigPath): void => {
      if (ofToday(number) !== number) {
        const says = `${number} has the 1 that Mexico's mobile phones had behind the country code until 2019: write "${ofToday(number)}"`;
        report.warn(file, at, says);
        return;
      }
      const meant = parseNumber(number, tenant.country);
      if (meant !== null && meant !== number) {
        const says = `${number} has the 0 that is dialled at home alone, and no call ever has it behind the country code: write "${meant}"`;
        report.error(file, at, says);
        return;
      }
      if (lacksZero(number)) {
        const says = `${number} is no number of Italy's without the 0 that is part of it: see whether "+390${number.slice(3)}" is meant`;
        report.warn(file, at, says);
        return;
      }
      if (readDialled(number, tenant.country) !== null) return;
      const says = `${number} is no whole telephone number of any country: see whether a digit is missing or one too many`;
      report.warn(file, at, says);
    };
    for (const did of tenant.dids.keys()) look(did, ["dids", did]);
    for (const [index, number] of tenant.callerIds.entries()) look(number, ["caller_ids", index]);
    const emergency = tenant.emergency?.callerId ?? null;
    if (emergency !== null) look(emergency, ["emergency", "caller_id"]);
    const obstacle = forwardObstacle(tenant, validated.trunks.raw.overflow?.length ?? 0);
    checkIslands(tenant.outbound.destinations, (at, says) => report.warn(file, at, says));
    for (const [path, spec] of tenant.plan.targets) {
      if (spec.type !== "forward" || !isE164(spec.number)) continue;
      const at = [...keysOf(path), "forward"];
      look(spec.number, at);
      const judged = judgeDestination(spec.number, tenant.outbound.destinations, tenant.country);
      const says = `no call is forwarded: ${judged.says}; name it under destinations.allow`;
      if (!judged.allowed) report.warn(file, at, says);
      else if (obstacle !== null) report.warn(file, at, `no call is forwarded: ${obstacle}`);
    }
  }
  checkPrefixes(tenants, report);
}

/** Elsewhere the 0 of home is left out behind the country code; in Italy it is not, and who did so has a number of nobody. */
function lacksZero(number: E164): boolean {
  return number.startsWith("+39") && !isSubscriber(number) && isSubscriber(`+390${number.slice(3)}` as E164);
}

/** Why no call of this tenant's can be forwarded at all; null where it can. A forward takes a channel of its own. */
function forwardObstacle({ limits, trunks }: Tenant, overflow: number): string | null {
  const dedicated = trunks.strategy === "shared" ? 0 : trunks.dedicated.length;
  const pool = trunks.strategy === "dedicated" ? 0 : overflow;
  if (dedicated + pool === 0) return "this tenant has no trunk to call out on";
  if (limits.mode === "watch") return null;
  if (limits.outbound === 0) return "limits.outbound is 0; raise it, or send these calls elsewhere";
  if (limits.channels !== 1) return null;
  return "limits.channels is 1, which the call that came in has already; raise it to 2 at least";
}

/** With the prefix 1, what everybody in the US dials with a 1 in front is taken for a call of this client. */
function checkPrefixes(tenants: Draft["tenants"], report: Draft["report"]): void {
  const samples = new Map(
    tenants.flatMap(({ tenant: { country, callerIds, dids } }) => {
      const own = callerIds[0] ?? dids.keys().next().value;
      return own === undefined ? [] : [[country, subscriber(own, country)] as const];
    }),
  );
  for (const { file, tenant } of tenants) {
    for (const [index, prefix] of tenant.outboundPrefixes.entries()) {
      const [country, number] =
        [...samples]
          .map(
            ([country, sample]) => [country, wholeNumber(prefix, sample, country, tenant.country)] as const,
          )
          .find(([, number]) => number !== null) ?? [];
      if (country === undefined) continue;
      const says = `in ${country} ${number} is a whole number as people dial it: such calls of others are taken for this client's; choose another prefix`;
      report.warn(file, ["outbound_prefixes", index], says);
    }
  }
}

/**
 * A number that begins with the prefix, and that people in `country` dial like that: one behind it, or one of another
 * country than the client's `own` of which so much is left behind it as is a number there.
 */
function wholeNumber(prefix: string, sample: string, country: string, own: string): string | null {
  const behind = `${prefix}${sample}`;
  if (readDialled(behind, country) !== null) return behind;
  if (country === own) return null;
  const rests = [sample.slice(prefix.length), `0${sample.slice(prefix.length + 1)}`];
  const rest = rests.find(
    (each) => readDialled(`${prefix}${each}`, country) !== null && readDialled(each, own) !== null,
  );
  return rest === undefined ? null : `${prefix}${rest}`;
}

/** As it is dialled at home, without what people there may put in front. */
function subscriber(number: E164, country: string): string {
  const national = nationalForm(number, country);
  return readDialled(national.slice(1), country) === number ? national.slice(1) : national;
}

/** `+1` is no single country: dear lines in the Caribbean, dialled like any number at home, are a favourite of fraud. */
function checkIslands(rules: DestinationRules, warn: (at: ConfigPath, says: string) => void): void {
  const index = rules.allow.indexOf("+1");
  const judged = ISLANDS.some((number) => !judgeDestination(number as E164, rules, "US").allowed);
  if (index < 0 || judged) return;
  const says =
    "+1 also means the Caribbean countries and Bermuda, which cost what abroad costs: write US and CA for those two alone, or deny the ones that nobody should dial, like JM";
  warn(["destinations", "allow", index], says);
}

/** One number of each country that shares +1 with the US and Canada. */
const ISLANDS = "242 246 264 268 284 345 441 473 649 664 721 758 767 784 809 868 869 876"
  .split(" ")
  .map((code) => `+1${code}5550100`);
