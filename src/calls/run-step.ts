/**
 * Runs one step of the core over the ports: takes what the step asks for, does it, hands the answer back, until the
 * decision is there. It adds no rule of its own and keeps nothing of a call.
 */
import type { CommandAnswer } from "../core/callflow/commands.ts";
import type { Decision, Step } from "../core/callflow/decision.ts";
import type { Soon } from "../platform/soon.ts";
import type { CommandPorts } from "./ports.ts";

/**
 * The decision of `step`, at once where every port answers at once. Throws or rejects only with what a port threw,
 * which a port does for bugs alone: a store that is down is an answer, not an exception.
 */
export function runStep(step: Step, ports: CommandPorts): Soon<Decision> {
  let turn = step.next();
  while (!turn.done) {
    const answer = ports.perform(turn.value);
    if (answer instanceof Promise) return answer.then((first) => finish(step, first, ports));
    turn = step.next(answer);
  }
  return turn.value;
}

async function finish(step: Step, first: CommandAnswer, ports: CommandPorts): Promise<Decision> {
  let turn = step.next(first);
  while (!turn.done) turn = step.next(await ports.perform(turn.value));
  return turn.value;
}
