// The FastAGI services of the bench, each in a process of its own on the second core: our node as it runs, our session
// alone, services without logic on Node and in C, ding-dong.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { endsWithUs } from "../lab/ending.ts";
import { LabError } from "../lab/lab-error.ts";
import { portIsFree, waitFor } from "../lab/ports.ts";
import { runCommand } from "../lab/processes.ts";
import { asItsUnit } from "../lab/signalbox.ts";
import { projectRoot } from "../lab/world.ts";
import { STAMP } from "./agi-stamp.ts";
import { cpuSeconds, residentMb } from "./process-cpu.ts";
import { startWorker } from "./worker.ts";

export type Usage = { readonly cpuUs: number; readonly rssMb: number };

export type Service = {
  readonly port: number;
  /** What it has used so far. */
  usage(): Promise<Usage>;
  stop(): Promise<void>;
};

const CORE = 1;
const TASKSET = "/usr/bin/taskset";

/** One of agi-peer.ts: ours without a node around it, or a peer. */
export async function startPeer(kind: string, port: number, config: string): Promise<Service> {
  const worker = await startWorker("agi-peer.ts", [kind, String(port), config], CORE);
  return { port, usage: () => worker.ask<Usage>({}), stop: () => worker.stop() };
}

/** `signalbox serve` with its call records. Its switch is not there, so calls come and never end. */
export async function startNode(port: number, config: string, variables: string): Promise<Service> {
  const args = ["serve", "--config", config, "--var", variables];
  const child = pinned(join(projectRoot, "bin/signalbox"), args, "ignore");
  const { pid = 0 } = child;
  await waitFor("the node", async () => !(await portIsFree("127.0.0.1", port, "tcp")) || undefined, 60_000);
  return {
    port,
    usage: async () => ({ cpuUs: cpuSeconds(pid) * 1e6, rssMb: residentMb(pid) }),
    stop: () => ended(child),
  };
}

/** The same six commands as the peers without logic, by agi-bound.c. Rejects with `bench_no_compiler`. */
export async function startBound(port: number, folder: string): Promise<Service> {
  const program = join(folder, "agi-bound");
  const source = join(import.meta.dirname, "agi-bound.c");
  const { code, stderr } = await runCommand("cc", ["-O2", "-o", program, source], { timeoutMs: 60_000 });
  if (code !== 0) throw new LabError("bench_no_compiler", `${source} cannot be compiled: ${stderr}`);
  const commands = STAMP.map(([name, value]) => `SET VARIABLE ${name} "${value}"`);
  const child = pinned(program, [String(port), ...commands], "pipe");
  const { pid = 0, stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new LabError("bench_no_pipes", "agi-bound has no pipes");
  const line = async (): Promise<string> => String((await once(stdout, "data"))[0]).trim();
  await line();
  return {
    port,
    usage: async () => {
      const told = line();
      stdin.write("\n");
      return { cpuUs: Number(await told), rssMb: residentMb(pid) };
    },
    stop: () => ended(child),
  };
}

function pinned(command: string, args: readonly string[], io: "ignore" | "pipe"): ChildProcess {
  const alone = existsSync(TASKSET) && availableParallelism() > 1;
  const [first = command, ...rest] = alone
    ? [TASKSET, "-c", String(CORE), command, ...args]
    : [command, ...args];
  // Certificates that whoever sits here trusts besides: Node reads them at its start and keeps them. The unit of a node
  // has none, and none of these services speaks TLS.
  const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
  const child = spawn(first, rest, {
    stdio: [io, io, "ignore"],
    env: { ...environment, ...asItsUnit(), AMI_SECRET: "bench", SIGNALBOX_LOG: "info" },
  });
  if (child.pid !== undefined) child.once("exit", endsWithUs(child.pid));
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}
