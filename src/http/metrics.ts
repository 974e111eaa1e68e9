import { Registry } from "prom-client";
import { type DecidedStep, type StepWatcher, tenantOfStep } from "../calls/ports.ts";
import { createGauges, type Gauges } from "./gauges.ts";
import { Tallied, TalliedTimes } from "./tallied.ts";

export type { Gauges } from "./gauges.ts";

export type Metrics = {
  readonly registry: Registry;
  readonly watcher: StepWatcher;
  /** One FastAGI connection has ended. */
  readonly agiEnded: (end: { readonly outcome: string; readonly seconds: number }) => void;
  readonly gauges: Gauges;
};

/** Every metric by name, here and in gauges.ts; the contract names are nowhere else. docs/metrics.md explains them. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const sessions = new Tallied({
    name: "signalbox_agi_sessions_total",
    help: "FastAGI connections that have ended, by how: decided and hangup are as it should be.",
    labelNames: ["outcome"],
    registers,
  });
  const sessionSeconds = new TalliedTimes(
    {
      name: "signalbox_agi_session_seconds",
      help: "Time from a FastAGI connection to its end, with the network; refused ones are left out.",
    },
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.15, 0.5, 1, 2.5],
    registry,
  );
  return {
    registry,
    watcher: createWatcher(registry),
    agiEnded: ({ outcome, seconds }) => {
      sessions.add(outcome);
      if (outcome !== "refused") sessionSeconds.add(seconds);
    },
    gauges: createGauges(registers),
  };
}

function createWatcher(registry: Registry): StepWatcher {
  const registers = [registry];
  const calls = new Tallied({
    name: "signalbox_calls_total",
    help: "Calls decided, by how they went on: routed, ended, refused, abandoned.",
    labelNames: ["tenant", "direction", "outcome"],
    registers,
  });
  const refusals = new Tallied({
    name: "signalbox_refusals_total",
    help: 'Calls refused, by reason. Calls of nobody have the tenant "none".',
    labelNames: ["tenant", "reason"],
    registers,
  });
  const failovers = new Tallied({
    name: "signalbox_failovers_total",
    help: "Attempts that failed and were followed by one on another trunk, by what the failed one met.",
    labelNames: ["trunk", "reason"],
    registers,
  });
  const stepSeconds = new TalliedTimes(
    { name: "signalbox_step_seconds", help: "Time to decide one step, without the network." },
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.15, 0.5],
    registry,
  );
  return {
    decided: (step) => {
      stepSeconds.add(step.seconds);
      const { decision } = step;
      const tenant = tenantOfStep(step) ?? "none";
      if (decision.refusal !== null) refusals.add(tenant, decision.refusal.reason);
      if (step.event.type === "offer") {
        calls.add(tenant, step.event.direction, outcomeOf(step));
      }
      const failed = failoverOf(step);
      if (failed !== null) failovers.add(failed.trunk, failed.reason);
    },
  };
}

function outcomeOf({ decision }: DecidedStep): "refused" | "ended" | "routed" | "abandoned" {
  if (decision.refusal !== null) return "refused";
  if (decision.ended) return "ended";
  // Neither refused nor ended by configuration: the caller had gone before this was decided.
  return decision.instruction.do === "hangup" ? "abandoned" : "routed";
}

/** The trunk whose attempt came back and what it met, when another trunk follows; else null. */
function failoverOf({ event, state, decision }: DecidedStep): { trunk: string; reason: string } | null {
  const trunk = state?.dialling?.tried.at(-1);
  const { instruction } = decision;
  if (event.type !== "return" || trunk === undefined) return null;
  if (instruction.do !== "dial" || instruction.trunk === null) return null;
  const { outcome } = event;
  return { trunk, reason: outcome.type === "dialled" ? outcome.status.toLowerCase() : "unknown" };
}
