import type { Direction } from "../tenant/stamp.ts";
import type { Attempt, CallFacts, LegNote, RecordLeg, StepNote } from "./record.ts";

/** Instructions that the dialplan performs on an answered channel: it answers before it begins. */
const ANSWERING: ReadonlySet<StepNote["does"]> = new Set(["play", "collect", "queue", "voicemail"]);

/** The trunk legs with their seconds, in the order they began. */
export function legsOf(
  facts: CallFacts,
  steps: readonly StepNote[],
  direction: Direction,
): readonly RecordLeg[] {
  const asking = new Set(facts.steps.map((step) => step.uniqueid));
  const turnedAway = isTurnedAway(steps);
  const legs = facts.legs.flatMap((leg) => {
    if (leg.trunk === null) return [];
    const asked = asking.has(leg.uniqueid) && leg.dialledBy === null;
    const legDirection = asked ? direction : dialledDirection(leg, direction);
    const answeredAt = answerOf(
      leg,
      asked && isUnsure(leg, facts) ? inferredAnswer(facts, steps, leg) : null,
    );
    const refused = leg.direction === "refused" || (asked && turnedAway);
    return [secondsOf(leg, { trunk: leg.trunk, answeredAt, direction: legDirection, refused })];
  });
  return legs.sort((a, b) => a.startedAt - b.startedAt || (a.uniqueid < b.uniqueid ? -1 : 1));
}

/** Its answer was not heard, or is what a list showed some time after it. */
function isUnsure({ answeredAt }: LegNote, { late }: CallFacts): boolean {
  return answeredAt === null || late === true;
}

function answerOf({ answeredAt }: LegNote, inferred: number | null): number | null {
  return inferred === null || answeredAt === null ? (answeredAt ?? inferred) : Math.min(answeredAt, inferred);
}

/** Refused as it came. A transfer that is refused later takes nothing from a call that was let in. */
export function isTurnedAway(steps: readonly StepNote[]): boolean {
  const [first] = steps;
  return first !== undefined && first.back === null && first.refusal !== null;
}

/** A leg that somebody dialled goes out, whatever the call is; one that nobody dialled says itself what it is. */
function dialledDirection(leg: LegNote, direction: Direction): Direction {
  if (leg.dialAt !== null || leg.dialledBy !== null) return "outbound";
  return leg.direction === "inbound" || leg.direction === "outbound" ? leg.direction : direction;
}

function secondsOf(
  leg: LegNote,
  known: Pick<RecordLeg, "answeredAt" | "direction" | "refused"> & {
    readonly trunk: { readonly name: string; readonly shared: boolean };
  },
): RecordLeg {
  const last = leg.endedAt ?? leg.seenAt ?? leg.answeredAt ?? leg.upAt ?? leg.dialAt ?? 0;
  const first = Math.min(leg.upAt ?? leg.dialAt ?? last, leg.dialAt ?? last, known.answeredAt ?? last, last);
  const answeredAt = known.answeredAt === null || known.answeredAt > last ? null : known.answeredAt;
  const talkMs = answeredAt === null ? 0 : last - answeredAt;
  return {
    uniqueid: leg.uniqueid,
    channel: leg.channel,
    trunk: known.trunk.name,
    shared: known.trunk.shared,
    direction: known.direction,
    startedAt: first,
    answeredAt,
    endedAt: last,
    cause: leg.cause,
    refused: known.refused,
    ringSeconds: Math.floor(((answeredAt ?? last) - first) / 1000),
    talkSeconds: Math.floor(talkMs / 1000),
    // A mailbox that takes a call which is turned away answers it, and a report counts it for nobody.
    billableSeconds: known.refused ? 0 : Math.ceil(talkMs / 1000),
  };
}

/**
 * Ended before its first decision arrived: the stamp, which comes with that, was not on the leg at its hangup. An end of
 * cause 0 may be a sweep's, which tells no stamp.
 */
function isUnreached({ uniqueid, cause, tenant, direction }: LegNote, steps: readonly StepNote[]): boolean {
  const unstamped = (cause ?? 0) !== 0 && tenant === null && direction === null;
  return unstamped && steps.filter((step) => step.uniqueid === uniqueid).length === 1;
}

/**
 * When the switch does not say that a leg was answered (Asterisk 16 with the narrow event filter): it was when we
 * told it to play, collect or queue, or when somebody it rang for answered. Who gives up in that very moment is gone
 * before either reaches him: his leg was still ringing as it ended.
 */
function inferredAnswer(facts: CallFacts, steps: readonly StepNote[], leg: LegNote): number | null {
  if (leg.unanswered === true) return null;
  const reachedBy = isUnreached(leg, steps) ? [] : steps.filter((step) => step.uniqueid === leg.uniqueid);
  const told = reachedBy.filter((step) => ANSWERING.has(step.does)).map((step) => step.at);
  const reached = facts.legs
    .filter((other) => other.dialledBy === leg.uniqueid && other.answeredAt !== null)
    .map((other) => other.answeredAt ?? 0);
  const moments = [...told, ...reached];
  return moments.length === 0 ? null : Math.min(...moments);
}

/** What was dialled on trunks, in order, with what came of it and the leg that it was. */
export function attemptsOf(facts: CallFacts, steps: readonly StepNote[]): readonly Attempt[] {
  const taken = new Set<string>();
  return steps.flatMap((step, index) => {
    const { dial } = step;
    if (dial === null || dial.trunk === null) return [];
    const trunk = dial.trunk;
    const back = steps[index + 1]?.back ?? null;
    const leg = facts.legs
      .filter((each) => each.trunk?.name === trunk && each.dialAt !== null && !taken.has(each.uniqueid))
      .sort((a, b) => (a.dialAt ?? 0) - (b.dialAt ?? 0))[0];
    if (leg !== undefined) taken.add(leg.uniqueid);
    return [
      {
        trunk,
        dial: dial.dial,
        number: dial.number,
        callerId: dial.callerId,
        at: step.at,
        status: back?.status ?? leg?.dialStatus ?? null,
        cause: back?.cause ?? leg?.cause ?? null,
        uniqueid: leg?.uniqueid ?? null,
      },
    ];
  });
}
