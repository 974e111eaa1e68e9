/**
 * From an AGI request to the variables of its answer: which switch is asking, which step it wants, what was decided.
 * A request that cannot be trusted or read gets no decision, and the dialplan takes the call to its fallback.
 */
import type { Logger } from "pino";
import type { DecideStep } from "../calls/ports.ts";
import type { Decision } from "../core/callflow/decision.ts";
import type { Switch } from "../core/snapshot/snapshot.ts";
import { soon } from "../platform/soon.ts";
import { createAllowList } from "./allow-list.ts";
import type { AgiRequest } from "./codec.ts";
import type { AgiAnswer, AgiHandler } from "./session.ts";
import { decisionVariables, readStep } from "./variables.ts";

export type StepHandlerOptions = {
  readonly switches: () => readonly Switch[];
  readonly decide: DecideStep;
  /** Absolute directory of recordings, as the switches see it. */
  readonly recordings: () => string;
  /** Told about every request, so that files rendered from an old configuration are noticed. */
  readonly sawRevision: (server: string, revision: string | null) => void;
};

export function createStepHandler({
  switches,
  decide,
  recordings,
  sawRevision,
}: StepHandlerOptions): AgiHandler {
  const answer =
    (begins: boolean) =>
    (decision: Decision): AgiAnswer => ({ variables: decisionVariables(decision, recordings(), begins) });
  const [toOffer, toReturn] = [answer(true), answer(false)];
  return (request, peer, log) => {
    const found = switchOf(request, peer.address, switches());
    if ("problem" in found) return refuse(log, "agi_unknown_switch", found.problem);
    sawRevision(found.server, request.query.get("rev") ?? null);
    const step = readStep(request, found.server);
    switch (step.type) {
      case "problem":
        return refuse(log, "agi_unreadable_step", step.problem);
      case "offer":
        return soon(decide(step.offer, null), toOffer);
      case "return":
        return soon(decide(step.event, step.state), toReturn);
    }
  };
}

function refuse(log: () => Logger, code: string, problem: string): null {
  log().error({ event: "step.refused", code }, problem);
  return null;
}

const lists = new WeakMap<Switch, (address: string) => boolean>();

/** Its addresses may be networks; they are read once for each configuration that comes into force. */
function isFrom(candidate: Switch, address: string): boolean {
  const list = lists.get(candidate) ?? createAllowList(candidate.addresses);
  lists.set(candidate, list);
  return list(address);
}

/** A switch is who it says it is only from its own addresses; one that says nothing is known by its address. */
function switchOf(
  request: AgiRequest,
  address: string,
  switches: readonly Switch[],
): { readonly server: string } | { readonly problem: string } {
  const named = request.query.get("server");
  const here = switches.filter((candidate) => isFrom(candidate, address));
  if (named !== undefined) {
    if (here.some((candidate) => candidate.server === named)) return { server: named };
    if (!switches.some((candidate) => candidate.server === named))
      return {
        problem: `${address} says it is the switch ${named.slice(0, 40)}, which is not configured; if it is called otherwise now, render its dialplan anew and reload it`,
      };
    return {
      problem: `${address} says it is the switch ${named.slice(0, 40)}; add the address to that switch in signalbox.yaml if it is`,
    };
  }
  const [only, ...others] = here;
  if (only !== undefined && others.length === 0) return { server: only.server };
  return {
    problem: `nothing says which switch is asking from ${address}; use the rendered dialplan, or give each switch its own addresses`,
  };
}
