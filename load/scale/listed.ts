// What a do-not-call list of ten million numbers costs. Prints a table and fails when a target is missed.
//   node load/scale/listed.ts [--numbers 10000000] [--json FILE]
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { onEnd, runCleanups } from "../lab/ending.ts";
import { runCommand } from "../lab/processes.ts";
import { writeClients } from "./clients.ts";
import type { ListedFigures } from "./listed-node.ts";
import { writeList } from "./listed-numbers.ts";
import { wholeProcess } from "./whole-process.ts";

const flags = new Command("node load/scale/listed.ts")
  .option("--numbers <count>", "numbers on the list", "10000000")
  .option("--json <file>", "write the figures there too")
  .parse()
  .opts<{ numbers: string; json?: string }>();

type Line = readonly [what: string, figure: string, target: string, met: boolean];

async function main(): Promise<number> {
  const numbers = Number(flags.numbers);
  const folder = mkdtempSync(join(tmpdir(), "sb-listed-"));
  onEnd(async () => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "config");
  writeClients(config, { tenants: 10, dids: 10 }, { fastagi: 32_100, http: 32_101 });
  const file = join(config, "listed.txt");
  writeList(file, numbers);
  appendFileSync(join(config, "signalbox.yaml"), "do_not_call: {file: listed.txt}\n");

  const program = join(import.meta.dirname, "listed-node.ts");
  const { code, stdout, stderr } = await runCommand(process.execPath, [program, file, String(numbers)], {
    timeoutMs: 300_000,
  });
  if (code !== 0) throw new Error(`listed-node.ts failed: ${stderr}`);
  const node = JSON.parse(stdout) as ListedFigures;
  if (node.numbers !== numbers) throw new Error(`${node.numbers} of ${numbers} numbers were read`);
  const check = await wholeProcess(["check", "--config", config], folder);

  const [before, after] = node.rssMb;
  const perNumber = ((after - before) * 1e6) / numbers;
  const lines: Line[] = [
    ["the file", mb(statSync(file).size / 1e6), "", true],
    ["load at the start of a node", ms(node.loadMs), "", true],
    [
      "memory that the list takes",
      `${mb(after - before)}, ${perNumber.toFixed(1)} bytes a number`,
      "≤ 12",
      perNumber <= 12,
    ],
    ["the node at most, in a reload", mb(node.peakRssMb), "≤ 400 MB", node.peakRssMb <= 400],
    ["a look-up of a number on it", us(node.listedUs), "≤ 5 µs", node.listedUs <= 5],
    ["of one that is not", us(node.unlistedUs), "≤ 5 µs", node.unlistedUs <= 5],
    ["reload of the changed list", ms(node.reloadMs), "", true],
    ["longest stall of a look-up in it", ms(node.stallMs), "", true],
    ["of it, work of the node's own thread", ms(node.ownMs), "≤ 20 ms", node.ownMs <= 20],
    ["longest stall without a reload", ms(node.idleStallMs), "", true],
    ["signalbox check, every line looked at", ms(check.ms), "", true],
    ["its memory at most", mb(check.peakRssMb), "≤ 300 MB", check.peakRssMb <= 300],
  ];
  for (const [what, figure, target, met] of lines)
    process.stdout.write(`${what.padEnd(40)}  ${figure.padEnd(28)} ${target}${met ? "" : "  MISSED"}\n`);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  process.stdout.write(`${numbers} numbers; load of the machine ${load}\n`);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify({ node, check }, null, 2)}\n`);
  return lines.every(([, , , met]) => met) ? 0 : 1;
}

const us = (value: number): string => `${value.toFixed(2)} µs`;
const mb = (value: number): string => `${Math.round(value)} MB`;
const ms = (value: number): string => (value < 100 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);

try {
  process.exitCode = await main();
} finally {
  await runCleanups();
}
