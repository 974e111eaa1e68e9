// One SIPp process from start to result: its folder, its end, its verdict. It takes no exit code for an answer:
// a run is good only if the counters say so too.
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endsWithUs } from "../lab/ending.ts";
import { type Agent, checkOptions, FILES, prepareAgent } from "./arguments.ts";
import { readMessages, type TracedMessage } from "./messages.ts";
import { SippError, type SippOptions } from "./options.ts";
import { freePort, isBound } from "./ports.ts";
import { type Counters, type Percentiles, readCounters, readPercentiles } from "./statistics.ts";

export interface SippResult extends Counters {
  readonly name: string;
  /** Good exit, nothing failed or cut off and, where `calls` was given, that many succeeded. */
  readonly ok: boolean;
  /** Null when a signal ended SIPp. */
  readonly exitCode: number | null;
  /** Response times in milliseconds (1 ms steps); null for an agent that measured none. */
  readonly rtt: Percentiles | null;
  /** Every SIP message of this agent; empty with `traceMessages: false`. */
  readonly messages: readonly TracedMessage[];
  /** What went wrong, for people; empty when `ok`. */
  readonly problem: string;
  /** The artefacts: there if not `ok` or `keep`. */
  readonly folder: string;
}

export interface SippRun {
  readonly name: string;
  readonly pid: number;
  readonly localIp: string;
  readonly localPort: number;
  readonly folder: string;
  /** Settles when SIPp listens; rejects with SippError when it ends before. */
  readonly ready: Promise<void>;
  /** Never rejects: a run that went wrong is a result that is not `ok`. */
  readonly done: Promise<SippResult>;
  /** Ends it: lets calls in progress finish for `graceMs` (default 2000), then ends them. */
  stop(graceMs?: number): Promise<SippResult>;
}

const KILL_AFTER_MS = 1000;
const READY_WITHIN_MS = 10_000;
const PORT_IN_USE = 254;
const MOST_TRIES = 5;

/** One process; where somebody took its ports between the look and the use, another one follows on others. */
type Attempt = { readonly agent: Agent; readonly child: ChildProcess; readonly exit: Promise<number | null> };

/** Starts one agent. Throws SippError at once for options, a missing scenario or a missing program. */
export function startSipp(options: SippOptions): SippRun {
  checkOptions(options);
  const program = findProgram(options.program ?? "sipp");
  const folder = makeFolder(options);
  let attempt = launch(program, options, folder);
  let stopped = false;
  const toTheEnd = async (): Promise<SippResult> => {
    for (let tries = 1; ; tries += 1) {
      const exitCode = await attempt.exit;
      const taken = exitCode === PORT_IN_USE && options.localPort === undefined;
      if (!taken || stopped || tries === MOST_TRIES)
        return conclude(attempt.agent, options, folder, exitCode);
      rmSync(join(folder, FILES.errors), { force: true });
      attempt = launch(program, options, folder);
    }
  };
  const done = toTheEnd();
  const ready = waitUntilBound(() => attempt, done);
  ready.catch(() => {});
  return {
    ...{ name: attempt.agent.name, localIp: attempt.agent.localIp, folder, ready, done },
    get pid() {
      return attempt.child.pid ?? 0;
    },
    get localPort() {
      return attempt.agent.localPort;
    },
    stop(graceMs = 2000) {
      stopped = true;
      return stop(attempt.child, done, graceMs);
    },
  };
}

function launch(program: string, options: SippOptions, folder: string): Attempt {
  const ip = options.localIp ?? "127.0.0.1";
  const localPort = options.localPort ?? freePort(ip, 1);
  const mediaPort = options.mediaPort ?? freePort(ip, 4);
  const mute = !mayReplay();
  const agent = prepareAgent(options, folder, { localPort, mediaPort, mute });
  if (agent.playsMedia && mute) {
    rmSync(folder, { recursive: true, force: true });
    const message = "SIPp needs a raw socket to press keys: run this as root or with the capability NET_RAW";
    throw new SippError("SIPP_NEEDS_ROOT", message);
  }
  writeFileSync(join(folder, FILES.command), `${[program, ...agent.args].map(quoted).join(" ")}\n`);
  const screen = openSync(join(folder, FILES.screen), "w");
  const child = spawn(program, agent.args, { cwd: folder, stdio: ["ignore", screen, screen] });
  closeSync(screen);
  const letGo = child.pid === undefined ? () => {} : endsWithUs(child.pid);
  const exit = ended(child).then((exitCode) => {
    letGo();
    return exitCode;
  });
  return { agent, child, exit };
}

/** Runs one agent to its end. */
export function runSipp(options: SippOptions): Promise<SippResult> {
  return startSipp(options).done;
}

/** The result, if it is good; throws SippError SIPP_FAILED with the counters and the last error lines if not. */
export function expectOk(result: SippResult): SippResult {
  if (!result.ok) throw new SippError("SIPP_FAILED", result.problem);
  return result;
}

async function stop(child: ChildProcess, done: Promise<SippResult>, graceMs: number): Promise<SippResult> {
  const within = (ms: number) => Promise.race([done.then(() => true), sleep(ms, false, { ref: false })]);
  child.kill("SIGUSR1");
  if (await within(graceMs)) return done;
  child.kill("SIGTERM");
  if (await within(KILL_AFTER_MS)) return done;
  child.kill("SIGKILL");
  return done;
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", (code) => resolve(code));
  });
}

async function waitUntilBound(current: () => Attempt, done: Promise<SippResult>): Promise<void> {
  const started = Date.now();
  let result: SippResult | null = null;
  void done.then((its) => {
    result = its;
  });
  while (result === null && Date.now() - started < READY_WITHIN_MS) {
    const { agent, child } = current();
    if (runs(child) && existsSync(`/proc/${child.pid}`) && isBound(agent.localIp, agent.localPort)) {
      // A port that somebody else holds looks bound too: SIPp gives up on it within this time.
      await sleep(50);
      if (runs(child)) return;
    }
    await sleep(10);
  }
  if (runs(current().child)) {
    const { name } = current().agent;
    throw new SippError("SIPP_ENDED", `${name} did not listen within ${READY_WITHIN_MS / 1000} s`);
  }
  const { exitCode, problem, ok } = await done;
  if (!ok) throw new SippError(exitCode === PORT_IN_USE ? "SIPP_PORT_IN_USE" : "SIPP_ENDED", problem);
}

function runs(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function conclude(agent: Agent, options: SippOptions, folder: string, exitCode: number | null): SippResult {
  const read = (file: string | undefined) => {
    const path = file === undefined ? "" : join(folder, file);
    return path !== "" && existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  const counters = readCounters(read(FILES.statistics));
  const none: Counters = {
    created: 0,
    successful: 0,
    failed: 0,
    answered: 0,
    unfinished: 0,
    retransmissions: 0,
    failures: {},
  };
  const counts = counters ?? none;
  const enough = options.calls === undefined || counts.successful >= options.calls;
  const ok = exitCode === 0 && counters !== null && counts.failed + counts.unfinished === 0 && enough;
  const problem = ok
    ? ""
    : explain(agent, exitCode, counts, read(FILES.errors) || read(FILES.screen), folder);
  const rtt = readPercentiles(read(readdirSync(folder).find((file) => file.endsWith("_rtt.csv"))));
  const messages = readMessages(read(FILES.messages));
  if (ok && !options.keep) rmSync(folder, { recursive: true, force: true });
  return { ...counts, name: agent.name, ok, exitCode, rtt, messages, problem, folder };
}

function explain(
  agent: Agent,
  exitCode: number | null,
  counts: Counters,
  errors: string,
  folder: string,
): string {
  const where = `${agent.localIp}:${agent.localPort}`;
  const head =
    exitCode === PORT_IN_USE
      ? `${agent.name}: ${where} is in use: end what holds it or choose another local port`
      : exitCode === 255
        ? `${agent.name} on ${where} was not done within its deadline`
        : `${agent.name} on ${where} ended with ${exitCode === null ? "a signal" : `exit code ${exitCode}`}`;
  const reasons = Object.entries(counts.failures)
    .map(([name, count]) => `, ${name} ${count}`)
    .join("");
  return [
    head,
    `calls: ${counts.created} created, ${counts.successful} successful, ${counts.failed} failed, ${counts.unfinished} cut off${reasons}`,
    ...errorLines(errors),
    `artefacts: ${folder}`,
  ].join("\n");
}

/** The first and the last lines: the first says what was not expected, before the whole message that was it. */
function errorLines(errors: string): readonly string[] {
  const lines = errors.trim().split("\n");
  return lines.length <= 12 ? lines : [...lines.slice(0, 4), "…", ...lines.slice(-8)];
}

function findProgram(program: string): string {
  const folders = program.includes("/") ? [""] : (process.env.PATH ?? "").split(":");
  const found = folders.map((folder) => (folder === "" ? program : join(folder, program))).find(existsSync);
  if (found !== undefined) return found;
  throw new SippError(
    "SIPP_MISSING",
    `${program} is not there: install SIPp (Debian: apt-get install sip-tester)`,
  );
}

/** Whether a child of ours may open the raw socket that SIPp replays captures with. */
function mayReplay(): boolean {
  const CAP_NET_RAW = 13n;
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${effective}`) >> CAP_NET_RAW) & 1n) === 1n;
}

function makeFolder(options: SippOptions): string {
  const name = options.name ?? (typeof options.scenario === "string" ? "file" : options.scenario.name);
  const parent = options.artefacts ?? join(tmpdir(), `signalbox-sipp-${process.getuid?.() ?? 0}`);
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, `${name.replace(/[^A-Za-z0-9-]/g, "-")}-`));
}

function quoted(word: string): string {
  return /^[\w./:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
