import type { Logger } from "pino";
import type { Switches } from "../ami/switches.ts";
import type { StepWatcher } from "../calls/ports.ts";
import { type SlotStore, SlotStoreError } from "../calls/slot-port.ts";
import { TodayBook } from "../calls/today.ts";
import type { TrunkHealthBook } from "../calls/trunk-health.ts";
import type { WatchView } from "../calls/watch-view.ts";
import type { Conditions } from "../core/snapshot/conditions.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import type { ControlRequest, ControlRoute } from "../http/control.ts";
import { readOrder } from "../http/order.ts";
import { messageOf, SignalboxError } from "../platform/errors.ts";
import { type Explanation, explain } from "../reports/explain.ts";
import { type ListedSlots, type LiveReading, type LiveView, liveView, slotViews } from "../reports/live.ts";
import { recallPeaks } from "./peaks-before.ts";

export type LiveNodeOptions = {
  readonly node: string;
  readonly snapshot: () => Snapshot;
  readonly conditions: () => Conditions;
  readonly slots: SlotStore;
  readonly health: TrunkHealthBook;
  readonly switches: Switches;
  readonly views: () => readonly WatchView[];
  /** Directory of what was written; the records of earlier today may be there. */
  readonly variables: string;
  readonly log: Logger;
};

export type LiveNode = {
  /** Counts what the day brings; stands among those who hear of every step. */
  readonly watcher: StepWatcher;
  /** What `top`, `slots`, `trunks` and `simulate --live` ask over the control socket. */
  readonly routes: readonly ControlRoute[];
  stop(): void;
};

/** What `POST /slots/free` answers. */
export type FreedSlot = { readonly id: string; readonly tenants: readonly string[] };

const PEAK_EVERY_MS = 1000;

/** Answers what goes on in this node, and frees a slot by hand. */
export function createLiveNode(options: LiveNodeOptions): LiveNode {
  const { slots, snapshot, log } = options;
  const today = new TodayBook(snapshot);
  void recallPeaks(today, snapshot(), { variables: options.variables, log, now: Date.now() });
  const look = (): void => {
    const tenants = [...snapshot().tenants.keys()];
    // A store that is away says so in health and metrics; the next second asks again.
    slots.usage({ tenants, trunks: [] }).then(
      (counts) => today.saw(counts, Date.now()),
      () => {},
    );
  };
  const timer = setInterval(look, PEAK_EVERY_MS);
  timer.unref();
  const read = () => reading(options, today);
  const explainTenant = async ({ params }: ControlRequest): Promise<Explanation> =>
    explain(tenantOf(params.tenant ?? "", snapshot()), await read());
  const listSlots = async ({ query }: ControlRequest): Promise<ListedSlots> => {
    const { slots: held, ownCount, health } = await read();
    const told = { slot_store: { state: health.state, why: health.why }, own_count: ownCount };
    const listed = slotViews(held);
    if (query.tenant === undefined) return { ...told, slots: listed };
    const theirs = listed.filter(({ tenant }) => tenant === query.tenant);
    // Of a client that is not configured any more, calls may still be on.
    if (theirs.length === 0) tenantOf(query.tenant, snapshot());
    return { ...told, slots: theirs };
  };
  const routes: readonly ControlRoute[] = [
    { method: "GET", path: "/live", handler: async (): Promise<LiveView> => liveView(await read()) },
    { method: "GET", path: "/slots", handler: listSlots },
    { method: "GET", path: "/tenants/:tenant/explain", handler: explainTenant },
    { method: "POST", path: "/slots/free", handler: (request) => free(request, slots, log) },
  ];
  return { watcher: today, routes, stop: () => clearInterval(timer) };
}

async function reading(options: LiveNodeOptions, today: TodayBook): Promise<LiveReading> {
  const now = Date.now();
  const views = new Map(options.views().map((view) => [view.server, view]));
  return {
    node: options.node,
    snapshot: options.snapshot(),
    conditions: options.conditions(),
    ...(await held(options.slots)),
    health: options.slots.health(),
    trunks: options.health.view(now),
    switches: options.switches.status().map(({ server, up, why }) => {
      const view = views.get(server);
      const swept = view?.sweptAt ?? null;
      return {
        server,
        up,
        why,
        listening: view?.listening ?? false,
        swept_at: swept === null ? null : new Date(swept).toISOString(),
        drift: view?.drift ?? 0,
        unstamped: view?.unstamped ?? 0,
      };
    }),
    today: (tenant) => today.of(tenant, now),
  };
}

/** Who asks while the store is away wants to see the rest all the more. */
async function held(slots: SlotStore): Promise<Pick<LiveReading, "slots" | "ownCount">> {
  try {
    return { slots: await slots.snapshot(), ownCount: false };
  } catch (error) {
    if (!(error instanceof SlotStoreError)) throw error;
    return { slots: slots.own(), ownCount: true };
  }
}

const ORDER = {
  id: { least: 1, most: 200 },
  by: { least: 1, most: 100 },
  why: { least: 1, most: 500, trimmed: true },
};

/** Frees what a channel holds. Should its leg live on, the next sweep finds it and counts it again. */
async function free({ body }: ControlRequest, slots: SlotStore, log: Logger): Promise<FreedSlot> {
  const read = readOrder(body, ORDER);
  if (read === null)
    throw new SignalboxError(
      "bad_order",
      "an order names a slot, by whom it is and why, in up to 500 letters",
    );
  const { id, by, why } = read;
  const at = id.indexOf("/");
  const key = { server: id.slice(0, at), uniqueid: id.slice(at + 1) };
  const held = (await asked(slots.snapshot())).slots.filter(
    (slot) => slot.key.server === key.server && slot.key.uniqueid === key.uniqueid,
  );
  const freed = at > 0 && (await asked(slots.release(key, "operator")));
  if (!freed)
    throw new SignalboxError(
      "unknown_slot",
      `there is no slot ${id}; \`signalbox slots\` lists those there are`,
    );
  for (const { tenant, trunk, call, state } of held)
    log.warn({ event: "slot.freed_by_hand", slot: id, tenant, trunk, call, state, by, why });
  return { id, tenants: held.map(({ tenant }) => tenant ?? "none") };
}

/** What the store cannot say is told to who asked, with the reason. */
async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw new SignalboxError("slots_unreachable", messageOf(error), error);
  }
}

function tenantOf(name: string, { tenants }: Snapshot): Tenant {
  const found = [...tenants.values()].find(({ id }) => id === name);
  if (found !== undefined) return found;
  const known = [...tenants.keys()].join(", ");
  throw new SignalboxError("unknown_tenant", `there is no tenant ${name}; configured are ${known}`);
}
