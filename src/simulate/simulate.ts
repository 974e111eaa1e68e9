/**
 * What would happen to a call: the very steps that decide live calls, run over a scripted switch and supposed
 * numbers of live legs. It holds no rule about calls, reads no clock and no file, and changes nothing anywhere.
 */
import type { DoNotCallLists } from "../calls/do-not-call-port.ts";
import { runStep } from "../calls/run-step.ts";
import type { Offer } from "../core/callflow/call-event.ts";
import { type CallState, decodeState, encodeState } from "../core/callflow/call-state.ts";
import { advance, begin } from "../core/callflow/callflow.ts";
import type { Command, CommandAnswer, SpendAnswer, SpendRequest } from "../core/callflow/commands.ts";
import type { Decision } from "../core/callflow/decision.ts";
import type { Moment } from "../core/callflow/moment.ts";
import type { Outcome } from "../core/routing/instruction.ts";
import { type InUse, SupposedSlots } from "./in-use.ts";
import { type Script, ScriptedSwitch } from "./scripted-switch.ts";
import { uneventful } from "./uneventful.ts";
import { judge, type Verdict } from "./verdict.ts";

/** The world around a simulated call. */
export type Supposed = {
  readonly moment: Moment;
  readonly script: Script;
  readonly inUse: InUse;
  readonly doNotCall: DoNotCallLists;
  /** What the day's limits say to a number. */
  readonly spend: (request: SpendRequest) => SpendAnswer;
};

/** One step as it went: the decision, what the switch was told, and what came of it. */
export type SimulatedStep = { readonly decision: Decision; readonly performed: string };

export type Simulation = {
  readonly offer: Offer;
  readonly moment: Moment;
  readonly steps: readonly SimulatedStep[];
  /** What would be dialled next, attempt by attempt, if each failed; after those in `steps`. */
  readonly further: readonly Decision[];
  readonly verdict: Verdict;
};

/** Runs a call from its offer to where it leaves Signalbox. Rejects for a bug only. */
export async function simulate(offer: Offer, supposed: Supposed): Promise<Simulation> {
  const run = new Run(offer, supposed);
  const steps: SimulatedStep[] = [];
  const script = new ScriptedSwitch(supposed.script);
  let decision = await run.begin();
  for (;;) {
    const performed = script.perform(decision.instruction);
    steps.push({ decision, performed: performed.says });
    if (performed.left || decision.state === null) break;
    decision = await run.goOn(decision.state, performed.outcome);
  }
  const further = await run.furtherAttempts(decision);
  const { moment } = supposed;
  return { offer, moment, steps, further, verdict: judge({ offer, moment, steps, further }) };
}

/** More attempts than any list of trunks has. */
const MOST_ATTEMPTS = 50;

class Run {
  readonly #offer: Offer;
  readonly #supposed: Supposed;
  readonly #slots: SupposedSlots;

  constructor(offer: Offer, supposed: Supposed) {
    this.#offer = offer;
    this.#supposed = supposed;
    this.#slots = new SupposedSlots(supposed.inUse);
  }

  async begin(): Promise<Decision> {
    return runStep(begin(this.#offer, this.#supposed.moment), this.#ports);
  }

  /** The state goes through its written form, as it does on a channel. */
  async goOn(state: CallState, outcome: Outcome): Promise<Decision> {
    const travelled = decodeState(encodeState(state));
    if (travelled === null) throw new Error(`bug: the state ${encodeState(state)} cannot be read back`);
    const { server, uniqueid, channel } = this.#offer;
    const back = { type: "return", server, uniqueid, channel, outcome } as const;
    return runStep(advance(back, travelled, this.#supposed.moment), this.#ports);
  }

  /** Lets the dialled trunk fail, and the next, until there is no other for the same number. */
  async furtherAttempts(last: Decision): Promise<Decision[]> {
    const attempts: Decision[] = [];
    let decision = last;
    while (attempts.length < MOST_ATTEMPTS && trunkOf(decision) !== null && decision.state !== null) {
      decision = await this.goOn(decision.state, { type: "dialled", status: "CHANUNAVAIL", cause: null });
      const same = decision.dialled?.number === last.dialled?.number;
      if (!same || trunkOf(decision) === null) break;
      attempts.push(decision);
    }
    return attempts;
  }

  readonly #ports = { perform: (command: Command): CommandAnswer => this.#perform(command) };

  #perform(command: Command): CommandAnswer {
    switch (command.type) {
      case "acquire":
        return this.#slots.acquire(command.request);
      case "release":
        this.#slots.release();
        return null;
      case "do_not_call":
        return { listed: this.#supposed.doNotCall.listed(command.tenant, command.number) };
      case "spend":
        return this.#supposed.spend(command.request);
      default:
        return uneventful(command);
    }
  }
}

/** The trunk that a decision dials on, null when it dials none. */
function trunkOf({ instruction }: Decision): string | null {
  return instruction.do === "dial" ? instruction.trunk : null;
}
