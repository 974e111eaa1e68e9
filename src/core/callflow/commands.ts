import type { SlotAnswer, SlotRequest } from "../admission/admission.ts";
import type { Command, CommandAnswer } from "./decision.ts";

/** Asks for a slot in every scope of a leg, all or nothing. */
export function* acquire(request: SlotRequest): Generator<Command, SlotAnswer, CommandAnswer> {
  const answer = yield { type: "acquire", request };
  if (answer === null) throw new Error("bug: an acquire was answered without a verdict");
  return answer;
}
