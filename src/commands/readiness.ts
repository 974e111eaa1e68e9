import type { StoreHealth } from "../calls/slot-port.ts";
import type { SwitchStatus } from "../calls/switch-port.ts";
import type { WatchView } from "../calls/watch-view.ts";
import type { Readiness } from "../http/server.ts";

/** Of what stands beside the slots: the records, say. */
export type OtherHealth = { readonly ready: boolean; readonly code: string | null; readonly why: string };

export type ReadinessParts = {
  readonly switches: readonly SwitchStatus[];
  readonly views: readonly WatchView[];
  readonly slots: StoreHealth;
  /** What became of the files that were read last: told, and no reason not to be ready. */
  readonly configuration?: string;
  /** By the name that is shown. */
  readonly others?: Readonly<Record<string, OtherHealth>>;
  /** Epoch milliseconds. */
  readonly now: number;
};

/** As long as a slot's lease: from then on what is counted is no longer what the switch says. */
const LOOKED_WITHIN_MS = 60_000;

/**
 * Ready means: every switch is seen and its channels were looked at, and every store can be asked. A node that lacks
 * one of them still decides calls, by `when_slots_unreachable`, and says here what is missing.
 */
export function readinessOf(parts: ReadinessParts): Readiness {
  const { switches, views, slots, configuration = "ok", others = {}, now } = parts;
  const looks = new Map(views.map((view) => [view.server, view]));
  const checks: Record<string, string> = {};
  for (const status of switches)
    checks[`switch ${status.server}`] = switchCheck(status, looks.get(status.server), now);
  checks.slots = slots.state === "ready" ? "ok" : `${slots.code}: ${slots.why}`;
  for (const [name, { ready, code, why }] of Object.entries(others))
    checks[name] = ready ? "ok" : `${code}: ${why}`;
  const ready = Object.values(checks).every((check) => check === "ok");
  // All nodes share the files: a slip of the pen in them must not take every one of them out of service.
  return { ready, checks: { configuration, ...checks } };
}

/** Where another node listens, that node says whether the switch was looked at. */
function switchCheck({ up, why }: SwitchStatus, view: WatchView | undefined, now: number): string {
  if (!up) return why;
  if (view === undefined) return "connected, but its channels are not looked after yet";
  if (!view.listening) return "ok";
  if (view.sweptAt === null)
    return "connected, but its channels were not looked at yet: see slots.not_kept in the log should that last";
  const agoMs = now - view.sweptAt;
  if (agoMs <= LOOKED_WITHIN_MS) return "ok";
  return `connected, but its channels were last looked at ${Math.round(agoMs / 1000)} s ago: see slots.not_kept in the log`;
}
