// What happens to a machine: its disk is full, its clock jumps, its network parts.
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cable } from "../apart.ts";
import type { Floor } from "../floor.ts";
import type { NodeName } from "../floor-configuration.ts";
import type { Fault } from "./fault.ts";
import { apart, ownClock, smallDisk } from "./floors.ts";

const HOUR = 3600;

/** Fills the file system to the last byte. */
export function fillDisk(file: string): void {
  for (const bytes of [65_536, 4096, 1]) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}

const clock = (name: string, says: string, seconds: number): Fault => ({
  name,
  says,
  floor: ownClock,
  seconds: 10,
  strike: async (floor) => {
    floor.nodes.setClock("one", seconds);
    await sleep(5000);
    floor.nodes.setClock("one", 0);
    await sleep(3000);
    return [];
  },
});

type End = readonly [NodeName, Cable];

const pulled = (name: string, says: string, of: (floor: Floor) => Promise<readonly End[]>): Fault => ({
  name,
  says,
  floor: apart,
  seconds: 8,
  strike: async (floor) => {
    const ends = await of(floor);
    for (const [node, cable] of ends) await floor.apart.pull(node, cable);
    await sleep(6000);
    for (const [node, cable] of ends) await floor.apart.plug(node, cable);
    return [];
  },
});

export const onMachine: readonly Fault[] = [
  {
    name: "disk-full",
    says: "not a byte is left on the node's disk for 5 s",
    floor: smallDisk,
    seconds: 6,
    strike: async (floor) => {
      const filler = join(floor.folder, "var/filler");
      fillDisk(filler);
      await sleep(5000);
      rmSync(filler);
      return [];
    },
  },
  clock("clock-ahead", "Signalbox's clock jumps an hour ahead for 5 s, then back", HOUR),
  clock("clock-back", "Signalbox's clock jumps an hour back for 5 s, then ahead", -HOUR),
  pulled("network-one-from-redis", "one of two nodes is cut from Redis for 6 s", async () => [
    ["one", "redis"],
  ]),
  pulled("network-both-from-redis", "both nodes are cut from Redis for 6 s", async () => [
    ["one", "redis"],
    ["two", "redis"],
  ]),
  pulled("network-one-from-switch", "one of two nodes is cut from the switch for 6 s", async () => [
    ["one", "switch"],
  ]),
  pulled(
    "network-listener-from-switch",
    "the node that listens is cut from the switch for 6 s",
    async (floor) => [[await floor.listener(), "switch"]],
  ),
  pulled(
    "network-other-from-switch",
    "the node that does not listen is cut from the switch for 6 s",
    async (floor) => [[(await floor.listener()) === "one" ? "two" : "one", "switch"]],
  ),
];
