/**
 * Runs one step of the core over the ports: takes what the step asks for, does it, hands the answer back, until the
 * decision is there. It adds no rule of its own and keeps nothing of a call.
 */
import type { Decision, Step } from "../core/callflow/decision.ts";
import type { CommandPorts } from "./ports.ts";

/**
 * The decision of `step`. Rejects only with what a port threw, which a port does for bugs alone: a store that is down
 * is an answer, not an exception.
 */
export async function runStep(step: Step, ports: CommandPorts): Promise<Decision> {
  let turn = step.next();
  while (!turn.done) {
    const answer = await ports.perform(turn.value);
    turn = step.next(answer);
  }
  return turn.value;
}
