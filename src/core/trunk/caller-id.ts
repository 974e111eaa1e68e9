/**
 * Which number an outbound call shows. It comes out of the tenant's own numbers or not at all: what the caller sent
 * is only ever compared with them.
 */
import type { Caller } from "../number/caller.ts";
import type { E164 } from "../number/e164.ts";
import { draw } from "./draw.ts";

/** Which of the tenant's caller IDs stands in for a foreign or missing one. */
export type CallerIdChoice = "default" | "area_code" | "rotate";

export type CallerIdPolicy = {
  /** The first is the default. */
  readonly callerIds: readonly E164[];
  /** True for a number that calls reach this tenant under. */
  readonly hasDid: (number: E164) => boolean;
  readonly onForeign: "replace" | "refuse";
  readonly choice: CallerIdChoice;
};

export type CallerIdVerdict = { readonly callerId: E164 | null; readonly says: string };

/** The number to show for a call from `offered` to `called`; null when it must not be made. */
export function chooseCallerId(
  offered: Caller,
  called: E164,
  call: string,
  policy: CallerIdPolicy,
): CallerIdVerdict {
  if (
    offered.kind === "number" &&
    (policy.callerIds.includes(offered.number) || policy.hasDid(offered.number))
  )
    return { callerId: offered.number, says: `${offered.number} is the client's own` };
  const sent = offered.kind === "number" ? offered.number : `a caller ID that is ${offered.kind}`;
  if (policy.onForeign === "refuse")
    return { callerId: null, says: `${sent} is not the client's and is not replaced` };
  const callerId = standIn(called, call, policy);
  return callerId === null
    ? { callerId, says: `${sent} is not the client's, who has no caller ID to replace it` }
    : { callerId, says: `${sent} is not the client's and is replaced by ${callerId}` };
}

function standIn(called: E164, call: string, { callerIds, choice }: CallerIdPolicy): E164 | null {
  const [first = null] = callerIds;
  switch (choice) {
    case "default":
      return first;
    case "rotate":
      return callerIds[Math.floor(draw(call) * callerIds.length)] ?? first;
    case "area_code":
      return nearest(called, callerIds) ?? first;
  }
}

/** Country code and three digits: less than that is not near. */
const NEAR = 5;

/** The caller ID that shares the most leading digits with the called number; the earlier of two alike. */
function nearest(called: E164, callerIds: readonly E164[]): E164 | null {
  let best: E164 | null = null;
  let most = NEAR - 1;
  for (const callerId of callerIds) {
    let shared = 0;
    while (shared < callerId.length && callerId[shared] === called[shared]) shared++;
    if (shared > most) {
      best = callerId;
      most = shared;
    }
  }
  return best;
}
