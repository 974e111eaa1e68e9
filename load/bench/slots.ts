// The slot store against the bare counter that others use: in the process, on Redis from one node, from two. A counter
// knows no lease, no reserve and no second look; what that costs is the ratio.
import { join } from "node:path";
import { startRedis } from "../lab/redis.ts";
import { type Bench, type BenchContext, type Finding, judge, ratio, sized, spread } from "./finding.ts";
import type { SlotsRun, SlotsRunFigures } from "./slots-worker.ts";
import { startWorker, type Worker } from "./worker.ts";

const PAIRS = 20_000;
const AT_ONCE = 50;
const KINDS = [
  "memory",
  "redis",
  "redis, two nodes",
  "INCR/DECR",
  "INCR/DECR, two nodes",
  "scripts that only count",
  "scripts that only count, two nodes",
] as const;
type Kind = (typeof KINDS)[number];
type Round = { readonly perSecond: number; readonly p99: number };

export const slotsBench: Bench = {
  name: "slots",
  says: "acquire and release: memory, Redis from one node and two, INCR and DECR, bare and in scripts",
  run: async (context) => {
    const redis = await startRedis({ folder: join(context.folder, "redis"), port: context.ports + 70 });
    const workers: Worker[] = [];
    const start = async (kind: string, url: string, core: number): Promise<Worker> => {
      const worker = await startWorker("slots-worker.ts", [kind, url], core);
      workers.push(worker);
      return worker;
    };
    try {
      const memory = await start("memory", "memory", 0);
      const nodes = [await start("redis", redis.url, 0), await start("redis", redis.url, 1)];
      const counters = [await start("incr", redis.url, 0), await start("incr", redis.url, 1)];
      const scripts = [await start("script", redis.url, 0), await start("script", redis.url, 1)];
      const sides: Record<Kind, readonly Worker[]> = {
        memory: [memory],
        redis: nodes.slice(0, 1),
        "redis, two nodes": nodes,
        "INCR/DECR": counters.slice(0, 1),
        "INCR/DECR, two nodes": counters,
        "scripts that only count": scripts.slice(0, 1),
        "scripts that only count, two nodes": scripts,
      };
      const rounds = await measure(sides, context);
      return { findings: findingsOf(rounds), figures: { atOnce: AT_ONCE, rounds } };
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
      await redis.stop();
    }
  },
};

async function measure(
  sides: Record<Kind, readonly Worker[]>,
  { rounds, size, say }: BenchContext,
): Promise<Record<Kind, Round[]>> {
  const found = Object.fromEntries(KINDS.map((kind) => [kind, [] as Round[]])) as Record<Kind, Round[]>;
  for (let round = -1; round < rounds; round++) {
    say(round < 0 ? "warming up" : `round ${round + 1} of ${rounds}`);
    for (const kind of KINDS) {
      const workers = sides[kind];
      const run: SlotsRun = {
        pairs: Math.round(sized(PAIRS, size) / workers.length),
        atOnce: Math.round(AT_ONCE / workers.length),
      };
      const figures = await Promise.all(workers.map((worker) => worker.ask<SlotsRunFigures>(run)));
      const bad = figures.reduce((sum, each) => sum + each.bad, 0);
      if (bad > 0) throw new Error(`${kind}: ${bad} pairs were refused`);
      const seconds = Math.max(...figures.map((each) => each.seconds));
      const p99 = Math.max(...figures.map((each) => each.p99));
      if (round >= 0) found[kind].push({ perSecond: (run.pairs * workers.length) / seconds, p99 });
    }
  }
  return found;
}

function findingsOf(rounds: Record<Kind, Round[]>): Finding[] {
  const bench = "slots";
  const rate = (kind: Kind) => rounds[kind].map(({ perSecond }) => perSecond);
  const whole =
    "what is asked in one turn goes in one script, yet each weighs caps, pool, reserves and rates and writes record, lease and tombstone; a counter adds one";
  const rows = KINDS.flatMap((kind) => [
    judge({ bench, what: `${kind}: pairs/s`, spread: spread(rate(kind)), digits: 0, ifMissed: "" }),
    judge({
      bench,
      what: `${kind}: p99 of a pair`,
      spread: spread(rounds[kind].map(({ p99 }) => p99)),
      unit: " ms",
      ifMissed: "",
    }),
  ]);
  const held = (what: string, ours: Kind, theirs: Kind) =>
    judge({ bench, what, spread: ratio(rate(ours), rate(theirs)), atLeast: 0.75, ifMissed: whole });
  const note = "a script for each step that does nothing else";
  const beside = (what: string, ours: Kind, theirs: Kind) =>
    judge({ bench, what, spread: ratio(rate(ours), rate(theirs)), ifMissed: "", note });
  return [
    ...rows,
    held("Redis ÷ INCR/DECR", "redis", "INCR/DECR"),
    held("Redis ÷ INCR/DECR, two nodes", "redis, two nodes", "INCR/DECR, two nodes"),
    beside("scripts that only count ÷ INCR/DECR", "scripts that only count", "INCR/DECR"),
    beside(
      "scripts that only count ÷ INCR/DECR, two nodes",
      "scripts that only count, two nodes",
      "INCR/DECR, two nodes",
    ),
  ];
}
