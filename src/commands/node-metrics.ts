import type { Switches } from "../ami/switches.ts";
import type { RecordStore } from "../calls/record-port.ts";
import type { SlotStore } from "../calls/slot-port.ts";
import type { TrunkHealthBook } from "../calls/trunk-health.ts";
import type { WatchView } from "../calls/watch-view.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { Gauges } from "../http/metrics.ts";
import type { RecordingKeeper } from "../records/recordings/keeper.ts";
import { showSlots } from "./slot-metrics.ts";

export type MetricSources = {
  readonly snapshot: () => Snapshot;
  readonly slots: SlotStore;
  readonly switches: Switches;
  readonly views: () => readonly WatchView[];
  readonly health: TrunkHealthBook;
  /** Server → whether its dialplan is the one that would be rendered now. */
  readonly dialplans: () => Iterable<readonly [server: string, current: boolean]>;
  readonly agiSessions: () => number;
  readonly records: RecordStore;
  readonly recordings: Pick<RecordingKeeper, "seen">;
};

/** Brings every gauge up to date from the parts of the node. Never rejects: what cannot be asked is left out. */
export async function showNode(gauges: Gauges, sources: MetricSources): Promise<void> {
  const { slots, snapshot, views } = sources;
  const now = Date.now();
  const held = await slots.snapshot().catch(() => null);
  showSlots(gauges, { slots: held, health: slots.health(), views: views(), snapshot: snapshot(), now });
  showSwitches(gauges, sources);
  showTrunks(gauges, sources, now);
  showRecords(gauges, sources.records);
  const { disk, full, missing } = sources.recordings.seen();
  if (disk !== null) gauges.recordingsFree.set(disk.freeBytes);
  gauges.recordingsFull.set(full ? 1 : 0);
  gauges.recordingsMissing.reset();
  gauges.recordingsMissing.inc(missing);
  gauges.agiSessions.set(sources.agiSessions());
  gauges.startTime.set(Math.round(performance.timeOrigin / 1000));
  gauges.configurationRevision.reset();
  gauges.configurationRevision.set({ revision: snapshot().revision }, 1);
}

export function showRecords(gauges: Gauges, records: Pick<RecordStore, "pending" | "health">): void {
  const { queued, outbox, lost } = records.pending();
  gauges.recordsPending.set(queued + outbox);
  gauges.recordsReady.set(records.health().ready ? 1 : 0);
  gauges.recordsLost.reset();
  gauges.recordsLost.inc(lost);
}

function showSwitches(gauges: Gauges, { switches, dialplans }: MetricSources): void {
  const { switchUp, dialplanCurrent, amiLag, amiEvents, amiLosses, amiMalformed } = gauges;
  for (const each of [switchUp, dialplanCurrent, amiLag, amiEvents, amiLosses, amiMalformed]) each.reset();
  for (const { server, up } of switches.status()) {
    switchUp.set({ server }, up ? 1 : 0);
    const stats = switches.connection(server)?.stats();
    if (stats === undefined) continue;
    if (stats.lagMs !== null) amiLag.set({ server }, stats.lagMs / 1000);
    amiEvents.inc({ server }, stats.received);
    amiLosses.inc({ server }, stats.lost);
    amiMalformed.inc({ server }, stats.malformed);
  }
  for (const [server, current] of dialplans()) dialplanCurrent.set({ server }, current ? 1 : 0);
}

function showTrunks(gauges: Gauges, { health, snapshot }: MetricSources, now: number): void {
  const { trunkUp, trunkLimit, trunkAnswerRatio, trunkFailures } = gauges;
  for (const each of [trunkUp, trunkLimit, trunkAnswerRatio, trunkFailures]) each.reset();
  for (const { trunk, takesCalls, answerRatio, failuresInRow } of health.view(now)) {
    trunkUp.set({ trunk }, takesCalls ? 1 : 0);
    trunkLimit.set({ trunk }, snapshot().trunks.get(trunk)?.channels ?? 0);
    if (answerRatio !== null) trunkAnswerRatio.set({ trunk }, answerRatio);
    trunkFailures.set({ trunk }, failuresInRow);
  }
}
