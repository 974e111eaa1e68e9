// What one AGI step costs a real Asterisk: one channel goes round a loop of the dialplan, with each service in turn, and
// round again. The empty loop is taken off everything.
import { join } from "node:path";
import { startWorld } from "../lab/world.ts";
import { caller, expectOk, runSipp } from "../sipp-runner.ts";
import { type Mark, startMarks } from "./agi-marks.ts";
import { type Bench, type Finding, judge, ratio, sized, spread } from "./finding.ts";
import { OFFICE_CARRIER, officeDid, QUIET_LOG, writeOffice } from "./office.ts";
import { startWorker, type Worker } from "./worker.ts";

const STEPS = 400;
const SERVICES = ["signalbox", "one-command", "six-commands", "none", "ding-dong"] as const;
const KINDS = ["loop", ...SERVICES, "group-count"] as const;
type Kind = (typeof KINDS)[number];

const NUMBER = officeDid(0);

export const stepBench: Bench = {
  name: "step",
  says: "ms per AGI step in a dialplan loop on real Asterisk 22",
  run: async ({ folder, ports, rounds, size, say }) => {
    const config = join(folder, "config");
    const at = (nth: number) => `127.0.0.1:${ports + nth}`;
    writeOffice(config, { fastagi: at(20), http: at(21), ami: at(22) }, "{ingroup: APEX_INBOUND}");
    const workers: Worker[] = [];
    const marks = await startMarks(ports + 23, (name) => name === "end" || say(name));
    const steps = sized(STEPS, size);
    const loop = dialplan({ ports, steps, rounds: rounds + 1 });
    const [sip, rtpStart, rtpEnd] = [at(24), ports + 30, ports + 49];
    // No node: the number's static fallback leads into the loop, so no step but those of the loop is made.
    const world = await startWorld({
      ...{ config, folder, sip, rtpStart, rtpEnd },
      version: "22",
      dialplan: loop,
      files: QUIET_LOG,
      signalbox: false,
    });
    try {
      for (const [nth, name] of SERVICES.entries()) {
        workers.push(await startWorker("agi-peer.ts", [name, String(ports + nth), config], 1));
      }
      say(`${rounds + 1} rounds of ${steps} steps with each service; the first round is thrown away`);
      const scenario = caller({ waitForByeMs: 900_000 });
      const call = { scenario, remote: sip, localIp: OFFICE_CARRIER, service: NUMBER, deadlineMs: 900_000 };
      expectOk(await runSipp(call));
      // A service that has ended is refused at once, which looks fast.
      for (const worker of workers) await worker.ask({});
      const found = timesOf(marks.marks, steps);
      return { findings: findingsOf(found), figures: { asterisk: world.asterisk.version, steps, ms: found } };
    } finally {
      await Promise.all([...workers.map((worker) => worker.stop()), marks.close(), world.stop()]);
    }
  },
};

type Loop = { readonly ports: number; readonly steps: number; readonly rounds: number };

function dialplan({ ports, steps, rounds }: Loop): string {
  const mark = (name: string) => ` same => n,AGI(agi://127.0.0.1:${ports + 23}/${name})`;
  const parts = KINDS.flatMap((kind) => [
    mark(kind),
    " same => n,Set(TURN=0)",
    ` same => n(${kind}),Set(TURN=$[\${TURN} + 1])`,
    ...stepOf(kind, ports).map((application) => ` same => n,${application}`),
    ` same => n,GotoIf($[\${TURN} < ${steps}]?${kind})`,
    mark("end"),
  ]);
  return [
    "[signalbox-ingroup]",
    `exten => _[A-Z]!,1,Answer()\n same => n,Goto(bench,${NUMBER},1)`,
    "[bench]",
    `exten => ${NUMBER},1,Set(ROUND=0)`,
    " same => n(round),Set(ROUND=$[${ROUND} + 1])",
    ...parts,
    ` same => n,GotoIf($[\${ROUND} < ${rounds}]?round)`,
    " same => n,Hangup(16)",
    "",
  ].join("\n");
}

function stepOf(kind: Kind, ports: number): string[] {
  if (kind === "loop") return [];
  if (kind === "group-count") {
    return ["Set(GROUP()=apex)", "Set(SB_FULL=$[${GROUP_COUNT(apex)} > 100])"];
  }
  return [`AGI(agi://127.0.0.1:${ports + SERVICES.indexOf(kind)}/inbound?server=ast1,,,,)`];
}

/** Milliseconds of one step, a figure a round; the empty loop is taken off. */
function timesOf(marks: readonly Mark[], steps: number): Record<Kind, number[]> {
  const raw = new Map<string, number[]>(KINDS.map((kind) => [kind, []]));
  for (const [nth, { name, at }] of marks.entries()) {
    const next = marks[nth + 1];
    if (next?.name === "end") raw.get(name)?.push((next.at - at) / steps);
  }
  const empty = raw.get("loop") ?? [];
  const of = (kind: Kind) =>
    (raw.get(kind) ?? []).map((ms, round) => ms - (kind === "loop" ? 0 : (empty[round] ?? 0))).slice(1);
  return Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])) as Record<Kind, number[]>;
}

function findingsOf(ms: Record<Kind, number[]>): Finding[] {
  const bench = "step";
  const unit = " ms";
  const cores = "Asterisk, the service and SIPp share the cores of this machine";
  const plain = KINDS.filter((kind) => kind !== "signalbox").map((kind) =>
    judge({ bench, what: `${kind}, a turn`, spread: spread(ms[kind]), digits: 3, unit, ifMissed: "" }),
  );
  return [
    ...plain,
    judge({
      bench,
      what: "signalbox, a step",
      spread: spread(ms.signalbox),
      ...{ digits: 3, unit, atMost: 0.5 },
      ifMissed: `${cores}; of the step most is connecting and one round trip, see one-command`,
    }),
    judge({
      bench,
      what: "signalbox ÷ a FastAGI that sends no command",
      spread: ratio(ms.signalbox, ms.none),
      atMost: 2.7,
      ifMissed: `one round trip alone costs one-command's share; ${cores}`,
    }),
    judge({
      bench,
      what: "signalbox ÷ ding-dong's six commands",
      spread: ratio(ms.signalbox, ms["ding-dong"]),
      atMost: 1,
      ifMissed: "one command and the decision took longer than six commands",
    }),
  ];
}
