import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { DecidedStep, StepWatcher } from "../calls/ports.ts";

/** Every metric by name, in one place; the contract names are here and nowhere else. */
export function createMetrics(): {
  readonly registry: Registry;
  readonly watcher: StepWatcher;
  readonly gauges: Gauges;
} {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const calls = new Counter({
    name: "signalbox_calls_total",
    help: "Calls decided, by how they went on: routed, ended, refused.",
    labelNames: ["tenant", "direction", "outcome"],
    registers,
  });
  const refusals = new Counter({
    name: "signalbox_refusals_total",
    help: 'Calls refused, by reason. Calls of nobody have the tenant "none".',
    labelNames: ["tenant", "reason"],
    registers,
  });
  const stepSeconds = new Histogram({
    name: "signalbox_step_seconds",
    help: "Time to decide one step, without the network.",
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.15, 0.5],
    registers,
  });
  const watcher: StepWatcher = {
    decided: (step) => {
      stepSeconds.observe(step.seconds);
      const { decision } = step;
      const tenant = decision.stamp?.tenant ?? decision.state?.tenant ?? "none";
      if (decision.refusal !== null) refusals.inc({ tenant, reason: decision.refusal.reason });
      if (step.event.type === "offer") {
        calls.inc({ tenant, direction: step.event.direction, outcome: outcomeOf(step) });
      }
    },
  };
  return { registry, watcher, gauges: createGauges(registers) };
}

function outcomeOf({ decision }: DecidedStep): "refused" | "ended" | "routed" {
  if (decision.refusal !== null) return "refused";
  return decision.ended ? "ended" : "routed";
}

export type Gauges = ReturnType<typeof createGauges>;

function createGauges(registers: Registry[]) {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge<Label>({ name, help, labelNames: [...labelNames], registers });
  return {
    channels: gauge("signalbox_channels", "Trunk legs at this moment.", ["tenant", "trunk", "direction"]),
    channelsLimit: gauge("signalbox_channels_limit", "Cap of a tenant in trunk legs.", ["tenant"]),
    slotDrift: gauge(
      "signalbox_slot_drift",
      "Slots that the switch does not confirm, plus legs without a slot.",
    ),
    slotsReady: gauge("signalbox_slots_ready", "1 while the slot store can be asked and knows every switch."),
    oldestSlot: gauge("signalbox_slot_oldest_seconds", "Age of the oldest slot."),
    sweeps: gauge("signalbox_sweeps", "Looks at all channels of a switch since this node started.", [
      "server",
      "complete",
    ]),
    slotsAdopted: gauge("signalbox_slots_adopted", "Legs that only a sweep has found, since the start.", [
      "server",
    ]),
    slotsFreed: gauge("signalbox_slots_freed", "Slots freed by this node since it started.", ["server"]),
    listening: gauge("signalbox_switch_listening", "1 on the node that keeps the slots of this switch.", [
      "server",
    ]),
    unstamped: gauge("signalbox_unstamped_channels", "Trunk legs that carry no known client."),
    recordsPending: gauge("signalbox_records_pending", "Call records not yet in the records database."),
    switchUp: gauge("signalbox_switch_up", "1 while the manager connection to the switch is up.", ["server"]),
    dialplanCurrent: gauge(
      "signalbox_dialplan_current",
      "1 while the switch asks from a dialplan that `signalbox render` would write again, 0 from an older one.",
      ["server"],
    ),
    configurationRevision: gauge("signalbox_configuration_info", "The revision in force, as a label.", [
      "revision",
    ]),
  };
}
