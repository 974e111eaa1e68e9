// Faults at random moments, drawn from a seed: parts die or stand still for a while, with calls up and calls coming.
import { setTimeout as sleep } from "node:timers/promises";
import type { Part } from "../floor-options.ts";
import { randomOf } from "../random.ts";
import type { Fault, FloorKind } from "./fault.ts";
import { direct, pair } from "./floors.ts";

export type Kill = {
  readonly part: Part;
  readonly how: "kill" | "stop";
  /** Milliseconds after the calls began, and until the part is back. */
  readonly after: number;
  readonly away: number;
};

type Parts = readonly [Part, ...Part[]];

/** One node by itself; two with the database that they share. */
const ALONE: Parts = ["signalbox", "signalbox", "redis", "redis", "asterisk"];
const TOGETHER: Parts = ["signalbox", "second", "redis", "mariadb", "asterisk"];

/** The same seed draws the same kills. */
export function drawKills(seed: number, count: number, parts: Parts = ALONE): Kill[] {
  const random = randomOf(seed);
  const pick = <T>(list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0];
  return Array.from({ length: count }, () => {
    const part = pick<Part>(parts);
    const how = part === "asterisk" ? "kill" : pick<"kill" | "stop">(["kill", "kill", "stop"]);
    const away = how === "stop" ? 500 + random() * 4500 : random() * 2500;
    return { part, how, after: Math.round(500 + random() * 3500), away: Math.round(away) };
  });
}

/** Half of them against a node by itself, half against two. */
export function killsOf(seed: number, count: number): readonly Fault[] {
  const together = Math.floor(count / 2);
  return [
    ...drawKills(seed, count - together).map((kill) => faultOf(kill, direct)),
    ...drawKills(seed, together, TOGETHER).map((kill) => faultOf(kill, pair)),
  ];
}

function faultOf({ part, how, after, away }: Kill, floor: FloorKind): Fault {
  return {
    name: `${how} ${part}${floor === pair ? ", two nodes" : ""}`,
    says: `${how === "kill" ? "kill -9" : "SIGSTOP"} of ${part} for ${away} ms, ${after} ms into the calls`,
    floor,
    seconds: Math.ceil((after + away) / 1000) + 2,
    ...(part === "asterisk" ? { endsCalls: true } : {}),
    strike: async (here) => {
      await sleep(after);
      if (how === "kill") await here.kill(part);
      else here.signal(part, "SIGSTOP");
      await sleep(away);
      if (how === "kill") await here.startPart(part);
      else here.signal(part, "SIGCONT");
      return [];
    },
  };
}
