import type { CallState } from "./call-state.ts";
import type { Step } from "./decision.ts";
import { refuse } from "./refuse.ts";
import type { Visit } from "./visit.ts";

// biome-ignore lint/correctness/useYield: being written
export function* forwardCall(number: string, state: CallState, visit: Visit): Step {
  return refuse("no_trunk", `no trunk for ${number}`, state, visit);
}
