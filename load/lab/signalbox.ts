// A Signalbox node as a child process, started the way an operator starts it.
import { mkdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { LabError } from "./lab-error.ts";
import { type Child, startChild } from "./processes.ts";

export type SignalboxProcess = {
  readonly child: Child;
  readonly pid: number;
  /** Log lines so far, parsed; lines that are no JSON are left out. */
  log(): readonly Readonly<Record<string, unknown>>[];
  /** The first log line, past or coming, of this event. */
  event(name: string, timeoutMs?: number): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
};

export type SignalboxOptions = {
  readonly config: string;
  readonly variables: string;
  readonly env: NodeJS.ProcessEnv;
  readonly node?: string;
  /** More arguments for `serve`. */
  readonly args?: readonly string[];
  /** What runs the command, such as nsenter for a network of its own; MUST keep the process id. */
  readonly through?: readonly string[];
};

/** Seconds on a machine that does nothing else; two that start together on one that is starved took over thirty. */
const START_MS = 90_000;
const LAUNCHER = resolve(import.meta.dirname, "../../bin/signalbox");
const UNIT = resolve(import.meta.dirname, "../../docs/operations/signalbox.service");

/** What the launcher gives Node, for a program that measures what runs in a node. */
export function launcherFlags(): string[] {
  const flags = /^flags="(.+)"$/m.exec(readFileSync(LAUNCHER, "utf8"))?.[1];
  if (flags === undefined) throw new LabError("no_launcher_flags", `${LAUNCHER} has no line flags="…"`);
  return flags.split(" ");
}

/** The environment in which the node's unit lets it go before the rest of the machine. */
export function asItsUnit(): { readonly SIGNALBOX_NICE: string } {
  const niceness = /^Environment=SIGNALBOX_NICE=(.+)$/m.exec(readFileSync(UNIT, "utf8"))?.[1];
  if (niceness === undefined) throw new LabError("no_niceness", `${UNIT} has no SIGNALBOX_NICE`);
  return { SIGNALBOX_NICE: niceness };
}

/** Starts a node and waits until it decides calls. Rejects with LabError `signalbox_failed` and its log. */
export async function startSignalbox(options: SignalboxOptions): Promise<SignalboxProcess> {
  mkdirSync(options.variables, { recursive: true });
  const [command = LAUNCHER, ...before] = [...(options.through ?? []), LAUNCHER];
  const child = await startChild({
    name: "signalbox",
    command,
    args: [
      ...before,
      "serve",
      "--config",
      resolve(options.config),
      "--var",
      resolve(options.variables),
      ...(options.node === undefined ? [] : ["--node", options.node]),
      ...(options.args ?? []),
    ],
    env: options.env,
    keepLines: 20_000,
  });
  const running: SignalboxProcess = {
    child,
    pid: child.pid,
    log: () => child.lines().flatMap(parseLine),
    event: async (name, timeoutMs = START_MS) => {
      const line = await child.waitForLine(new RegExp(`"event":"${name}"`), timeoutMs);
      return parseLine(line)[0] ?? {};
    },
    stop: async () => {
      await child.stop();
    },
  };
  try {
    await running.event("signalbox.ready");
    return running;
  } catch (error) {
    await child.stop();
    const lines = child.lines().slice(-40).join("\n");
    throw new LabError("signalbox_failed", `Signalbox did not start:\n${lines}`, error);
  }
}

function parseLine(line: string): Readonly<Record<string, unknown>>[] {
  if (!line.startsWith("{")) return [];
  try {
    return [JSON.parse(line) as Record<string, unknown>];
  } catch {
    return []; // a line cut by a kill
  }
}
