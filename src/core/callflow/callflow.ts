/**
 * How a call is decided. A step takes what happened and the configuration of this moment and comes to one decision:
 * the next instruction for the switch. It reads no clock, opens nothing, waits for nothing and throws for no caller;
 * a call that may not go on is a refusal, which is a value.
 *
 *   a call comes up  → begin   → inbound.ts or outbound.ts: whose is it, may it, where does it start
 *   it comes back    → advance → follow.ts: where does it go next
 *                                forward.ts: the next trunk, when the last one was dialled
 *                                hours-code.ts: staff open or close a line
 *
 * What a step needs from the world it asks for by yielding a command (commands.ts); calls/run-step answers.
 */
import { readCaller } from "../number/caller.ts";
import { isListed } from "../number/caller-list.ts";
import type { E164 } from "../number/e164.ts";
import type { Tenant } from "../snapshot/snapshot.ts";
import { endCause } from "../trunk/failover.ts";
import { readAttempt } from "./attempts.ts";
import type { Offer, Return } from "./call-event.ts";
import type { CallState } from "./call-state.ts";
import { type Decision, ofNobody, type Step } from "./decision.ts";
import { resume } from "./follow.ts";
import { resumeDialling } from "./forward.ts";
import { isAtHoursCode, resumeHoursCode } from "./hours-code.ts";
import { beginInbound } from "./inbound.ts";
import type { Moment } from "./moment.ts";
import { beginOutbound } from "./outbound.ts";
import { refuseUnowned } from "./refuse.ts";
import { Notes } from "./trace.ts";
import type { Visit } from "./visit.ts";

/** A call has come up and nothing is known of it yet. */
export function begin(offer: Offer, moment: Moment): Step {
  return offer.direction === "inbound" ? beginInbound(offer, moment) : beginOutbound(offer, moment);
}

/** A call is back from an instruction, with the state it was sent out with. */
export function* advance(event: Return, state: CallState, moment: Moment): Step {
  const notes = new Notes();
  const tenant = moment.snapshot.tenants.get(state.tenant);
  if (tenant === undefined) return clientGone(event, state, moment, notes);
  const visit: Visit = {
    tenant,
    moment,
    notes,
    stamp: null,
    refusal: null,
    limitSeconds: null,
    key: { server: event.server, uniqueid: event.uniqueid },
    dialled: null,
    dialler: false,
    about: {
      direction: state.direction,
      did: state.did,
      campaign: state.dialling?.campaign ?? null,
      turnedAway: isTurnedAway(state, tenant, event.withheld),
    },
  };
  if (state.dialling !== null) return yield* resumeDialling(event.outcome, state, state.dialling, visit);
  if (isAtHoursCode(state)) return yield* resumeHoursCode(event.outcome, state, visit);
  return yield* resume(state, event.outcome, visit);
}

/** The state does not say whether a caller was blocked as the call came in. The list that blocked him does. */
function isTurnedAway(
  { direction, did, caller }: CallState,
  tenant: Tenant,
  withheld: boolean | undefined,
): boolean {
  const blocked = direction === "inbound" ? tenant.blockedCallers : null;
  if (blocked === null || (tenant.dids.get(did as E164)?.onHoldUntil ?? null) !== null) return false;
  return isListed(blocked.list, readCaller(caller, tenant.country), withheld);
}

/**
 * The client left the configuration while its call was on. A conversation is over, and whoever dialled out is told what
 * the other side said, which is nobody's refusal; only where the call would go on from here, it cannot.
 */
function clientGone({ outcome }: Return, state: CallState, moment: Moment, notes: Notes): Decision {
  const { tenant, direction, call, dialling } = state;
  const refusal = { reason: "unknown_tenant", says: `${tenant} is not configured any more` } as const;
  if (outcome.type !== "dialled" || (direction === "inbound" && outcome.status !== "ANSWER"))
    return refuseUnowned(refusal, call, notes);
  notes.add("reload", refusal.says);
  const wouldGoOn = dialling !== null && readAttempt(outcome, dialling, { moment }).goesOn;
  const instruction = { do: "hangup", cause: endCause(outcome), announce: null } as const;
  const end = wouldGoOn ? { refusal } : { ended: true };
  return { ...ofNobody, call, instruction, ...end, trace: notes.lines };
}
