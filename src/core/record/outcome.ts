import type { RefusalReason } from "../callflow/refusal.ts";
import type { Direction } from "../tenant/stamp.ts";
import { askingLeg } from "./cdr.ts";
import { relevantLegs } from "./fold.ts";
import { isTurnedAway } from "./legs.ts";
import type {
  Attempt,
  CallFacts,
  CallOutcome,
  CallRecord,
  HungUpBy,
  RecordLeg,
  RefusalScope,
  StepNote,
} from "./record.ts";
import { brokeOffNotice } from "./recorded.ts";

/** Congestion, of a call out that got no decision (dialplan/signalbox.conf, sb-lost). */
const UNDECIDED = 42;

/** What an end is judged by. */
export type CallEnd = {
  readonly facts: CallFacts;
  readonly steps: readonly StepNote[];
  readonly legs: readonly RecordLeg[];
  readonly attempts: readonly Attempt[];
  readonly direction: Direction;
};

/** Where each reason draws its line. */
const refusalScopes: Readonly<Record<RefusalReason, RefusalScope>> = {
  unknown_did: "number",
  unknown_tenant: "identity",
  tenant_conflict: "identity",
  tenant_suspended: "tenant",
  bad_number: "number",
  caller_blocked: "number",
  tenant_full: "tenant",
  inbound_full: "direction",
  outbound_full: "direction",
  pool_full: "pool",
  no_trunk: "trunk",
  too_fast: "rate",
  do_not_call: "number",
  outside_calling_window: "number",
  destination_not_allowed: "number",
  spend_limit: "tenant",
  caller_id_not_owned: "identity",
  slots_unreachable: "store",
  too_many_steps: "tenant",
};

/** The last refusal of the call, null when there was none. */
export function refusalOf(steps: readonly StepNote[]): CallRecord["refusal"] {
  const refusal = steps.findLast((step) => step.refusal !== null)?.refusal ?? null;
  return refusal === null ? null : { ...refusal, scope: refusalScopes[refusal.reason] };
}

export function outcomeOf(end: CallEnd): CallOutcome {
  if (isLost(end.facts)) return "unknown_end";
  const refused = refusalOf(end.steps) !== null;
  if (isTurnedAway(end.steps)) return "refused";
  if (reachedSomebody(end)) return "answered";
  if (refused) return "refused";
  if (isTooLate(end.steps.at(-1))) return gaveUp(end.direction);
  const dialled = fromStatus(lastStatus(end), end.direction);
  if (dialled !== null) return dialled;
  if (end.steps.at(-1)?.ended === true) return "ended";
  if (isUndecided(end)) return "failed";
  return gaveUp(end.direction);
}

/** The dialplan itself turned it away with this cause: no step decided it, and none could. */
function isUndecided({ facts, steps }: CallEnd): boolean {
  return steps.length === 0 && askingLeg(facts)?.cause === UNDECIDED;
}

function gaveUp(direction: Direction): CallOutcome {
  return direction === "inbound" ? "abandoned" : "cancelled";
}

/** A hangup that neither refuses nor follows the configuration: the caller was gone before the step was decided. */
function isTooLate(step: StepNote | undefined): boolean {
  return step?.does === "hangup" && step.refusal === null && !step.ended;
}

/** True when the switch lost a leg that nobody saw end. */
function isLost(facts: CallFacts): boolean {
  return facts.lostAt !== null && relevantLegs(facts).some((leg) => leg.endedAt === null);
}

/** What a call does not come back from, unless whoever took it transfers it. */
const HANDS_OVER: ReadonlySet<StepNote["does"]> = new Set(["goto", "voicemail"]);

/** Who was to be recorded hung up during the notice, and got no further. */
function isBrokenOff({ recording }: StepNote, facts: CallFacts): boolean {
  return recording !== undefined && brokeOffNotice(facts);
}

/** True when somebody answered, whatever became of the call then. */
export function reachedSomebody({ facts, steps, legs }: Pick<CallEnd, "facts" | "steps" | "legs">): boolean {
  const asking = new Set(steps.map((step) => step.uniqueid));
  const dialled = facts.legs.some((leg) => leg.answeredAt !== null && !asking.has(leg.uniqueid));
  if (dialled || steps.some((step) => step.back?.status === "ANSWER")) return true;
  const gone = steps.filter((_, nth) => (steps[nth + 1]?.back ?? null) === null);
  // Handed over: whoever takes it answers, on a leg of its own or on the caller's.
  const handed = gone.some((step) => HANDS_OVER.has(step.does) && !isBrokenOff(step, facts));
  const waited = gone.some(({ does }) => does === "queue") && isTalkLikely(facts, asking);
  // One that is on no trunk, or counted in the call that it came from, says by itself whether it was answered.
  const own = [...legs, ...facts.legs.filter(({ trunk }) => trunk === null)];
  return (handed || waited) && own.some((leg) => asking.has(leg.uniqueid) && leg.answeredAt !== null);
}

/**
 * A queue answers its caller before anybody else does: an agent's answer is heard on the agent's own leg. Where that may
 * have gone unheard, or the caller was left by somebody, he is taken to have talked.
 */
function isTalkLikely(facts: CallFacts, asking: ReadonlySet<string>): boolean {
  const own = facts.legs.filter((leg) => asking.has(leg.uniqueid));
  return facts.cdr !== undefined || own.some(({ byFarEnd }) => byFarEnd === false);
}

function lastStatus({ steps, attempts }: CallEnd): string | null {
  // A phone still rang as the caller went: how the one before it ended is not how the call did.
  const ringing = steps.at(-1)?.dial;
  if (ringing !== undefined && ringing !== null && ringing.trunk === null) return null;
  const back = steps.findLast((step) => step.back?.type === "dialled")?.back?.status ?? null;
  const attempt = attempts.at(-1);
  return attempt !== undefined && attempt.status !== null ? attempt.status : back;
}

function fromStatus(status: string | null, direction: Direction): CallOutcome | null {
  switch (status) {
    case "BUSY":
      return "busy";
    case "NOANSWER":
      return "no_answer";
    case "CANCEL":
      return gaveUp(direction);
    case "CONGESTION":
    case "CHANUNAVAIL":
    case "INVALIDARGS":
      return "failed";
    default:
      return null;
  }
}

/**
 * The Q.850 cause that the call ended with; null when nobody told one. Asterisk 22 tells 0 for a caller that hangs up in
 * an application such as Wait, where 16 tells 16.
 */
export function reasonOfEnd({ facts, steps, legs, attempts, direction }: CallEnd): number | null {
  const own = legs.filter((leg) => leg.direction === direction).at(-1)?.cause;
  const dialled = attempts.at(-1)?.cause;
  const asked = facts.legs.find((leg) => leg.uniqueid === steps[0]?.uniqueid)?.cause;
  const decided = steps.at(-1)?.cause;
  return [own, dialled, asked, decided].find((cause) => (cause ?? 0) !== 0) ?? null;
}

/**
 * Who ended it; Signalbox, where the longest call was over. A leg whose far end is known to have hung up settles it, and the
 * leg that dialled knows when the other one did. Otherwise the steps tell: a channel that comes back from an answered Dial()
 * was left by the other side, one that never came back while nobody had answered was hung up by its caller. The order of two
 * Hangup events says nothing: Asterisk ends the dialled leg first whoever hung up. Null where nobody can know: after a
 * hand-over, when the switch died, or when an answered call ends and no leg says by whom.
 */
export function whoHungUp({ facts, steps }: CallEnd): HungUpBy | null {
  if (isLost(facts)) return null;
  // A channel that came back while nobody answered is not to be told from one that never did.
  if (facts.lostAt !== null && facts.cdr !== undefined) return null;
  const asking = new Set(steps.map((step) => step.uniqueid));
  if (facts.legs.some((leg) => leg.overtime === true && asking.has(leg.uniqueid))) return "signalbox";
  const told = facts.legs
    .filter((leg) => leg.byFarEnd === true && leg.endedAt !== null)
    // Who refuses a call does not end it: another may be tried.
    .filter((leg) => asking.has(leg.uniqueid) || leg.answeredAt !== null)
    .sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))[0];
  if (told !== undefined) return asking.has(told.uniqueid) ? "caller" : "callee";
  const last = steps.at(-1);
  if (last === undefined) return null;
  const own = facts.legs.find((leg) => leg.uniqueid === last.uniqueid);
  if (own?.byFarEnd === false) return "callee";
  if (last.back?.type === "dialled" && last.back.status === "ANSWER") return "callee";
  if (last.does === "hangup") return ofDecidedEnd(last, own?.cause ?? null);
  const talked = facts.legs.some((leg) => leg.answeredAt !== null && !asking.has(leg.uniqueid));
  return talked || last.does === "goto" || last.does === "voicemail" ? null : "caller";
}

function ofDecidedEnd(last: StepNote, cause: number | null): HungUpBy {
  if (isTooLate(last)) return "caller";
  return cause === null || cause === 0 || cause === last.cause ? "signalbox" : "caller";
}
