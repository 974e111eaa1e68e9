import type { Trunk } from "./trunk.ts";

/** How an attempt ended, as Dial() says it: its status and the Q.850 cause, null where the switch gave none. */
export type AttemptEnd = {
  readonly status: string;
  readonly cause: number | null;
  /** True when the switch saw neither ringing nor anything else, false when it did; absent where it cannot tell. */
  readonly silent?: boolean | undefined;
  /** How long the attempt took, milliseconds. */
  readonly lastedMs: number;
};

/**
 * Causes of the network, after which another carrier may well get through: no route (2, 3), channel unacceptable (6),
 * no contact (20), destination out of order (27), no circuit (34), network out of order (38), temporary failure (41),
 * congestion (42), channel or resource not available (44, 47), service or bearer not available (58, 63) or not
 * implemented (79), timer (102).
 * Absent on purpose: what the called party or the number itself said.
 */
export const networkCauses: readonly number[] = [2, 3, 6, 20, 27, 34, 38, 41, 42, 44, 47, 58, 63, 79, 102];

/**
 * "Interworking": what SIP says that has no cause of its own, such as 402 of a carrier that wants to be paid first.
 * From a phone that rang it may be a no.
 */
const OTHER_CAUSE = 127;

/** The called party's phone rang, or they said no: nobody is rung again for that, whatever a trunk's list says. */
export const peopleCauses: ReadonlySet<number> = new Set([16, 17, 19]);

/**
 * 18 is "no user responding". A carrier that says nothing at all, dead or cut off, comes back with it after 32 s
 * (SIP's timer B; measured on 16 and 22), and one that answers 408 at once. After a ringing, where the switch can tell,
 * it is a proxy of the carrier's that has waited long enough for an answer.
 */
const SILENT_CAUSE = 18;
const SILENT_MS = 35_000;

/** True when the carrier failed and not the call: its health suffers, and the call goes on to the next trunk. */
export function carrierFailed(end: AttemptEnd, failoverCauses: readonly number[]): boolean {
  if (end.status !== "CONGESTION" && end.status !== "CHANUNAVAIL") return false;
  if (end.cause === null) return true;
  if (peopleCauses.has(end.cause)) return false;
  if (failoverCauses.includes(end.cause)) return true;
  if (end.cause === OTHER_CAUSE) return end.silent === true;
  return end.cause === SILENT_CAUSE && end.silent !== false && end.lastedMs < SILENT_MS;
}

/** No carrier that works takes this long to fail a call: whoever dialled sat in silence. */
const SAT_THROUGH_MS = 10_000;

/** True for a failed carrier that said nothing until a timer of the switch ran out. */
export function wasSilent(end: AttemptEnd): boolean {
  if (end.silent === false) return false;
  return (end.cause === SILENT_CAUSE || end.cause === null) && end.lastedMs >= SAT_THROUGH_MS;
}

/**
 * True when the next trunk is to be tried. Besides a failed carrier that is one which wants the call sent elsewhere
 * (302): Dial's option `i` refuses that, and says BUSY without a cause (measured on 16 and 22).
 */
export function goesOn(end: AttemptEnd, failoverCauses: readonly number[]): boolean {
  return (
    (end.status === "BUSY" && end.cause === null) || rangNobody(end) || carrierFailed(end, failoverCauses)
  );
}

/**
 * The time to ring was over before anything rang: a dead carrier, for a call that may ring for less than the 32 s of
 * SIP's own timer. A carrier that answers 480 says NOANSWER too, with a cause. Where the switch gives up a silent
 * carrier by itself it says CHANUNAVAIL without a cause.
 */
export function rangNobody({ status, cause, silent }: AttemptEnd): boolean {
  return status === "NOANSWER" && cause === null && silent === true;
}

/** The causes after which a call goes on from `trunk` to the next; the network's where it is not configured any more. */
export function failoverCausesOf(trunk: Trunk | undefined): readonly number[] {
  return trunk?.failoverCauses ?? networkCauses;
}

/**
 * What the one who dialled is told, Q.850: the cause that the other side gave, else what the status means. Never 34,
 * which VICIdial takes for a dead trunk.
 */
export function endCause({ status, cause }: Pick<AttemptEnd, "status" | "cause">): number {
  if (cause !== null && cause >= 1 && cause <= 127) return cause === 34 ? 42 : cause;
  switch (status) {
    case "ANSWER":
    case "CANCEL":
      return 16;
    case "BUSY":
      return 17;
    case "NOANSWER":
      return 19;
    default:
      return 42;
  }
}
