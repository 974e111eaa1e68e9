// What size costs: a configuration of many clients is checked, loaded, reloaded while calls are decided, rendered,
// and its dialplan given to real Asterisks. Prints a table and fails when a target is missed.
//   node load/scale.ts [--tenants 1000] [--dids 100] [--rounds 3] [--no-asterisk] [--json FILE]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { fileToWrite, positive } from "./flags.ts";
import { onEnd, runCleanups } from "./lab/ending.ts";
import { runCommand } from "./lab/processes.ts";
import { launcherFlags } from "./lab/signalbox.ts";
import type { BusyFigures, ReloadFigures } from "./scale/busy-node.ts";
import { type Size, writeClients } from "./scale/clients.ts";
import { type DialplanFigures, dialplanReload } from "./scale/dialplan-reload.ts";
import { type ProcessFigures, wholeProcess } from "./scale/whole-process.ts";

const flags = new Command("node load/scale.ts")
  .option("--tenants <count>", "clients", positive, 1000)
  .option("--dids <count>", "numbers of each", positive, 100)
  .option("--rounds <count>", "how often each thing is done", positive, 3)
  .option("--no-asterisk", "leave out the reload of the dialplan")
  .option("--json <file>", "write the figures there too", fileToWrite)
  .parse()
  .opts<{ tenants: number; dids: number; rounds: number; asterisk: boolean; json?: string }>();

const PORTS: readonly [number, number] = [32_110, 32_199];
const SMALL: Size = { tenants: 10, dids: 10 };

type Figures = {
  readonly size: Size;
  /** Of the machine in the last minute, before and after: above its cores, others were measured too. */
  readonly load: readonly [number, number];
  readonly check: ProcessFigures;
  readonly render: ProcessFigures;
  readonly node: BusyFigures;
  readonly smallNode: BusyFigures;
  readonly dialplans: readonly DialplanFigures[];
};

type Line = {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  readonly met: boolean;
};

async function measure(size: Size, rounds: number, folder: string): Promise<Figures> {
  const before = loadavg()[0] ?? 0;
  const config = join(folder, "large", "config");
  const small = join(folder, "small", "config");
  writeClients(config, size, { fastagi: 32_100, http: 32_101 });
  writeClients(small, SMALL, { fastagi: 32_100, http: 32_101 });
  const rendered = join(folder, "rendered");
  const check = await best(rounds, () => wholeProcess(["check", "--config", config], folder));
  const render = await best(rounds, () =>
    wholeProcess(["render", "--config", config, "--out", rendered], folder),
  );
  const dialplans: DialplanFigures[] = [];
  for (const [version, server] of flags.asterisk
    ? ([
        ["22", "ast22"],
        ["16", "ast16"],
      ] as const)
    : []) {
    const place = { folder: join(folder, server), ports: PORTS, rounds };
    dialplans.push(await dialplanReload(version, join(rendered, server), place));
  }
  const nodes: BusyFigures[] = [];
  for (let round = 0; round < rounds; round++) nodes.push(await busyNode(config, size, folder));
  const node = together(nodes);
  const smallNode = await busyNode(small, SMALL, folder);
  return { size, load: [before, loadavg()[0] ?? 0], check, render, node, smallNode, dialplans };
}

/** The fastest of several: what it takes when nobody else wants the machine. */
async function best(rounds: number, run: () => Promise<ProcessFigures>): Promise<ProcessFigures> {
  const all: ProcessFigures[] = [];
  for (let round = 0; round < rounds; round++) all.push(await run());
  const peakRssMb = Math.max(...all.map((each) => each.peakRssMb));
  return { ms: Math.min(...all.map(({ ms }) => ms)), peakRssMb };
}

/** The fastest start, the most memory, and every reload. */
function together(nodes: readonly BusyFigures[]): BusyFigures {
  const each = (pick: (node: BusyFigures) => number): number[] => nodes.map(pick);
  return {
    loadMs: Math.min(...each(({ loadMs }) => loadMs)),
    rssAfterLoadMb: Math.max(...each(({ rssAfterLoadMb }) => rssAfterLoadMb)),
    peakRssMb: Math.max(...each(({ peakRssMb }) => peakRssMb)),
    decisionUs: Math.min(...each(({ decisionUs }) => decisionUs)),
    idleStallMs: Math.max(...each(({ idleStallMs }) => idleStallMs)),
    reloads: nodes.flatMap(({ reloads }) => reloads),
  };
}

/** With what a node keeps below its `--var`, as bin/signalbox has it: the first of them fills it. */
async function busyNode(config: string, size: Size, folder: string): Promise<BusyFigures> {
  const program = join(import.meta.dirname, "scale/busy-node.ts");
  const args = [config, size.tenants, size.dids, 1].map(String);
  const all = [...launcherFlags(), program, ...args];
  const { code, stdout, stderr } = await runCommand(process.execPath, all, {
    timeoutMs: 300_000,
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "cache") },
  });
  if (code !== 0) throw new Error(`busy-node.ts failed: ${stderr}`);
  return JSON.parse(stdout) as BusyFigures;
}

function linesOf({ check, render, node, smallNode, dialplans }: Figures): Line[] {
  const stall = Math.max(...node.reloads.map(({ stallMs }) => stallMs));
  const own = Math.max(...node.reloads.map(({ ownMs }) => ownMs));
  const ratio = node.decisionUs / smallNode.decisionUs;
  return [
    line("check, the whole process", ms(check.ms), "≤ 3 s", check.ms <= 3000),
    line("its memory at most", mb(check.peakRssMb), "≤ 300 MB", check.peakRssMb <= 300),
    line("render for two switches", ms(render.ms), "", true),
    line("load of a starting node", ms(node.loadMs), "≤ 3 s", node.loadMs <= 3000),
    line("memory of the node after it", mb(node.rssAfterLoadMb), "≤ 300 MB", node.rssAfterLoadMb <= 300),
    line("at most, over all reloads", mb(node.peakRssMb), "≤ 300 MB", node.peakRssMb <= 300),
    ...["nothing", "one client", "every client"].map((changed) => reloadLine(changed, node.reloads)),
    line("longest stall of a step in a reload", ms(stall), "≤ 20 ms", stall <= 20),
    line("of it, work of the node itself", ms(own), "≤ 20 ms", own <= 20),
    line("longest stall without a reload", ms(node.idleStallMs), "", true),
    line("a decision", `${node.decisionUs.toFixed(1)} µs`, "", true),
    line("÷ with 100 numbers instead", ratio.toFixed(1), "≤ 10", ratio <= 10),
    ...dialplans.map(dialplanLine),
  ];
}

function reloadLine(changed: string, reloads: readonly ReloadFigures[]): Line {
  const times = reloads.filter((each) => each.changed === changed).map((each) => each.ms);
  return line(
    `reload, ${changed} changed`,
    `${ms(Math.min(...times))} … ${ms(Math.max(...times))}`,
    "",
    true,
  );
}

function dialplanLine({ asterisk, megabytes, extensions, reloadMs }: DialplanFigures): Line {
  const what = `dialplan reload, Asterisk ${asterisk}: ${extensions} extensions, ${megabytes.toFixed(1)} MB`;
  const fastest = Math.min(...reloadMs);
  return line(what, `${ms(fastest)} … ${ms(Math.max(...reloadMs))}`, "< 1 s", fastest < 1000);
}

function line(what: string, figure: string, target: string, met: boolean): Line {
  return { what, figure, target, met };
}

function ms(value: number): string {
  return value < 100 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

function mb(value: number): string {
  return `${Math.round(value)} MB`;
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sb-scale-"));
  onEnd(async () => rmSync(folder, { recursive: true, force: true }));
  const size: Size = { tenants: Math.ceil(flags.tenants), dids: Math.ceil(flags.dids) };
  const figures = await measure(size, Math.ceil(flags.rounds), folder);
  const lines = linesOf(figures);
  const width = Math.max(...lines.map(({ what }) => what.length));
  for (const { what, figure, target, met } of lines) {
    process.stdout.write(`${what.padEnd(width)}  ${figure.padEnd(20)} ${target}${met ? "" : "  MISSED"}\n`);
  }
  const [before, after] = figures.load.map((each) => each.toFixed(1));
  process.stdout.write(
    `${size.tenants} tenants × ${size.dids} numbers; load of the machine ${before} before, ${after} after\n`,
  );
  if (flags.json !== undefined)
    writeFileSync(flags.json, `${JSON.stringify({ ...figures, lines }, null, 2)}\n`);
  return lines.every(({ met }) => met) ? 0 : 1;
}

try {
  process.exitCode = await main();
} finally {
  await runCleanups();
}
