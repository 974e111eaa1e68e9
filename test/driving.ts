/**
 * Calls for tests: what a switch would offer or bring back, and a step run to its decision with every question it
 * asks of the world answered.
 */
import type { SlotAnswer, SlotRequest } from "../src/core/admission/admission.ts";
import type { Offer, Return } from "../src/core/callflow/call-event.ts";
import type { CallState } from "../src/core/callflow/call-state.ts";
import type { Command, CommandAnswer } from "../src/core/callflow/commands.ts";
import type { Decision, Step } from "../src/core/callflow/decision.ts";
import type { Moment } from "../src/core/callflow/moment.ts";
import type { Outcome } from "../src/core/routing/instruction.ts";
import { calmConditions } from "../src/core/snapshot/conditions.ts";
import type { Snapshot } from "../src/core/snapshot/snapshot.ts";
import type { CallId } from "../src/core/tenant/stamp.ts";
import { uneventful } from "../src/simulate/uneventful.ts";
import { at, path, tenantId } from "./builders.ts";

/** A Monday noon in New York, nothing unhealthy, nobody suspended. */
export function momentWith(snapshot: Snapshot, moment: Partial<Moment> = {}): Moment {
  return { snapshot, conditions: calmConditions, now: at("2026-11-23T12:00:00-05:00"), ...moment };
}

export function inboundOffer(offer: Partial<Offer> = {}): Offer {
  return {
    type: "offer",
    direction: "inbound",
    server: "ast1",
    uniqueid: "1764000000.1",
    channel: "PJSIP/pool_a-00000001",
    dialled: "+12125550100",
    callerNumber: "+13125550123",
    callerName: "",
    accountcode: "",
    tenantHint: null,
    campaign: null,
    ...offer,
  };
}

export function returnWith(outcome: Outcome): Return {
  const { server, uniqueid, channel } = inboundOffer();
  return { type: "return", server, uniqueid, channel, outcome };
}

export function stateWith(state: Partial<CallState> = {}): CallState {
  return {
    call: "ast1-1764000000.1" as CallId,
    tenant: tenantId("apex"),
    direction: "inbound",
    did: "+12125550100",
    caller: "+13125550123",
    at: path("routes.main"),
    attempt: 1,
    steps: 1,
    language: "",
    dialling: null,
    ...state,
  };
}

export type Driven = { readonly decision: Decision; readonly commands: readonly Command[] };

/** Runs a step to its decision; every slot is granted unless `answer` says otherwise. */
export function drive(step: Step, answer: (request: SlotRequest) => SlotAnswer = granted): Driven {
  const commands: Command[] = [];
  let next = step.next();
  while (!next.done) {
    const command = next.value;
    commands.push(command);
    next = step.next(answerTo(command, answer));
  }
  return { decision: next.value, commands };
}

function granted(): SlotAnswer {
  return { granted: true, wouldRefuse: null };
}

function answerTo(command: Command, answer: (request: SlotRequest) => SlotAnswer): CommandAnswer {
  return command.type === "acquire" ? answer(command.request) : uneventful(command);
}
