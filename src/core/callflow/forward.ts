/**
 * A call in the house goes on to a number outside, by the tenant's outbound rules and on a leg of its own; and any
 * call that was dialled on a trunk comes back. When nobody was reached, a forward goes on to what its target says
 * follows, and an outbound call ends with what the other side said.
 */
import { readCaller } from "../number/caller.ts";
import { isE164 } from "../number/e164.ts";
import type { Outcome } from "../routing/instruction.ts";
import { chooseCallerId } from "../trunk/caller-id.ts";
import { endCause } from "../trunk/failover.ts";
import { beginDialling, nextAttempt, type Placed, readAttempt } from "./attempts.ts";
import type { CallState, Dialling } from "./call-state.ts";
import { release } from "./commands.ts";
import type { Decision, Step } from "./decision.ts";
import { enter, resume, shownTarget } from "./follow.ts";
import { objectionTo } from "./objection.ts";
import { type Refusal, refusals } from "./refusal.ts";
import { callerGone } from "./refuse.ts";
import { decide, type Visit } from "./visit.ts";

export type Forwarding = { readonly number: string; readonly ringSeconds: number };

/** Dials `number` for a call that stands at a forward target. */
export function* forwardCall({ number, ringSeconds }: Forwarding, from: CallState, visit: Visit): Step {
  const state = { ...from, steps: from.steps + 1 };
  const { tenant, moment, notes } = visit;
  if (!isE164(number))
    return yield* notForwarded({ reason: "bad_number", says: `${number} is not E.164` }, state, visit);
  const objection = yield* objectionTo(number, { kind: "forward" }, visit);
  if (objection !== null) return yield* notForwarded(objection, state, visit);

  // The number that was called is shown: the caller's own is not this client's to send.
  const shown = readCaller(state.did === "" ? state.caller : state.did, tenant.country);
  const { callerId, says } = chooseCallerId(shown, number, state.call, {
    callerIds: tenant.callerIds,
    hasDid: (did) => tenant.dids.has(did),
    onForeign: "replace",
    choice: tenant.outbound.callerIdChoice,
  });
  if (callerId === null) return yield* notForwarded({ reason: "caller_id_not_owned", says }, state, visit);
  notes.add("caller_id", says);

  const ready = { ...visit, dialled: { number, callerId } };
  const placed = yield* nextAttempt(state, beginDialling(number, callerId, ringSeconds, moment), ready);
  if (!("reason" in placed)) return dialOn(placed, state, ready);
  if (placed.reason === "gone") return callerGone(state, ready);
  return yield* notForwarded(placed, state, ready);
}

/** The switch is back from an attempt on a trunk: the next one, what follows, or the end. */
export function* resumeDialling(outcome: Outcome, state: CallState, dialling: Dialling, visit: Visit): Step {
  const { number, callerId } = dialling;
  const { end, goesOn, trunk } = readAttempt(outcome, dialling, visit);
  const ready = { ...visit, dialled: { number, callerId } };
  visit.notes.add("attempt", `${trunk} gave ${end.status}${end.cause === null ? "" : ` (${end.cause})`}`);
  let refusal: Refusal | null = null;
  if (goesOn) {
    const placed = yield* nextAttempt(state, dialling, ready);
    if (!("reason" in placed)) return dialOn(placed, state, ready);
    if (placed.reason === "gone") return callerGone(state, ready);
    refusal = placed;
    visit.notes.add(placed.reason, placed.says);
  }
  if (end.status !== "ANSWER") yield* release(visit.key);

  const over = { ...state, dialling: null };
  if (state.at !== "") return yield* resume(over, outcome, ready);
  return decide(
    { ...ready, refusal },
    {
      call: state.call,
      instruction: { do: "hangup", cause: endCause(end), announce: null },
      ended: true,
    },
  );
}

/** A trunk took the call: it is dialled there, and comes back to `resumeDialling`. */
export function dialOn({ instruction, dialling }: Placed, state: CallState, visit: Visit): Decision {
  const target = shownTarget(state, visit);
  return decide(visit, { call: state.call, instruction, state: { ...state, dialling }, target });
}

/** What follows a forward that could not be dialled; without that the caller hears why in the cause. */
function* notForwarded(refusal: Refusal, state: CallState, visit: Visit): Step {
  visit.notes.add(refusal.reason, refusal.says);
  const spec = visit.tenant.plan.targets.get(state.at);
  if (spec?.type === "forward" && spec.noAnswer !== null) return yield* enter(spec.noAnswer, state, visit);
  return decide(
    { ...visit, refusal },
    {
      call: state.call,
      instruction: { do: "hangup", cause: refusals[refusal.reason].cause, announce: null },
      target: shownTarget(state, visit),
    },
  );
}
