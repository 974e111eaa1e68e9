import { calledParty } from "../number/called-party.ts";
import { judgeDestination } from "../number/destination.ts";
import type { E164 } from "../number/e164.ts";
import { judgeWindow } from "../schedule/calling-window.ts";
import { dateText, wallClock } from "../schedule/wall-clock.ts";
import { vicidialName } from "../snapshot/vicidial-name.ts";
import type { CallState } from "./call-state.ts";
import { type Asking, askDoNotCall, spend } from "./commands.ts";
import type { Refusal } from "./refusal.ts";
import { isSentOn, type Visit } from "./visit.ts";

/** `campaign` finds out which dialler's campaign places the call; it is asked only where that makes a difference. */
export type Purpose =
  | { readonly kind: "call"; readonly campaign: () => Asking<string | null> }
  | { readonly kind: "forward" };

/**
 * Why `number` must not be called by this tenant now, or null. A forward is not held to the calling window, which
 * protects people from being called by strangers: the number a client forwards to at night is their own night desk.
 */
export function* objectionTo(number: E164, purpose: Purpose, visit: Visit): Asking<Refusal | null> {
  const { tenant, notes } = visit;
  const destination = judgeDestination(number, tenant.outbound.destinations, tenant.country);
  if (!destination.allowed) return { reason: "destination_not_allowed", says: destination.says };
  notes.add("destinations", destination.says);

  const { system } = visit.moment.snapshot;
  if (tenant.outbound.doNotCall !== null || system.doNotCall !== null || system.vicidial?.doNotCall) {
    const { listed } = yield* askDoNotCall(tenant.id, number);
    if (listed !== null) {
      const whose = listed === "tenant" ? `${tenant.id}'s` : "the system's";
      return { reason: "do_not_call", says: `${number} is on ${whose} do-not-call list` };
    }
    notes.add("do_not_call", `${number} is on no list that holds for ${tenant.id}`);
  }
  return purpose.kind === "call" ? yield* outsideWindow(number, purpose.campaign, visit) : null;
}

function* outsideWindow(
  number: E164,
  campaignOf: () => Asking<string | null>,
  { tenant, moment, notes }: Visit,
): Asking<Refusal | null> {
  const window = tenant.outbound.callingWindow;
  if (window === null) return null;
  const party = calledParty(number);
  const theirs = window.zone === "callee" && party.zones.length > 0;
  const verdict = judgeWindow(window, theirs ? party : { ...party, zones: [tenant.timezone] }, moment.now);
  if (verdict.inside) {
    notes.add("calling_window", verdict.says);
    return null;
  }
  const campaign = window.exceptCampaigns.size === 0 ? null : yield* campaignOf();
  if (campaign === null || !window.exceptCampaigns.has(vicidialName(campaign)))
    return { reason: "outside_calling_window", says: verdict.says };
  notes.add("calling_window", `${verdict.says}; the campaign ${campaign} is held to no window`);
  return null;
}

/** After all numbers that the call may have been forwarded to before a phone sent its leg out. */
const SENT_ON = 1000;

/**
 * Counts the number against the tenant's day, and against the day of its longest matching prefix. Each instruction of a
 * call has a step of its own, so that the second number of a call is another one to pay for.
 */
export function* overspent(
  { call, steps }: Pick<CallState, "call" | "steps">,
  number: E164,
  visit: Visit,
): Asking<Refusal | null> {
  const { tenant, moment, notes } = visit;
  const { spending } = tenant.outbound;
  if (spending === null) return null;
  const placing = isSentOn(visit) ? SENT_ON + steps : steps;
  const { callsPerDay, minutesPerDay } = spending;
  const matching = spending.perPrefix
    .filter(({ prefix }) => number.startsWith(prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length)
    .slice(0, 1);
  const clock = wallClock(tenant.timezone, moment.now) ?? wallClock("UTC", moment.now);
  const day = dateText(clock?.day ?? 0);
  const limits = [{ prefix: "", callsPerDay, minutesPerDay }, ...matching];
  const whenUnreachable = tenant.whenSlotsUnreachable.outbound;
  const answer = yield* spend({ call, placing, tenant: tenant.id, day, limits, whenUnreachable });
  if (answer.within) {
    notes.add("spending", `${tenant.id} has not used up what it may spend on ${day}`);
    return null;
  }
  if (answer.limit === "unknown")
    return { reason: "spend_limit", says: `what ${tenant.id} has used of ${day} cannot be read` };
  const what = answer.prefix === "" ? "" : ` to ${answer.prefix}`;
  return { reason: "spend_limit", says: `${tenant.id} has used up its ${answer.limit}${what} of ${day}` };
}
