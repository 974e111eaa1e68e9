import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { SippError, type SippOptions } from "./options.ts";
import { type RenderedScenario, renderScenario } from "./scenario.ts";

/** The files that SIPp writes into the artefact folder. */
export const FILES = {
  statistics: "statistics.csv",
  messages: "messages.log",
  errors: "errors.log",
  logs: "actions.log",
  screen: "screen.log",
  rows: "rows.csv",
  command: "command.txt",
} as const;

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const DEFAULT_RECEIVE_TIMEOUT_MS = 40_000;

export interface Agent {
  readonly name: string;
  readonly localIp: string;
  readonly localPort: number;
  readonly args: readonly string[];
  readonly playsMedia: boolean;
}

export interface Place {
  readonly localPort: number;
  readonly mediaPort: number;
  /** No captures but those with key presses. */
  readonly mute: boolean;
}

/** Throws SippError SIPP_OPTIONS for what SIPp would misread or only complain about on a screen nobody sees. */
export function checkOptions(options: SippOptions): void {
  const wrong = (message: string): never => {
    throw new SippError("SIPP_OPTIONS", message);
  };
  const { scenario, remote, localIp = "127.0.0.1", rows = [], keys = {} } = options;
  if (typeof scenario === "string" && !existsSync(scenario)) {
    throw new SippError("SIPP_SCENARIO_MISSING", `no scenario file ${resolve(scenario)}: check the path`);
  }
  if (typeof scenario !== "string" && scenario.role === "caller" && remote === undefined) {
    wrong(`scenario ${scenario.name} calls somebody: give \`remote\` as host:port`);
  }
  if (remote !== undefined && !/^[\w.-]+:\d{1,5}$/.test(remote)) wrong(`remote "${remote}" is not host:port`);
  if (!IPV4.test(localIp)) wrong(`localIp "${localIp}" is not an IPv4 address`);
  for (const cell of rows.flat()) {
    if (/[;\r\n]/.test(cell))
      wrong(`an injected value may not hold ";" or a line break: ${JSON.stringify(cell)}`);
  }
  for (const key of Object.keys(keys)) {
    if (!/^\w+$/.test(key)) wrong(`key "${key}": use letters, digits and underscores`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === "number" && !(value > 0)) wrong(`${name} must be above 0, not ${value}`);
  }
}

/** Writes the scenario, its captures and the rows into `folder` and returns the command line. */
export function prepareAgent(options: SippOptions, folder: string, place: Place): Agent {
  const { scenario, localIp = "127.0.0.1" } = options;
  const built = typeof scenario === "string" ? null : renderScenario(scenario, place.mute);
  const file = built ? writeBuilt(built, folder) : copyGiven(String(scenario), folder);
  const number = (flag: string, value: number | undefined) =>
    value === undefined ? [] : [flag, String(value)];
  const args = [
    ...(options.remote === undefined ? [] : [options.remote]),
    ...[
      "-sf",
      file,
      "-i",
      localIp,
      "-p",
      String(place.localPort),
      "-mi",
      localIp,
      "-mp",
      String(place.mediaPort),
    ],
    // Without its watchdog: that ends an agent which a busy machine has kept waiting 120 times for half a second.
    ...["-nostdin", "-watchdog_interval", "0", "-aa", "-r", String(options.rate ?? 10)],
    ...(options.service === undefined ? [] : ["-s", options.service]),
    ...number("-m", options.calls ?? (built?.role === "caller" ? 1 : undefined)),
    ...number("-l", options.limit ?? options.calls),
    ...number("-recv_timeout", receiveTimeout(options, built)),
    ...Object.entries(options.keys ?? {}).flatMap(([key, value]) => ["-key", key, value]),
    ...writeRows(options.rows, folder),
    ...(options.echoAudio ? ["-rtp_echo"] : []),
    ...deadline(options.deadlineMs),
    ...["-trace_stat", "-stf", FILES.statistics, "-fd", "1", "-trace_rtt", "-rtt_freq", "1"],
    ...["-trace_err", "-error_file", FILES.errors, "-trace_logs", "-log_file", FILES.logs],
    ...(options.traceMessages === false ? [] : ["-trace_msg", "-message_file", FILES.messages]),
    ...(options.extra ?? []),
  ];
  const name = options.name ?? built?.files[0].name.replace(/\.xml$/, "") ?? basename(file, ".xml");
  return { name, localIp, localPort: place.localPort, args, playsMedia: built?.playsMedia ?? false };
}

/** A callee waits for its first call as long as it takes, so only callers get a default. */
function receiveTimeout(options: SippOptions, built: RenderedScenario | null): number | undefined {
  return options.receiveTimeoutMs ?? (built?.role === "caller" ? DEFAULT_RECEIVE_TIMEOUT_MS : undefined);
}

function deadline(ms: number | undefined): string[] {
  return ms === undefined ? [] : ["-timeout", `${Math.ceil(ms / 1000)}s`, "-timeout_error"];
}

function writeBuilt(built: RenderedScenario, folder: string): string {
  for (const file of built.files) writeFileSync(join(folder, file.name), file.bytes);
  return built.files[0].name;
}

/** The original is run, since captures it names are looked up beside it; the copy is for the reader. */
function copyGiven(path: string, folder: string): string {
  copyFileSync(path, join(folder, basename(path)));
  return resolve(path);
}

function writeRows(rows: SippOptions["rows"], folder: string): string[] {
  if (rows === undefined || rows.length === 0) return [];
  const lines = ["SEQUENTIAL", ...rows.map((row) => row.join(";")), ""];
  writeFileSync(join(folder, FILES.rows), lines.join("\n"));
  return ["-inf", FILES.rows];
}
