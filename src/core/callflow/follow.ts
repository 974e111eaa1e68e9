/**
 * Follows targets from one to the next until the switch has something to do or the call ends. What a target means
 * is in routing/targets; here is only how one leads to another, and that no chain is endless.
 */
import type { E164 } from "../number/e164.ts";
import type { Outcome } from "../routing/instruction.ts";
import { routePath, type TargetPath } from "../routing/plan.ts";
import { canComeOf, resolveTarget, resumeTarget, showTarget } from "../routing/resolve.ts";
import type { Resolution } from "../routing/target-type.ts";
import type { OpenState } from "../schedule/hours.ts";
import type { CallState } from "./call-state.ts";
import type { Decision, Step } from "./decision.ts";
import { forwardCall } from "./forward.ts";
import { contextFor, decide, type Visit } from "./visit.ts";

/** Instructions in one call: a caller who keeps pressing `*` ends here and not in a bill. */
const MOST_STEPS = 100;
/** Targets in a row without an instruction between them. */
export const MOST_HOPS = 50;

/** Goes to the target at `path` and on from there. */
export function* enter(path: TargetPath, from: CallState, visit: Visit): Step {
  let state = from;
  let to = path;
  let schedule: OpenState | null = null;
  for (let hops = 0; hops < MOST_HOPS; hops++) {
    state = { ...state, at: to, attempt: 1 };
    const spec = visit.tenant.plan.targets.get(to);
    if (spec === undefined) return lost(`${to} is not configured any more`, state, visit);
    const resolution = resolveTarget(spec, contextFor(state, visit));
    visit.notes.add(spec.type, resolution.says);
    if (resolution.kind !== "go") return yield* conclude(resolution, state, schedule, visit);
    schedule = resolution.hours ?? schedule;
    to = resolution.to;
  }
  return endless(`more than ${MOST_HOPS} targets in a row, the last is ${to}`, state, visit);
}

/** Goes on from the target whose instruction has just come back. */
export function* resume(state: CallState, outcome: Outcome, visit: Visit): Step {
  const spec = visit.tenant.plan.targets.get(state.at);
  if (spec === undefined || !canComeOf(spec, outcome)) return yield* startAgain(state, outcome, visit);
  const resolution = resumeTarget(spec, outcome, contextFor(state, visit));
  visit.notes.add(spec.type, resolution.says);
  if (resolution.kind === "go") return yield* enter(resolution.to, state, visit);
  return yield* conclude(resolution, state, null, visit);
}

/**
 * A reload took away the target whose instruction the switch performed, or put one of another kind in its place. Who
 * has talked to somebody already is not sent round again.
 */
function* startAgain(state: CallState, outcome: Outcome, visit: Visit): Step {
  const did = visit.tenant.dids.get(state.did as E164);
  const gone = `${state.at} is not configured any more as it was`;
  if (did === undefined) return lost(`${gone} and neither is ${state.did}`, state, visit);
  if (outcome.type === "dialled" && outcome.status === "ANSWER") {
    visit.notes.add("reload", `${gone}; the conversation is over`);
    const instruction = { do: "hangup", cause: 16, announce: null } as const;
    return decide(visit, { call: state.call, instruction, ended: true });
  }
  visit.notes.add("reload", `${gone}; the call takes its number's route again`);
  return yield* enter(did.entry, state, visit);
}

/** A target has spoken: performs it, forwards the call or ends it. */
function* conclude(
  resolution: Exclude<Resolution, { kind: "go" }>,
  state: CallState,
  schedule: OpenState | null,
  visit: Visit,
): Step {
  const shown = shownTarget(state, visit);
  const { call, steps } = state;
  if (steps >= MOST_STEPS) return endless(`more than ${MOST_STEPS} steps`, state, visit);
  if (resolution.kind === "forward") {
    const decision = yield* forwardCall(resolution, state, visit);
    // Where it cannot be dialled, what follows may have asked opening hours of its own.
    return { ...decision, schedule: decision.schedule ?? schedule };
  }
  if (resolution.kind === "end") {
    const instruction = { do: "hangup", cause: resolution.cause, announce: null } as const;
    return decide(visit, { call, instruction, ended: true, target: shown, schedule });
  }
  const { instruction } = resolution;
  const language = resolution.language ?? state.language;
  const next: CallState = { ...state, attempt: resolution.attempt ?? 1, steps: steps + 1, language };
  return decide(visit, {
    call,
    instruction,
    state: comesBack(instruction.do) ? next : null,
    ended: instruction.do === "play" && isLast(state.at, visit),
    target: shown,
    schedule,
    language: language === "" ? null : language,
  });
}

/**
 * Whether the call is over with what is played at `path`. Who goes while an announcement is played that leads on, to a
 * menu or a phone, has given up before he reached them.
 */
function isLast(path: TargetPath, { tenant }: Visit): boolean {
  const { targets } = tenant.plan;
  let spec = targets.get(path);
  for (let hops = 0; hops < MOST_HOPS && spec !== undefined && spec.type !== "hangup"; hops++) {
    if (spec.type !== "announce" && spec.type !== "route") return false;
    const to = spec.type === "route" ? routePath(spec.route) : spec.then;
    if (to === null) return true;
    spec = targets.get(to);
  }
  return true;
}

/** The target a call stands at, as the simulator and the records show it. */
export function shownTarget(state: CallState, visit: Visit): Decision["target"] {
  const spec = visit.tenant.plan.targets.get(state.at);
  return spec === undefined ? null : { path: state.at, shown: showTarget(spec) };
}

/** Instructions after which the dialplan asks for the next step. */
function comesBack(instruction: Decision["instruction"]["do"]): boolean {
  return (
    instruction === "play" || instruction === "collect" || instruction === "dial" || instruction === "queue"
  );
}

/** Nothing is configured where the call should go, which `check` prevents and a reload in mid-call can cause. */
function lost(says: string, state: CallState, visit: Visit): Decision {
  visit.notes.add("reload", says);
  return decide(visit, {
    call: state.call,
    instruction: { do: "hangup", cause: 41, announce: null },
    ended: true,
  });
}

function endless(says: string, state: CallState, visit: Visit): Decision {
  visit.notes.add("too_many_steps", says);
  return decide(visit, {
    call: state.call,
    instruction: { do: "hangup", cause: 25, announce: null },
    refusal: { reason: "too_many_steps", says },
  });
}
