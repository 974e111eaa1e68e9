import { Counter, Gauge, type Registry } from "prom-client";

export type Gauges = ReturnType<typeof createGauges>;

/** What is brought up to date before every reading. docs/metrics.md says what each means. */
export function createGauges(registers: Registry[]) {
  const make = makers(registers);
  return { ...slotGauges(make), ...switchGauges(make), ...trunkGauges(make), ...nodeGauges(make) };
}

type Makers = ReturnType<typeof makers>;

function makers(registers: Registry[]) {
  return {
    gauge: <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Gauge<Label>({ name, help, labelNames: [...labelNames], registers }),
    /** Counted elsewhere since this node began; set by `reset` and `inc`. */
    total: <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Counter<Label>({ name, help, labelNames: [...labelNames], registers }),
  };
}

function slotGauges({ gauge, total }: Makers) {
  return {
    channels: gauge("signalbox_channels", "Trunk legs at this moment.", ["tenant", "trunk", "direction"]),
    channelsLimit: gauge("signalbox_channels_limit", "Cap of a tenant in trunk legs.", ["tenant"]),
    channelsReserved: gauge(
      "signalbox_channels_reserved",
      "Legs of the shared pool that are kept for a tenant.",
      ["tenant"],
    ),
    slotDrift: gauge(
      "signalbox_slot_drift",
      "Slots that the switch does not confirm, plus legs without a slot.",
    ),
    unstamped: gauge("signalbox_unstamped_channels", "Trunk legs that carry no known client."),
    slotsReady: gauge("signalbox_slots_ready", "1 while the slot store can be asked and knows every switch."),
    oldestSlot: gauge("signalbox_slot_oldest_seconds", "Age of the oldest slot."),
    oldestLease: gauge(
      "signalbox_slot_oldest_lease_seconds",
      "Time since the least recently confirmed leg was confirmed; legs of unseen switches left out.",
    ),
    frozenSlots: gauge("signalbox_slots_frozen", "Slots whose switch is not seen: they do not end.", []),
    sweeps: total("signalbox_sweeps_total", "Looks at all channels of a switch since this node started.", [
      "server",
      "complete",
    ]),
    slotsAdopted: total(
      "signalbox_slots_adopted_total",
      "Legs that only a sweep has found, since this node started.",
      ["server"],
    ),
    slotsFreed: total("signalbox_slots_freed_total", "Slots freed by this node since it started.", [
      "server",
    ]),
  };
}

function switchGauges({ gauge, total }: Makers) {
  return {
    switchUp: gauge("signalbox_switch_up", "1 while the manager connection to the switch is up.", ["server"]),
    listening: gauge("signalbox_switch_listening", "1 on the node that keeps the slots of this switch.", [
      "server",
    ]),
    sweepAge: gauge(
      "signalbox_sweep_age_seconds",
      "Time since the last complete look at a switch that this node listens to.",
      ["server"],
    ),
    dialplanCurrent: gauge(
      "signalbox_dialplan_current",
      "1 while the switch asks from a dialplan that `signalbox render` would write again, 0 from an older one.",
      ["server"],
    ),
    amiLag: gauge("signalbox_ami_lag_seconds", "Round trip of the last ping; it queues behind the events.", [
      "server",
    ]),
    amiEvents: total("signalbox_ami_events_total", "Events received over the manager connection.", [
      "server",
    ]),
    amiLosses: total(
      "signalbox_ami_losses_total",
      "Manager connections that were lost after they were up; events in between are lost too.",
      ["server"],
    ),
    amiMalformed: total("signalbox_ami_malformed_total", "Manager messages that could not be read.", [
      "server",
    ]),
  };
}

function trunkGauges({ gauge }: Makers) {
  return {
    trunkUp: gauge("signalbox_trunk_up", "1 while new calls may go out on the trunk.", ["trunk"]),
    trunkLimit: gauge("signalbox_trunk_channels_limit", "Channels of a trunk.", ["trunk"]),
    trunkAnswerRatio: gauge("signalbox_trunk_answer_ratio", "Answered share of the recent calls, 0 to 1.", [
      "trunk",
    ]),
    trunkFailures: gauge(
      "signalbox_trunk_failures_in_row",
      "Calls that failed since the last that did not.",
      ["trunk"],
    ),
  };
}

function nodeGauges({ gauge, total }: Makers) {
  return {
    recordsPending: gauge("signalbox_records_pending", "Call records not yet in the records database."),
    recordsReady: gauge("signalbox_records_ready", "1 while call records can be written where they belong."),
    recordsLost: total(
      "signalbox_records_lost_total",
      "Call records given up, since nothing could take them.",
    ),
    recordingsFree: gauge("signalbox_recordings_free_bytes", "Free on the disk that recordings are on."),
    recordingsFull: gauge(
      "signalbox_recordings_disk_full",
      "1 while so little of that disk is free that recordings are cut short.",
    ),
    recordingsMissing: total(
      "signalbox_recordings_missing_total",
      "Calls that were answered and to be recorded and have no file.",
    ),
    agiSessions: gauge("signalbox_agi_sessions", "Steps that are being decided at this moment."),
    startTime: gauge("signalbox_start_time_seconds", "When this node began, in seconds since 1970."),
    configurationRevision: gauge("signalbox_configuration_info", "The revision in force, as a label.", [
      "revision",
    ]),
    configurationErrors: gauge(
      "signalbox_configuration_errors",
      "Errors of the last reading of the files; what was in force before them still is.",
    ),
  };
}
