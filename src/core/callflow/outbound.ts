import { callIdOf } from "../tenant/stamp.ts";
import type { Offer } from "./call-event.ts";
import type { Step } from "./decision.ts";
import type { Moment } from "./moment.ts";
import { refuseUnowned } from "./refuse.ts";
import { Notes } from "./trace.ts";

// biome-ignore lint/correctness/useYield: being written
export function* beginOutbound(offer: Offer, _moment: Moment): Step {
  const says = "nothing says whose call this is";
  return refuseUnowned(
    { reason: "unknown_tenant", says },
    callIdOf(offer.server, offer.uniqueid),
    new Notes(),
  );
}
