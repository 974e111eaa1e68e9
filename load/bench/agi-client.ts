// Plays Asterisk towards a FastAGI service, in a process of its own. Each message it gets is one run; the answer tells
// how it went. A session that carries another number of commands than it should is bad, and a bad one spoils the run.
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { percentiles } from "../sipp/statistics.ts";
import { officeDid } from "./office.ts";
import { answerAll } from "./worker.ts";

export type AgiRun = {
  readonly port: number;
  readonly sessions: number;
  /** Commands that each session has to carry. */
  readonly commands: number;
  /** So many at once, each followed by the next; or, with `perSecond`, at a fixed rate whatever comes back. */
  readonly atOnce: number;
  readonly perSecond?: number;
};

export type AgiRunFigures = {
  readonly sessions: number;
  readonly bad: number;
  readonly seconds: number;
  /** This process' own share of one core: from 0.9 on it is what limits the rate. */
  readonly clientBusy: number;
  /** Milliseconds; at a fixed rate from the moment a session was due. */
  readonly p50: number;
  readonly p99: number;
};

let called = 0;

function header(): string {
  called += 1;
  return [
    "agi_network: yes",
    "agi_network_script: inbound?server=ast1",
    "agi_request: agi://127.0.0.1:4573/inbound?server=ast1",
    `agi_channel: PJSIP/pool_a-${called.toString(16).padStart(8, "0")}`,
    "agi_language: en",
    "agi_type: PJSIP",
    `agi_uniqueid: 1795302581.${called}`,
    "agi_version: 22.10.1",
    `agi_callerid: +1415555${String(called % 10_000).padStart(4, "0")}`,
    "agi_calleridname: unknown",
    "agi_callingpres: 0",
    "agi_callingani2: 0",
    "agi_callington: 0",
    "agi_callingtns: 0",
    "agi_dnid: unknown",
    "agi_rdnis: unknown",
    "agi_context: sb-step",
    `agi_extension: ${officeDid(called * 7)}`,
    "agi_priority: 6",
    "agi_enhanced: 0.0",
    "agi_accountcode: ",
    "agi_threadid: 140063263258304",
    "agi_arg_1: ",
    "",
    "",
  ].join("\n");
}

/** Resolves when the service has closed, true if it sent what it should. */
function session({ port, commands }: AgiRun): Promise<boolean> {
  return new Promise((resolve) => {
    let seen = 0;
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("connect", () => socket.write(header(), "latin1"));
    socket.on("data", (chunk) => {
      for (const byte of chunk) if (byte === 10) seen += 1;
      socket.write("200 result=0\n", "latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(seen === commands));
  });
}

async function run(asked: AgiRun): Promise<AgiRunFigures> {
  const times: number[] = [];
  let bad = 0;
  const one = async (since: number): Promise<void> => {
    if (!(await session(asked))) bad += 1;
    times.push(performance.now() - since);
  };
  const start = performance.now();
  const cpu = process.cpuUsage();
  await (asked.perSecond === undefined ? closed(asked, one) : open(asked, asked.perSecond, one));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const found = percentiles(times);
  return {
    sessions: times.length,
    bad,
    seconds,
    clientBusy: (user + system) / 1e6 / seconds,
    p50: found?.p50 ?? 0,
    p99: found?.p99 ?? 0,
  };
}

async function closed({ sessions, atOnce }: AgiRun, one: (since: number) => Promise<void>): Promise<void> {
  let begun = 0;
  const line = async (): Promise<void> => {
    while (begun < sessions) {
      begun += 1;
      await one(performance.now());
    }
  };
  await Promise.all(Array.from({ length: atOnce }, line));
}

async function open(
  { sessions }: AgiRun,
  perSecond: number,
  one: (since: number) => Promise<void>,
): Promise<void> {
  const start = performance.now();
  const all: Promise<void>[] = [];
  while (all.length < sessions) {
    const due = start + (all.length * 1000) / perSecond;
    if (performance.now() < due) await sleep(1);
    else all.push(one(due));
  }
  await Promise.all(all);
}

answerAll(run);
