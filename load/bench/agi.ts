// FastAGI sessions, side by side: ours with its whole decision and a slot, and in a node that also keeps its call
// records, against services without any logic and against ding-dong. One client for all, rounds interleaved, service
// and client on cores of their own.

import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { AgiRun, AgiRunFigures } from "./agi-client.ts";
import { type Service, startBound, startNode, startPeer } from "./agi-services.ts";
import { type Bench, type BenchContext, type Finding, judge, ratio, sized, spread } from "./finding.ts";
import { writeOffice } from "./office.ts";
import { startWorker, type Worker } from "./worker.ts";

/** Commands of a session of each. */
const PEERS = {
  signalbox: 1,
  "signalbox serve": 1,
  "six-commands in C": 6,
  "one-command": 1,
  "six-commands": 6,
  none: 0,
  "ding-dong": 6,
} as const;
type Peer = keyof typeof PEERS;
const NAMES = Object.keys(PEERS) as Peer[];

const SESSIONS = 5000;
const WARMING = 20_000;
const AT_ONCE = 50;
const CALLS_ON = 1000;
const PER_SECOND = 200;
const CLIENT_LIMITS_FROM = 0.9;

type Round = AgiRunFigures & {
  readonly perSecond: number;
  /** CPU microseconds of the service for each session. */
  readonly cpuUs: number;
  /** Sessions a second that one core of the service could carry, by its CPU. */
  readonly perCore: number;
  readonly serverBusy: number;
  readonly rssMb: number;
  readonly latency: { readonly p50: number; readonly p99: number };
};

export const agiBench: Bench = {
  name: "agi",
  says: "FastAGI sessions: ours, bare responders, ding-dong",
  run: async (context) => {
    const config = join(context.folder, "config");
    const at = (nth: number) => `127.0.0.1:${context.ports + nth}`;
    const place = { fastagi: at(NAMES.indexOf("signalbox serve")), http: at(18), ami: at(19) };
    writeOffice(config, place, "{ingroup: APEX_INBOUND}");
    const client = await startWorker("agi-client.ts", [], 0);
    const services = await startServices(context, config);
    try {
      const rssMb = await withCalls(client, services.get("signalbox serve"), context);
      const rounds = await measure(client, services, context);
      return { findings: [...findingsOf(rounds), memoryOf(rssMb)], figures: { rssMb, rounds } };
    } finally {
      await Promise.all([client, ...services.values()].map((each) => each.stop()));
    }
  },
};

async function startServices({ ports, folder }: BenchContext, config: string): Promise<Map<Peer, Service>> {
  const services = new Map<Peer, Service>();
  for (const [nth, name] of NAMES.entries()) services.set(name, await start(name, ports + nth));
  return services;

  function start(name: Peer, port: number): Promise<Service> {
    if (name === "signalbox serve") return startNode(port, config, join(folder, "var"));
    return name === "six-commands in C" ? startBound(port, folder) : startPeer(name, port, config);
  }
}

/** The node's memory once so many calls are on: they have come at a busy switch's pace, and none has ended. */
async function withCalls(client: Worker, node: Service | undefined, { say }: BenchContext): Promise<number> {
  say(`${CALLS_ON} calls of a node that has just started`);
  const run = { port: node?.port ?? 0, commands: 1, sessions: CALLS_ON, atOnce: 1, perSecond: 100 };
  const { bad } = await client.ask<AgiRunFigures>(run);
  const { rssMb } = (await node?.usage()) ?? { rssMb: Number.NaN };
  if (bad > 0 || Number.isNaN(rssMb))
    throw new Error(`signalbox serve: ${bad} of ${CALLS_ON} sessions went wrong`);
  return rssMb;
}

function memoryOf(rssMb: number): Finding {
  return judge({
    bench: "agi",
    what: "memory of signalbox serve with 1,000 calls on",
    spread: spread([rssMb]),
    ...{ digits: 0, unit: " MB", atMost: 150 },
    ifMissed:
      "66 MB are Node's own program, as the kernel counts what is mapped; 50 MB are heaps of JavaScript (calls, the local file of records, recordings: a thread each), the rest is what Node, its compilers and SQLite allocate beside them",
  });
}

async function measure(
  client: Worker,
  services: ReadonlyMap<Peer, Service>,
  { rounds, size, say }: BenchContext,
): Promise<Record<Peer, Round[]>> {
  const found = Object.fromEntries(NAMES.map((name) => [name, [] as Round[]])) as Record<Peer, Round[]>;
  // The round before the first one warms every service up and is thrown away. It is a long one: after a few thousand
  // sessions Node still compiles, on the core that is measured, the more the more a service does.
  for (let round = -1; round < rounds; round++) {
    say(round < 0 ? "warming up" : `round ${round + 1} of ${rounds}`);
    for (const [name, service] of services) {
      const one = await measureOne(client, service, PEERS[name], sized(round < 0 ? WARMING : SESSIONS, size));
      if (one.bad > 0) throw new Error(`${name}: ${one.bad} of ${one.sessions} sessions went wrong`);
      if (round >= 0) found[name].push(one);
    }
  }
  return found;
}

async function measureOne(
  client: Worker,
  { port, usage }: Service,
  commands: number,
  sessions: number,
): Promise<Round> {
  const ask = (run: Partial<AgiRun>) =>
    client.ask<AgiRunFigures>({ port, commands, sessions, atOnce: AT_ONCE, ...run });
  const before = await usage();
  const figures = await ask({});
  const after = await usage();
  const fixed = await ask({ sessions: Math.max(20, sessions / 10), perSecond: PER_SECOND });
  const cpuUs = (after.cpuUs - before.cpuUs) / figures.sessions;
  return {
    ...figures,
    bad: figures.bad + fixed.bad,
    perSecond: figures.sessions / figures.seconds,
    cpuUs,
    perCore: 1e6 / cpuUs,
    serverBusy: (after.cpuUs - before.cpuUs) / 1e6 / figures.seconds,
    rssMb: after.rssMb,
    latency: { p50: fixed.p50, p99: fixed.p99 },
  };
}

function findingsOf(rounds: Record<Peer, Round[]>): Finding[] {
  const bench = "agi";
  const of = (name: Peer, field: (round: Round) => number) => rounds[name].map(field);
  const cpu = (round: Round) => round.cpuUs;
  const limited = rounds.signalbox.some(({ clientBusy }) => clientBusy >= CLIENT_LIMITS_FROM);
  const shared = availableParallelism() < 2;
  const whole =
    "ours also checks addresses and header limits, decides, takes and frees a slot, counts and writes a log line; bare node:net with one command shows what is left for that";
  return [
    ...NAMES.flatMap((name) => [
      judge({
        bench,
        what: `${name}: CPU of a session`,
        spread: spread(of(name, cpu)),
        digits: 0,
        unit: " µs",
        ifMissed: "",
      }),
      judge({
        bench,
        what: `${name}: p99 at ${PER_SECOND} sessions/s`,
        spread: spread(of(name, (round) => round.latency.p99)),
        unit: " ms",
        ifMissed: "",
      }),
    ]),
    judge({
      bench,
      what: "AGI commands of a decision",
      spread: spread([PEERS.signalbox]),
      digits: 0,
      atMost: 1,
      ifMissed: "",
      note: "counted by the client in every session",
    }),
    judge({
      bench,
      what: "CPU of a session ÷ six commands without logic, in C",
      spread: ratio(of("signalbox", cpu), of("six-commands in C", cpu)),
      atMost: 1.8,
      ifMissed: whole,
    }),
    judge({
      bench,
      what: "likewise of serve, which also writes down every call that is on",
      spread: ratio(of("signalbox serve", cpu), of("six-commands in C", cpu)),
      ifMissed: "",
      note: "no call ends here, so each session adds one that is kept",
    }),
    judge({
      bench,
      what: "sessions/s that one core carries ÷ ding-dong's",
      spread: ratio(
        of("signalbox", (round) => round.perCore),
        of("ding-dong", (round) => round.perCore),
      ),
      atLeast: 3,
      ifMissed: `ding-dong's side decides nothing; ${whole}`,
      note: shared ? "client and services share one core" : "",
    }),
    judge({
      bench,
      what: "sessions/s as seen ÷ ding-dong's",
      spread: ratio(
        of("signalbox", (round) => round.perSecond),
        of("ding-dong", (round) => round.perSecond),
      ),
      ifMissed: "",
      note: limited ? "the client was the limit, so this says little: see CPU" : "",
    }),
  ];
}
