/**
 * What follows from the facts of a call: the record as it is shown, stored and billed. Pure and total: it gives a
 * record at any moment of a call, for one of which only half was seen too.
 */
import type { Stamp, Stamped } from "../tenant/stamp.ts";
import { askingLeg, type CdrAsked, cdrTrace, completed } from "./cdr.ts";
import { relevantLegs } from "./fold.ts";
import { attemptsOf, legsOf } from "./legs.ts";
import { outcomeOf, reasonOfEnd, refusalOf, whoHungUp } from "./outcome.ts";
import { withOverheard } from "./overheard.ts";
import type { CallFacts, CallRecord, RecordLeg, StepNote } from "./record.ts";
import { recordedOf } from "./recorded.ts";

/** A step that failed is asked for again within a few seconds; what comes later is a caller who was transferred. */
const ASKED_AGAIN_MS = 10_000;

/**
 * The steps that counted, in order: of one that was asked for again, the last. A caller whom a phone transfers to
 * another number is offered once more in the same call, and his turns are counted anew.
 */
export function effectiveSteps(facts: CallFacts): readonly StepNote[] {
  const byTurn = new Map<string, StepNote>();
  let offer: StepNote | null = null;
  let visit = 0;
  for (const step of facts.steps) {
    if (step.turn === "offer") {
      if (offer !== null && !isSameOffer(offer, step)) visit += 1;
      offer = step;
    }
    byTurn.set(`${visit} ${step.turn}`, step);
  }
  return [...byTurn.values()].sort((a, b) => a.at - b.at);
}

function isSameOffer(a: StepNote, b: StepNote): boolean {
  const same = a.uniqueid === b.uniqueid && a.direction === b.direction && a.dialled === b.dialled;
  return same && b.at - a.at < ASKED_AGAIN_MS;
}

/** The record that these facts make. */
export function recordOf(known: CallFacts): CallRecord {
  const facts = asCounted(completed(withOverheard(known)));
  const asked = askingLeg(facts)?.asked ?? null;
  const steps = effectiveSteps(facts);
  const first = steps[0];
  const last = steps.at(-1);
  const direction = first?.direction ?? directionOfLegs(facts);
  const legs = legsOf(facts, steps, direction);
  const attempts = attemptsOf(facts, steps);
  const own = ownLegs(legs, facts, direction);
  const refusal = refusalOf(steps);
  const times = timesOf(facts, own);
  const ended = { steps, facts, legs, attempts, direction };
  return {
    call: facts.call,
    server: facts.server,
    boot: facts.boot,
    tenant: lastOf(steps, (step) => step.tenant) ?? tenantOfLegs(facts),
    direction,
    zone: lastOf(steps, (step) => step.zone) ?? zoneOfLegs(facts) ?? "UTC",
    uniqueids: uniqueidsOf(facts, steps),
    did: lastOf(steps, (step) => step.did) ?? asked?.did ?? null,
    from: first?.caller ?? asked?.caller ?? "",
    to: toOf(steps, direction, asked),
    trunk: own.find((leg) => leg.answeredAt !== null)?.trunk ?? own.at(-1)?.trunk ?? lastTrunk(attempts),
    attempts,
    menuPath: steps.flatMap((step) => (step.choice === null ? [] : [step.choice])),
    schedule: lastOf(steps, (step) => step.schedule),
    target: lastOf(steps, (step) => step.target),
    ingroup: lastOf(steps, ({ target }) => nameIn(target, "ingroup")),
    campaign: lastOf(steps, (step) => step.campaign ?? null),
    agent: lastOf(steps, (step) => step.agent ?? null),
    queue: lastOf(steps, (step) => step.queue),
    ...times,
    legs,
    billableSeconds: own.reduce((sum, leg) => sum + leg.billableSeconds, 0),
    outcome: outcomeOf(ended),
    cause: reasonOfEnd(ended),
    hungUpBy: whoHungUp(ended),
    refusal,
    recorded: recordedOf(facts, steps),
    revision: last?.revision ?? "",
    trace: [
      ...steps.flatMap(({ at, trace }) => trace.map(({ rule, says }) => ({ at, rule, says }))),
      ...cdrTrace(facts, times.endedAt),
    ],
    facts: known,
  };
}

/** A leg that a phone has sent here from another call is counted there, whatever is said of it in this one. */
function asCounted(facts: CallFacts): CallFacts {
  const sent = facts.steps.filter((step) => step.sentFrom !== undefined).map((step) => step.uniqueid);
  if (sent.length === 0) return facts;
  return {
    ...facts,
    legs: facts.legs.map((leg) => (sent.includes(leg.uniqueid) ? { ...leg, trunk: null } : leg)),
  };
}

/** The record with its stamp; null for a call that is nobody's, which is stored apart. */
export function stampRecord(record: CallRecord): Stamped<CallRecord> | null {
  if (record.tenant === null) return null;
  const { tenant, call, did, trunk } = record;
  const direction: Stamp["direction"] =
    record.refusal !== null && record.outcome === "refused" ? "refused" : record.direction;
  return { ...record, stamp: { tenant, call, direction, did, trunk } };
}

/** The legs that the call itself is billed by: what it came in on, or what it went out on. */
function ownLegs(
  legs: readonly RecordLeg[],
  facts: CallFacts,
  direction: CallRecord["direction"],
): readonly RecordLeg[] {
  const own = legs.filter((leg) => leg.direction === direction);
  if (direction === "outbound" || own.length < 2) return own;
  const entry = facts.steps[0]?.uniqueid;
  const came = own.filter((leg) => leg.uniqueid === entry);
  return came.length > 0 ? came : own;
}

function timesOf(
  facts: CallFacts,
  own: readonly RecordLeg[],
): Pick<CallRecord, "startedAt" | "answeredAt" | "endedAt"> {
  const known = facts.legs.flatMap((leg) => [leg.upAt, leg.dialAt, leg.answeredAt, leg.seenAt, leg.endedAt]);
  const heard = [...known, ...facts.steps.map((step) => step.at), facts.lostAt];
  const asking = askingLeg(facts);
  // A phone's call that no step decided has neither legs nor steps.
  const isHeard = facts.legs.length + facts.steps.length > 0 || asking === null;
  const told = isHeard ? heard : [asking.startedAt, asking.endedAt];
  const moments = told.filter((moment) => moment !== null);
  const answers = own.flatMap((leg) => (leg.answeredAt === null ? [] : [leg.answeredAt]));
  const ends = relevantLegs(facts).map((leg) => leg.endedAt ?? leg.seenAt ?? 0);
  const startedAt = moments.length === 0 ? 0 : Math.min(...moments);
  return {
    startedAt,
    answeredAt: answers.length === 0 ? null : Math.min(...answers),
    endedAt: Math.max(startedAt, ...(ends.length === 0 ? moments : ends)),
  };
}

function toOf(
  steps: readonly StepNote[],
  direction: CallRecord["direction"],
  asked: CdrAsked | null,
): CallRecord["to"] {
  const dialled = steps.find((step) => step.dialled !== null)?.dialled ?? asked?.dialled ?? "";
  const sent = lastOf(steps, (step) => step.dial?.number ?? null);
  const did = direction === "inbound" ? lastOf(steps, (step) => step.did) : null;
  return { dialled: dialled === "" ? (did ?? sent ?? "") : dialled, sent };
}

function uniqueidsOf(facts: CallFacts, steps: readonly StepNote[]): readonly string[] {
  return [
    ...new Set([...steps.map((step) => step.uniqueid), ...relevantLegs(facts).map((leg) => leg.uniqueid)]),
  ];
}

function directionOfLegs(facts: CallFacts): CallRecord["direction"] {
  const asked = askingLeg(facts)?.direction ?? null;
  if (asked === "inbound" || asked === "outbound") return asked;
  return facts.legs.some((leg) => leg.direction === "outbound") ? "outbound" : "inbound";
}

function tenantOfLegs(facts: CallFacts): CallRecord["tenant"] {
  const known = facts.legs.find((leg) => leg.trunk !== null && leg.tenant !== null)?.tenant;
  return known ?? askingLeg(facts)?.tenant ?? null;
}

/** A call that no step decided, such as one to an emergency number, keeps its client's clock all the same. */
function zoneOfLegs(facts: CallFacts): string | null {
  const known = facts.legs.find((leg) => leg.trunk !== null && leg.zone !== null)?.zone;
  return known ?? askingLeg(facts)?.zone ?? null;
}

function lastTrunk(attempts: CallRecord["attempts"]): string | null {
  return attempts.at(-1)?.trunk ?? null;
}

function nameIn(target: Readonly<Record<string, unknown>> | null, key: string): string | null {
  const value = target?.[key];
  return typeof value === "string" ? value : null;
}

function lastOf<T>(steps: readonly StepNote[], pick: (step: StepNote) => T | null): T | null {
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index];
    const value = step === undefined ? null : pick(step);
    if (value !== null) return value;
  }
  return null;
}
