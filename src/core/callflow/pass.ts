import type { Offer } from "./call-event.ts";
import { type Decision, ofNobody } from "./decision.ts";
import type { Moment } from "./moment.ts";
import type { Refusal } from "./refusal.ts";
import type { Notes } from "./trace.ts";

/** Where VICIdial takes the calls of its carriers. */
const TRUNK_INBOUND = "trunkinbound";

/** True when a call to a number of nobody here is not refused, because a VICIdial may know the number. */
export function isPassed({ reason }: Refusal, { snapshot }: Moment): boolean {
  return reason === "unknown_did" && snapshot.system.vicidial?.passUnknownDids === true;
}

/** Hands a call over as it came: no client, no stamp, no limit, and no step after this one. */
export function passToVicidial(
  { dialled }: Offer,
  { says }: Refusal,
  call: Decision["call"],
  notes: Notes,
): Decision {
  notes.add("vicidial", `${says}: VICIdial takes it`);
  return {
    ...ofNobody,
    call,
    instruction: { do: "goto", context: TRUNK_INBOUND, extension: dialled, priority: 1 },
    trace: notes.lines,
  };
}
