// Runs SIPp agents: carriers, phones and callers on 127.0.0.x, as a library and as a command. An agent is judged
// by SIPp's exit code and its counters together; its artefacts stay when it failed and go when it did not.
// It refuses to run a scenario that does not exist, and it leaves no SIPp behind when its process ends.
import { readFileSync, writeSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { onEnd } from "./lab/ending.ts";
import { SippError, type SippOptions } from "./sipp/options.ts";
import {
  callee,
  caller,
  impatientCaller,
  refusedCaller,
  refusingCallee,
  silentCallee,
  typist,
} from "./sipp/ready-made.ts";
import { type SippResult, startSipp } from "./sipp/run.ts";
import type { Scenario } from "./sipp/scenario.ts";

export * from "./sipp/callee-steps.ts";
export * from "./sipp/caller-steps.ts";
export { headerOf, type TracedMessage } from "./sipp/messages.ts";
export { SippError, type SippErrorCode, type SippOptions } from "./sipp/options.ts";
export * from "./sipp/ready-made.ts";
export { expectOk, runSipp, type SippResult, type SippRun, startSipp } from "./sipp/run.ts";
export type { Role, Scenario, Step } from "./sipp/scenario.ts";
export { type Percentiles, percentiles } from "./sipp/statistics.ts";
export { hangUp, hold, hum, pause, press, type TypingPace, talk, waitForBye } from "./sipp/steps.ts";

interface Flags {
  scenario: string;
  remote?: string;
  localIp: string;
  localPort?: number;
  mediaPort?: number;
  service?: string;
  calls?: number;
  rate?: number;
  limit?: number;
  key?: string[];
  rows?: string;
  receiveTimeout?: number;
  deadline?: number;
  artefacts?: string;
  keep?: true;
  type?: string;
  holdMs: number;
  ringMs: number;
  json?: true;
}

const READY_MADE = `
Scenarios: the path of a SIPp XML file, or one of
  caller         is answered, stays --hold-ms, hangs up
  typist         is answered, presses --type (keys; a number in brackets waits: "(800)12#")
  refused-CODE   expects this refusal
  impatient      gives up --hold-ms after the first ringing
  callee         answers after --ring-ms and waits for the BYE
  refusing-CODE  refuses every call
  silent         takes the INVITE and says nothing

Exit codes: 0 all calls as expected, 1 something failed, 2 wrong use.`;

function command(): Command {
  return new Command("sipp-runner")
    .description("Run one SIPp agent; exit code and counters must both be good.")
    .requiredOption("--scenario <file|name>", "what the agent does; see below")
    .option("--remote <host:port>", "whom to call")
    .option("--local-ip <ip>", "the agent's address", "127.0.0.1")
    .option("--local-port <port>", "its SIP port (default: a free one)", positive)
    .option("--media-port <port>", "its RTP port (default: a free one)", positive)
    .option("--service <number>", "the number to dial")
    .option("--calls <n>", "end after n calls (default: 1 for callers, unlimited for callees)", positive)
    .option("--rate <n>", "new calls per second", positive)
    .option("--limit <n>", "at most n calls at once", positive)
    .option("--key <name=value...>", "keywords for an XML scenario")
    .option("--rows <file>", "one line per call, values separated by ;")
    .option("--receive-timeout <ms>", "a message that takes longer fails its call", positive)
    .option("--deadline <ms>", "the whole run fails after this time", positive)
    .option("--type <keys>", "what typist presses")
    .option("--hold-ms <ms>", "how long callers stay", positive, 1000)
    .option("--ring-ms <ms>", "how long callees ring", positive, 500)
    .option("--artefacts <dir>", "parent of the artefact folder")
    .option("--keep", "keep the artefacts of a good run too")
    .option("--json", "print the result as JSON")
    .addHelpText("after", READY_MADE)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number above 0 is needed");
  return value;
}

function scenarioOf(flags: Flags): Scenario | string {
  const [stem = "", code] = flags.scenario.split(/-(?=\d{3}$)/);
  if (stem === "refused" && code) return refusedCaller(Number(code));
  if (stem === "refusing" && code) return refusingCallee(Number(code), { ringMs: flags.ringMs });
  if (stem === "caller") return caller({ holdMs: flags.holdMs });
  if (stem === "typist") return typist(typing(flags.type ?? ""), { holdMs: flags.holdMs });
  if (stem === "impatient") return impatientCaller(flags.holdMs);
  if (stem === "callee") return callee({ ringMs: flags.ringMs });
  if (stem === "silent") return silentCallee();
  return flags.scenario;
}

function typing(text: string): (string | number)[] {
  return [...text.matchAll(/\((\d+)\)|([^()]+)/g)].map(([, ms, keys]) => (ms ? Number(ms) : (keys ?? "")));
}

function optionsOf(flags: Flags): SippOptions {
  const { scenario: _, key, rows, type: _type, holdMs: _hold, ringMs: _ring, json: _json, ...same } = flags;
  const { receiveTimeout, deadline, ...plain } = same;
  return {
    ...plain,
    scenario: scenarioOf(flags),
    ...(key && { keys: Object.fromEntries(key.map((pair) => pair.split(/=(.*)/s).slice(0, 2))) }),
    ...(rows && {
      rows: readFileSync(rows, "utf8")
        .trim()
        .split("\n")
        .map((line) => line.split(";")),
    }),
    ...(receiveTimeout && { receiveTimeoutMs: receiveTimeout }),
    ...(deadline && { deadlineMs: deadline }),
  };
}

function report(result: SippResult): string {
  const { successful, failed, retransmissions, rtt } = result;
  const times = rtt ? `, response p50 ${rtt.p50} ms, p95 ${rtt.p95} ms, p99 ${rtt.p99} ms` : "";
  return `${result.name}: ${successful} successful, ${failed} failed, ${retransmissions} retransmissions${times}`;
}

async function main(): Promise<number> {
  const flags = command().parse().opts<Flags>();
  const run = startSipp(optionsOf(flags));
  // Ctrl-C ends a callee that runs until then: that is its good end, so its exit code is the verdict too.
  const verdict = run.done.then((result) => conclude(flags, result));
  onEnd(async () => {
    await run.stop();
    process.exit(await verdict);
  });
  return verdict;
}

function conclude(flags: Flags, result: SippResult): number {
  const line = flags.json ? JSON.stringify({ ...result, messages: undefined }) : report(result);
  writeSync(1, `${line}\n`);
  if (!result.ok) writeSync(2, `${result.problem}\n`);
  return result.ok ? 0 : 1;
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: unknown) => {
    if (!(error instanceof SippError)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return 2;
  });
}
