// A spike of one client against its cap: how many are up, how the others are refused, and that it drains to zero.
import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "../lab/ports.ts";
import type { World } from "../lab/world.ts";
import { caller, runSipp, type SippResult, startSipp } from "../sipp-runner.ts";
import type { LegWatch } from "./legs.ts";
import { field } from "./show.ts";
import type { DemoBurst } from "./stage.ts";

/** Gives what went wrong, nothing when all went as configured. */
export async function runBurst(burst: DemoBurst, world: World, legWatch: LegWatch): Promise<string[]> {
  const spike = startSipp({
    name: `spike on ${burst.dialled}`,
    scenario: caller({ holdMs: 6000 }),
    remote: world.asterisk.sip,
    localIp: burst.from,
    service: burst.dialled,
    calls: burst.callers,
    rate: burst.callers,
    deadlineMs: 40_000,
  });
  await sleep(3000);
  const [live, neighbour] = await Promise.all([liveChannels(world), callNeighbour(burst, world)]);
  const result = await spike.done;
  const legs = await legWatch.ended();
  const up = live.get(burst.tenant) ?? 0;
  const refused = answers(result, burst.refusedWith);
  const others = legs.filter(({ tenant }) => tenant !== burst.tenant).length;
  field("up", [`${up} legs of ${burst.tenant} at the height of it, counted by Signalbox`]);
  field("refused", [`${refused} callers heard the announcement and then ${burst.refusedWith}`]);
  field("neighbour", [neighbour.ok ? "the other client's call was answered" : neighbour.problem]);
  await waitFor(
    "the count to drain to zero",
    async () => (total(await liveChannels(world)) === 0 ? true : undefined),
    30_000,
  );
  field("drained", ["0 legs counted once all have hung up"]);
  return [
    ...(up === burst.admitted ? [] : [`${up} legs up instead of ${burst.admitted}`]),
    ...(refused === burst.callers - burst.admitted ? [] : [`${refused} refused with ${burst.refusedWith}`]),
    ...(neighbour.ok ? [] : ["the neighbour's call failed"]),
    ...(others === 2 ? [] : [`${others} legs of others instead of 2`]),
  ];
}

function callNeighbour({ neighbour }: DemoBurst, world: World): Promise<SippResult> {
  return runSipp({
    name: "the neighbour",
    scenario: caller({ holdMs: 1000 }),
    remote: world.asterisk.sip,
    localIp: neighbour.from,
    service: neighbour.dialled,
    calls: 1,
    deadlineMs: 20_000,
  });
}

function answers(result: SippResult, code: number): number {
  return result.messages.filter(({ direction, status }) => direction === "received" && status === code)
    .length;
}

/** Client → trunk legs, from the node's own metrics. */
async function liveChannels(world: World): Promise<Map<string, number>> {
  const text = await (await fetch(`http://${world.snapshot.system.http.listen}/metrics`)).text();
  const live = new Map<string, number>();
  for (const [, tenant = "", count] of text.matchAll(
    /^signalbox_channels\{tenant="([^"]+)"[^}]*\} ([0-9]+)$/gm,
  )) {
    live.set(tenant, (live.get(tenant) ?? 0) + Number(count));
  }
  return live;
}

function total(live: ReadonlyMap<string, number>): number {
  return [...live.values()].reduce((sum, count) => sum + count, 0);
}
