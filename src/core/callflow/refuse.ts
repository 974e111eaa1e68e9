import type { FullScope } from "../admission/admission.ts";
import type { Hangup } from "../routing/instruction.ts";
import type { CallState } from "./call-state.ts";
import { type Decision, ofNobody, type Step } from "./decision.ts";
import { enter } from "./follow.ts";
import { type Refusal, type RefusalReason, refusals } from "./refusal.ts";
import type { Notes } from "./trace.ts";
import { decide, soundFile, type Visit } from "./visit.ts";

/** A leg that is only being told why is gone after this, whatever it listens to. */
const REFUSED_SECONDS = 30;

/** Turns away a call that is nobody's. */
export function refuseUnowned(
  refusal: Refusal,
  call: Decision["call"],
  notes: Notes,
  dialler = false,
): Decision {
  notes.add(refusal.reason, refusal.says);
  return {
    ...ofNobody,
    call,
    instruction: hangupFor(refusal.reason, dialler),
    limitSeconds: REFUSED_SECONDS,
    refusal,
    trace: notes.lines,
  };
}

/** Turns away a call of a tenant, with the cause that belongs to the reason. */
export function refuse(reason: RefusalReason, says: string, state: CallState, visit: Visit): Decision {
  visit.notes.add(reason, says);
  return decide(asRefused(visit, { reason, says }), {
    call: state.call,
    instruction: hangupFor(reason, visit.dialler),
  });
}

/** Turns away a call that found a scope full, the way the tenant wants it: `limits.when_full`. */
export function* refuseFull(scope: FullScope | "slots_unreachable", state: CallState, visit: Visit): Step {
  const says = `${refusals[scope].text}`;
  const treatment = visit.tenant.limits.whenFull[state.direction];
  const refused = asRefused(visit, { reason: scope, says });
  visit.notes.add(scope, says);
  if (visit.dialler) return decide(refused, { call: state.call, instruction: hangupFor(scope, true) });
  if (treatment.kind === "target") return yield* enter(treatment.target, state, refused);
  const announce =
    treatment.announce === null ? null : soundFile(treatment.announce, state.language, visit.tenant);
  return decide(refused, {
    call: state.call,
    instruction: { do: "hangup", cause: treatment.cause, announce },
  });
}

/**
 * VICIdial draws conclusions about the lead from causes: 1, 21 and 34 mark it as a number out of service. Only 42 says
 * nothing of the number. An announcement it would take for a person who has answered.
 */
const DIALLER_CAUSE = 42;

function hangupFor(reason: RefusalReason, dialler: boolean): Hangup {
  return { do: "hangup", cause: dialler ? DIALLER_CAUSE : refusals[reason].cause, announce: null };
}

/**
 * The channel has hung up while its step waited to be decided (a node that was held up, a switch that asks late). The
 * instruction reaches nobody; what matters is that no scope is blamed and no refusal counted.
 */
export function callerGone(state: CallState, visit: Visit): Decision {
  visit.notes.add("gone", "the caller had hung up before this was decided");
  return decide(visit, { call: state.call, instruction: { do: "hangup", cause: 16, announce: null } });
}

/** The same visit, marked as one that is being turned away. */
export function asRefused(visit: Visit, refusal: Refusal): Visit {
  const stamp = visit.stamp === null ? null : { ...visit.stamp, direction: "refused" as const };
  return { ...visit, stamp, refusal, limitSeconds: REFUSED_SECONDS };
}
