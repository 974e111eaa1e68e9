/**
 * Tries trunks: the next one with room becomes an instruction, and the switch comes back when it failed. What may be
 * called and whose it is has been settled before; here a call either gets onto a trunk or learns why on none.
 */
import { type CallerGone, type FullScope, passingOn, slotRequest } from "../admission/admission.ts";
import type { E164 } from "../number/e164.ts";
import type { CarrierManners, Dial, Outcome } from "../routing/instruction.ts";
import type { CallId } from "../tenant/stamp.ts";
import { dialString } from "../trunk/dial-string.ts";
import { type AttemptEnd, failoverCausesOf, goesOn } from "../trunk/failover.ts";
import { planAttempts } from "../trunk/plan-attempts.ts";
import type { Trunk } from "../trunk/trunk.ts";
import type { CallState, Dialling } from "./call-state.ts";
import { type Asking, acquire, release } from "./commands.ts";
import type { Moment } from "./moment.ts";
import { overspent } from "./objection.ts";
import { type Refusal, refusals } from "./refusal.ts";
import type { Visit } from "./visit.ts";

/** Trunks that one call may ring, and how long they may take together. */
const MOST_ATTEMPTS = 4;
export const RING_BUDGET_SECONDS = 90;
/** Less than this is no attempt, unless no more was asked for: the far phone would stop as it begins to ring. */
const LEAST_RING_SECONDS = 5;

/** A trunk took the call: what the switch is to do, and what the next step must know. */
export type Placed = { readonly instruction: Dial; readonly dialling: Dialling };

/** A call for which no further trunk is tried. */
export type Unplaced = Refusal & { readonly reason: FullScope | "slots_unreachable" | "spend_limit" };

/** Who wanted to be put through has hung up meanwhile. */
export type Forsaken = { readonly reason: CallerGone };

/** What is full on every trunk at once: nothing is gained by asking the next. */
export const STOPS_ALL: ReadonlySet<string> = new Set(["tenant_full", "outbound_full", "slots_unreachable"]);

/** What of a call's state is its name, whether it came in, and which of its numbers is on its way out. */
type Placing = Pick<CallState, "call" | "direction" | "steps">;

/** `number` is to go out, showing `callerId`; no trunk was tried yet. */
export function beginDialling(
  number: E164,
  callerId: E164,
  ringSeconds: number,
  { now }: Pick<Moment, "now">,
): Dialling {
  return { number, callerId, tried: [], since: now, lastSince: now, ringSeconds };
}

/** Finds the next trunk with room and takes a slot on it. */
export function* nextAttempt(
  placing: Placing,
  dialling: Dialling,
  visit: Visit,
): Asking<Placed | Unplaced | Forsaken> {
  const { tenant, moment, notes } = visit;
  const { call } = placing;
  const { tried } = dialling;
  const begins = placing.direction === "outbound" && tried.length === 0;
  const ringSeconds = ringSecondsLeft(dialling, moment.now);
  const least = Math.min(LEAST_RING_SECONDS, dialling.ringSeconds);
  if (tried.length >= MOST_ATTEMPTS || ringSeconds < least)
    return { reason: "no_trunk", says: `${tried.join(", ")} failed and there is no time for another` };

  const plan = planFor(call, tried, visit);
  for (const { trunk, why } of plan.skipped) notes.add("trunk", `${trunk} ${why}`);
  const full = new Set<FullScope>();
  // Limits that only watch admit the call all the same, to the trunk that it would have been dialled on first.
  const order = tenant.limits.mode === "watch" ? [...plan.order, ...plan.order.slice(0, 1)] : plan.order;
  for (const [index, trunk] of order.entries()) {
    const passes = index < plan.order.length;
    if (passes && trunk.shared && full.has("pool_full")) continue;
    const failedTrunk = tried.at(-1) ?? null;
    const dialled = { leg: "dialled", direction: "outbound", failedTrunk, begins } as const;
    const request = slotRequest({ key: visit.key, call, ...dialled }, tenant, trunk, moment);
    const answer = yield* acquire(passes ? passingOn(request) : request);
    if (answer.granted) {
      if (answer.wouldRefuse !== null) notes.add("watch", `admitted, but ${answer.wouldRefuse}`);
      const last = index >= plan.order.length - 1 || tried.length + 1 >= MOST_ATTEMPTS;
      return yield* place(trunk, { ringSeconds, last }, placing, dialling, visit);
    }
    const { scope } = answer;
    if (scope === "gone") return { reason: "gone" };
    const why = scope === "no_trunk" ? "all its channels are in use" : refusals[scope].text;
    notes.add("trunk", `${trunk.name}: ${why}`);
    if (scope === "slots_unreachable" || STOPS_ALL.has(scope))
      return { reason: scope, says: refusals[scope].text };
    full.add(scope);
  }
  return mostTelling(full);
}

function planFor(call: CallId, tried: readonly string[], { tenant, moment }: Visit) {
  const { snapshot, conditions } = moment;
  return planAttempts({
    tenant: tenant.id,
    policy: tenant.trunks,
    trunks: snapshot.trunks,
    overflow: snapshot.overflow,
    unhealthy: conditions.unhealthyTrunks,
    tried,
    call,
  });
}

/** The slot is taken. The day's limits are asked last, so that a call that finds no trunk costs none of them. */
function* place(
  trunk: Trunk,
  { ringSeconds, last }: { readonly ringSeconds: number; readonly last: boolean },
  placing: Placing,
  dialling: Dialling,
  visit: Visit,
): Asking<Placed | Unplaced> {
  const { tenant, moment, notes } = visit;
  const over = dialling.tried.length === 0 ? yield* overspent(placing, dialling.number, visit) : null;
  if (over !== null) {
    yield* release(visit.key);
    return { reason: "spend_limit", says: over.says };
  }
  const home = moment.snapshot.system.switches.find(({ server }) => server === visit.key.server);
  const dial = dialString(dialling.number, trunk, home?.technology ?? "pjsip");
  const longest = tenant.limits.longestCallMinutes;
  notes.add("attempt", `dials ${dial} as ${dialling.callerId}`);
  return {
    instruction: {
      do: "dial",
      dial,
      ringSeconds,
      trunk: trunk.name,
      callerId: dialling.callerId,
      limitSeconds: longest === null ? null : longest * 60,
      carrier: mannersTo(trunk, last, visit),
    },
    dialling: { ...dialling, tried: [...dialling.tried, trunk.name], lastSince: moment.now },
  };
}

/**
 * Where no other trunk is left the carrier is waited for to the end. A forward shows the client's own number, whatever
 * the one who called it wants of his.
 */
function mannersTo(trunk: Trunk, last: boolean, { about, notes }: Visit): CarrierManners {
  const { privacy, internal: stamped } = trunk;
  const own = about.direction === "inbound" ? true : null;
  const shown = privacy === "caller" ? own : privacy === "never";
  if (shown === false) notes.add("privacy", `${trunk.name} withholds the number from who is called`);
  return { silentSeconds: last || trunk.silentSeconds === 0 ? null : trunk.silentSeconds, shown, stamped };
}

/** Which of the scopes that were full on one trunk or another names the refusal. */
export function mostTelling(full: ReadonlySet<FullScope>): Unplaced {
  const reason = full.has("pool_full") ? "pool_full" : full.has("too_fast") ? "too_fast" : "no_trunk";
  return { reason, says: refusals[reason].text };
}

function ringSecondsLeft({ since, ringSeconds }: Dialling, now: number): number {
  return Math.min(ringSeconds, RING_BUDGET_SECONDS - Math.floor(Math.max(0, now - since) / 1000));
}

/** What has come back from the last attempt, and whether the next trunk is to be tried after it. */
export function readAttempt(
  outcome: Outcome,
  dialling: Dialling,
  { moment }: Pick<Visit, "moment">,
): { readonly end: AttemptEnd; readonly goesOn: boolean; readonly trunk: string } {
  const trunk = dialling.tried.at(-1) ?? "";
  const lastedMs = Math.max(0, moment.now - dialling.lastSince);
  const end =
    outcome.type === "dialled"
      ? { status: outcome.status, cause: outcome.cause, silent: outcome.silent, lastedMs }
      : { status: "NOANSWER", cause: null, lastedMs };
  const causes = failoverCausesOf(moment.snapshot.trunks.get(trunk));
  return { end, goesOn: goesOn(end, causes), trunk };
}
