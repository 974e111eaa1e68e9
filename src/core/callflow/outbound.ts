/**
 * A call wants to leave: whose is it, may it go, with which caller ID, on which trunk. One straight line; each
 * `return` before the last is a way for the call not to leave. Emergency numbers are static dialplan and get here only
 * from a machine that dials by itself, or where the dialplan was rendered before one was listed.
 */
import { callerText, readCaller } from "../number/caller.ts";
import { readDialled } from "../number/dialled.ts";
import type { TargetPath } from "../routing/plan.ts";
import type { Tenant } from "../snapshot/snapshot.ts";
import { callIdOf } from "../tenant/stamp.ts";
import { chooseCallerId } from "../trunk/caller-id.ts";
import { beginDialling, nextAttempt, RING_BUDGET_SECONDS } from "./attempts.ts";
import { type CallCode, callCodeOf } from "./call-code.ts";
import type { Offer } from "./call-event.ts";
import type { CallState } from "./call-state.ts";
import type { Asking } from "./commands.ts";
import { type Decision, ofNobody, type Step } from "./decision.ts";
import { dialOn } from "./forward.ts";
import { beginHoursCode } from "./hours-code.ts";
import { trunkOf } from "./inbound.ts";
import type { Moment } from "./moment.ts";
import { objectionTo } from "./objection.ts";
import { callerGone, refuse, refuseFull, refuseUnowned } from "./refuse.ts";
import { Notes } from "./trace.ts";
import { isSentOn, type Visit } from "./visit.ts";
import { campaignOf, type Owned, ownerOfOutbound, placedByOf, withSigns } from "./whose-call.ts";

export function* beginOutbound(offer: Offer, moment: Moment): Step {
  const notes = new Notes();
  const call = callIdOf(offer.server, offer.uniqueid);
  const code = callCodeOf(offer);
  const owner = yield* ownerOfOutbound(offer, code, moment, notes);
  const isEmergency = (number: string) => moment.snapshot.system.emergencyNumbers.includes(number);
  const person = !isMachine(offer, code);
  if ("reason" in owner && person && isEmergency(offer.dialled))
    return toEmergency(offer.dialled, "unowned", { ...ofNobody, call, notes });
  if ("reason" in owner) return refuseUnowned(owner, call, notes, code !== null);
  const { tenant, dialled } = owner;

  const caller = readCaller(offer.callerNumber, tenant.country);
  const state = outboundState(call, tenant, callerText(caller));
  const placedBy = placedByOf(offer, owner, moment);
  const visit = { ...outboundVisit(offer, moment, tenant, notes), placedBy };

  if (person && isEmergency(dialled)) {
    const { stamp } = visit;
    return toEmergency(dialled, `of-${tenant.id}`, { ...ofNobody, stamp, placedBy, call, notes });
  }
  if (moment.conditions.suspendedTenants.has(tenant.id))
    return refuse("tenant_suspended", `${tenant.id} is suspended`, state, visit);
  // From a phone only: a caller from outside who was transferred to the code is not asked for the PIN.
  if (tenant.hoursCode?.code === dialled && trunkOf(offer.channel, moment) === null)
    return beginHoursCode(tenant.hoursCode, state, visit);
  if (isEmergency(dialled))
    return refuse("destination_not_allowed", "a machine never calls an emergency number", state, visit);
  const number = readDialled(dialled, tenant.country);
  if (number === null) return refuse("bad_number", notANumber(dialled, tenant), state, visit);
  notes.add("number", `${dialled} is ${number}`);
  const known = { ...visit, dialled: { number, callerId: null } };

  let placing: Owned = owner;
  function* campaign(): Asking<string | null> {
    placing = yield* withSigns(offer, code, placing, moment);
    return campaignOf(offer, placing, moment);
  }
  const told = () => ({ ...known, placedBy: placedByOf(offer, placing, moment) });
  const objection = yield* objectionTo(number, { kind: "call", campaign }, known);
  if (objection !== null) return refuse(objection.reason, objection.says, state, told());

  const { callerId, says } = chooseCallerId(caller, number, call, {
    callerIds: tenant.callerIds,
    hasDid: (did) => tenant.dids.has(did),
    // Of a caller whom a phone sends on, the number is his own: nobody has chosen it for this call.
    onForeign: isSentOn(known) ? "replace" : tenant.outbound.onForeignCallerId,
    choice: tenant.outbound.callerIdChoice,
  });
  if (callerId === null) return refuse("caller_id_not_owned", says, state, told());
  notes.add("caller_id", says);

  const recordedAs = tenant.recording.campaigns.size === 0 ? null : yield* campaign();
  const about = { ...visit.about, campaign: recordedAs };
  const ready = { ...told(), about, dialled: { number, callerId } };
  const begun = beginDialling(number, callerId, RING_BUDGET_SECONDS, moment);
  const dialling = recordedAs === null ? begun : { ...begun, campaign: recordedAs };
  const placed = yield* nextAttempt(state, dialling, ready);
  if (!("reason" in placed)) return dialOn(placed, state, ready);
  if (placed.reason === "gone") return callerGone(state, ready);
  if (placed.reason === "spend_limit") return refuse(placed.reason, placed.says, state, ready);
  return yield* refuseFull(placed.reason, state, ready);
}

/** What dials by itself: by VICIdial's mark of such a call, or by a campaign where there is no mark of VICIdial's. */
function isMachine({ campaign }: Offer, code: CallCode | null): boolean {
  return code === null ? campaign !== null : code.automatic;
}

/** Help is not refused for want of a rendered file: the contexts that are there take every number. */
function toEmergency(
  number: string,
  whose: string,
  { notes, ...rest }: Omit<Decision, "instruction" | "trace"> & { readonly notes: Notes },
): Decision {
  notes.add(
    "emergency",
    `${number} leaves all the same, but the dialplan does not know it: render and reload it`,
  );
  const context = `sb-emergency-${whose}`;
  return {
    ...rest,
    instruction: { do: "goto", context, extension: number, priority: 1 },
    trace: notes.lines,
  };
}

function outboundState(call: CallState["call"], tenant: Tenant, caller: string): CallState {
  return {
    call,
    tenant: tenant.id,
    direction: "outbound",
    did: "",
    caller,
    at: "" as TargetPath,
    attempt: 1,
    steps: 1,
    language: "",
    dialling: null,
  };
}

/** A trunk leg that is sent out again (a transfer) keeps the stamp it came with. */
function outboundVisit(offer: Offer, moment: Moment, tenant: Tenant, notes: Notes): Visit {
  const call = callIdOf(offer.server, offer.uniqueid);
  const stamped =
    trunkOf(offer.channel, moment) !== null &&
    moment.snapshot.tenantByAccountcode.get(offer.accountcode) === tenant.id;
  return {
    tenant,
    moment,
    notes,
    stamp: stamped ? null : { call, tenant: tenant.id, direction: "outbound", did: null, trunk: null },
    refusal: null,
    limitSeconds: null,
    key: { server: offer.server, uniqueid: offer.uniqueid },
    dialled: null,
    dialler: callCodeOf(offer) !== null,
    about: { direction: "outbound", did: "", campaign: null },
  };
}

/** Only what can stand in a trace is repeated. */
function notANumber(dialled: string, { country }: Tenant): string {
  const shown = /^[+*#0-9]{1,32}$/.test(dialled) ? dialled : "what was dialled";
  return `${shown} is not a telephone number as dialled in ${country}`;
}
