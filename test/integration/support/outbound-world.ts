// A world for calls that leave: phones of several clients, carriers that are SIPp, and a slot store in a Redis of its
// own, so that a test reads the same counts that the node goes by.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { AsteriskVersion } from "../../../load/lab/find-asterisk.ts";
import { waitFor } from "../../../load/lab/ports.ts";
import { type RunningRedis, startRedis } from "../../../load/lab/redis.ts";
import { type SignalboxProcess, startSignalbox } from "../../../load/lab/signalbox.ts";
import { startWorld, type World } from "../../../load/lab/world.ts";
import { runSipp, type Scenario, type SippOptions, type SippResult } from "../../../load/sipp-runner.ts";
import type { Slot, SlotStore } from "../../../src/calls/slot-port.ts";
import { endpointOfChannel } from "../../../src/core/trunk/trunk.ts";
import { createSlotStore } from "../../../src/slots/slots.ts";
import { type Arrival, OPERATOR_DIALPLAN, watchArrivals } from "./destinations.ts";
import { OBSERVER_ACCOUNT, type Observer, observe } from "./observer.ts";
import {
  CARRIERS,
  type CarrierName,
  OPERATOR_CONTEXTS,
  OUT_AT,
  PHONES,
  type PhoneName,
  phoneEndpoints,
  writeOutboundConfiguration,
} from "./outbound-configuration.ts";
import { writePrompts } from "./prompts.ts";

export type OutboundWorld = {
  readonly world: World;
  /** Where the node keeps what it writes. */
  readonly variables: string;
  /** Kills the node without a word and starts another in its place, which hears the switch when this resolves. */
  replaceNode(): Promise<void>;
  readonly observer: Observer;
  /** What the slot store holds now. */
  slots(): Promise<readonly Slot[]>;
  /** Live slots by trunk, from the store, and live legs by trunk, from the switch. */
  onTrunks(): Promise<{
    readonly slots: Readonly<Record<string, number>>;
    readonly legs: Readonly<Record<string, number>>;
  }>;
  /** Dials `number` from a phone, or from a carrier. */
  dial(
    from: PhoneName | CarrierName,
    number: string,
    scenario: Scenario,
    more?: Partial<SippOptions>,
  ): Promise<SippResult>;
  /** True once the switch says of a trunk what is asked, by its probes; undefined until then. */
  probed(trunk: CarrierName, reachable: boolean): Promise<true | undefined>;
  /** Calls that have reached an in-group. */
  arrivals(): readonly Arrival[];
  /** Resolves when neither the switch nor the slot store holds anything; rejects when that takes long. */
  quiet(): Promise<void>;
  /** Refusals that the node has logged since the last time this was asked. */
  refusals(): readonly string[];
  stop(): Promise<void>;
};

export async function startOutboundWorld(version: AsteriskVersion): Promise<OutboundWorld> {
  const folder = mkdtempSync(join(tmpdir(), "sb-outbound-"));
  const config = join(folder, "config");
  writePrompts(join(folder, "sounds"));
  const redis: RunningRedis = await startRedis({ folder: join(folder, "redis"), port: OUT_AT.redisPort });
  const undo: (() => Promise<unknown>)[] = [() => redis.stop()];
  const stop = async (): Promise<void> => {
    for (const each of undo.toReversed()) await each();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    writeOutboundConfiguration(config, version, redis.url);
    const world = await startWorld({
      config,
      folder,
      version,
      sip: OUT_AT.sip,
      rtpStart: OUT_AT.rtpStart,
      rtpEnd: OUT_AT.rtpEnd,
      sounds: join(folder, "sounds"),
      files: { "manager_lab.conf": OBSERVER_ACCOUNT, "pjsip_lab.conf": phoneEndpoints() },
      dialplan: `${OPERATOR_DIALPLAN}\n${OPERATOR_CONTEXTS}`,
      signalbox: false,
    });
    undo.push(() => world.stop());
    const variables = join(folder, "var");
    const start = () => startSignalbox({ config, variables, env: world.env });
    let node = await start();
    undo.push(() => node.stop());
    const store = createSlotStore(redis.url, { log: pino({ level: "silent" }) });
    undo.push(() => store.close());
    const observer = await observe(OUT_AT.ami);
    undo.push(() => observer.stop());
    await waitFor("the slot store", () => (store.health().state === "ready" ? true : undefined), 20_000);
    return {
      world,
      variables,
      replaceNode: async () => {
        node.child.kill("SIGKILL");
        await node.child.exited;
        node = await start();
        await node.event("switch.up");
        await waitFor("the node to be ready", isReady, 10_000, 50);
      },
      observer,
      stop,
      ...views(() => node, observer, store),
      dial: dialler(folder),
      arrivals: watchArrivals(world.asterisk.folder).all,
      probed: async (trunk, reachable) => {
        const shown = await world.asterisk.cli(`pjsip show aor ${trunk}`);
        return shown.includes(reachable ? " Avail " : " Unavail ") || undefined;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** With its switch, its slots and its records: before that it refuses calls that it knows too little of. */
async function isReady(): Promise<true | undefined> {
  const answer = await fetch(`http://${OUT_AT.http}/readyz`).catch(() => null);
  return answer?.ok || undefined;
}

function views(
  node: () => SignalboxProcess,
  observer: Observer,
  store: SlotStore,
): Pick<OutboundWorld, "slots" | "onTrunks" | "quiet" | "refusals"> {
  const slots = async () => (await store.snapshot()).slots;
  let from: SignalboxProcess | null = null;
  let told = 0;
  return {
    slots,
    onTrunks: async () => ({
      slots: countBy((await slots()).map(({ trunk }) => trunk)),
      legs: countBy(
        (await observer.live())
          .map(({ channel }) => endpointOfChannel(channel) ?? "")
          .filter((endpoint) => endpoint in CARRIERS),
      ),
    }),
    quiet: async () => {
      await observer.silence();
      await waitFor(
        "the end of every slot",
        async () => ((await slots()).length === 0 ? true : undefined),
        3000,
        50,
      );
    },
    refusals: () => {
      if (from !== node()) told = 0;
      from = node();
      const all = from.log().filter(({ event }) => event === "call.refused");
      const fresh = all.slice(told).map(({ reason }) => String(reason));
      told = all.length;
      return fresh;
    },
  };
}

function dialler(folder: string): OutboundWorld["dial"] {
  const artefacts = join(folder, "sipp");
  mkdirSync(artefacts, { recursive: true });
  return (from, number, scenario, more = {}) =>
    runSipp({
      scenario,
      service: number,
      remote: OUT_AT.sip,
      localIp: from in CARRIERS ? CARRIERS[from as CarrierName] : PHONES[from as PhoneName].ip,
      artefacts,
      deadlineMs: 60_000,
      ...more,
    });
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
