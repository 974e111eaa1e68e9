/**
 * A call has come in on a carrier's trunk: whose number is it, may it come in, where does it start. One straight
 * line; each `return` is a way for the call to end up somewhere else than its route.
 */
import { slotRequest } from "../admission/admission.ts";
import { callerText, readCaller } from "../number/caller.ts";
import { isListed } from "../number/caller-list.ts";
import { routePath } from "../routing/plan.ts";
import { callIdOf } from "../tenant/stamp.ts";
import { endpointOfChannel, type Trunk } from "../trunk/trunk.ts";
import type { Offer } from "./call-event.ts";
import type { CallState } from "./call-state.ts";
import { acquire } from "./commands.ts";
import type { Step } from "./decision.ts";
import { enter } from "./follow.ts";
import type { Moment } from "./moment.ts";
import { isPassed, passToVicidial } from "./pass.ts";
import { asRefused, callerGone, refuse, refuseFull, refuseUnowned } from "./refuse.ts";
import { Notes } from "./trace.ts";
import type { Visit } from "./visit.ts";
import { ownerOfInbound } from "./whose-call.ts";

export function* beginInbound(offer: Offer, moment: Moment): Step {
  const notes = new Notes();
  const call = callIdOf(offer.server, offer.uniqueid);
  const trunk = trunkOf(offer.channel, moment);
  notes.add("trunk", cameBy(offer, trunk));

  const owner = ownerOfInbound(offer.dialled, trunk, moment.snapshot);
  if ("reason" in owner) {
    return isPassed(owner, moment)
      ? passToVicidial(offer, owner, call, notes)
      : refuseUnowned(owner, call, notes);
  }
  const { tenant, did } = owner;
  notes.add("did", `${did.did} belongs to ${tenant.id}`);

  const caller = readCaller(offer.callerNumber, trunk?.country ?? tenant.country);
  const state: CallState = {
    call,
    tenant: tenant.id,
    direction: "inbound",
    did: did.did,
    caller: callerText(caller),
    at: did.entry,
    attempt: 1,
    steps: 1,
    language: did.language ?? "",
    dialling: null,
  };
  const visit: Visit = {
    tenant,
    moment,
    notes,
    stamp: { call, tenant: tenant.id, direction: "inbound", did: did.did, trunk: trunk?.name ?? null },
    refusal: null,
    limitSeconds: tenant.limits.longestCallMinutes === null ? null : tenant.limits.longestCallMinutes * 60,
    key: { server: offer.server, uniqueid: offer.uniqueid },
    dialled: null,
    dialler: false,
    about: { direction: "inbound", did: did.did, campaign: null },
  };

  const stamped = moment.snapshot.tenantByAccountcode.get(offer.accountcode);
  if (stamped !== undefined && stamped !== tenant.id) {
    const says = `the channel is stamped ${stamped} and ${did.did} belongs to ${tenant.id}`;
    return refuseUnowned({ reason: "tenant_conflict", says }, call, notes);
  }
  const held = did.onHoldUntil !== null;
  if (held) notes.add("on_hold", `${did.did} is on hold until ${did.onHoldUntil}`);
  if (!held && moment.conditions.suspendedTenants.has(tenant.id)) {
    return refuse("tenant_suspended", `${tenant.id} is suspended`, state, visit);
  }
  const blocked = tenant.blockedCallers;
  if (!held && blocked !== null && isListed(blocked.list, caller, offer.withheld)) {
    const says = `${state.caller} is on the block list`;
    notes.add("caller_blocked", says);
    return yield* enter(blocked.then, state, asRefused(visit, { reason: "caller_blocked", says }));
  }

  if (trunk !== null) {
    const answer = yield* acquire(
      slotRequest(
        { key: visit.key, leg: "own", call, direction: "inbound", failedTrunk: null, begins: true },
        tenant,
        trunk,
        moment,
      ),
    );
    if (answer.granted && answer.wouldRefuse !== null)
      notes.add("watch", `admitted, but ${answer.wouldRefuse}`);
    if (!answer.granted)
      return answer.scope === "gone"
        ? callerGone(state, visit)
        : yield* refuseFull(answer.scope, state, visit);
  }

  const vip = tenant.vipCallers;
  if (!held && vip !== null && isListed(vip.list, caller, offer.withheld)) {
    notes.add("vip_callers", `${state.caller} is on the VIP list`);
    return yield* enter(routePath(vip.route), state, visit);
  }
  return yield* enter(state.at, state, visit);
}

function cameBy({ sentFrom }: Offer, trunk: Trunk | null): string {
  if (trunk === null) return "the channel is on no configured trunk";
  return sentFrom === undefined
    ? `came in on ${trunk.name}`
    : `is a leg of ${sentFrom.call} on ${trunk.name}, sent here`;
}

/** The trunk that a channel is a leg of, by its endpoint's name; null for phones and Local channels. */
export function trunkOf(channel: string, { snapshot }: Pick<Moment, "snapshot">): Trunk | null {
  const endpoint = endpointOfChannel(channel);
  const name = endpoint === null ? undefined : snapshot.trunkByEndpoint.get(endpoint);
  return (name === undefined ? undefined : snapshot.trunks.get(name)) ?? null;
}
