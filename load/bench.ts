// `npm run bench -- [NAME …]`: our parts and their peers side by side in one run, rounds interleaved, every ratio with
// its smallest and largest round. A target that is missed is shown as missed, with the reason.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Argument, Command } from "commander";
import { agiBench } from "./bench/agi.ts";
import { amiBench } from "./bench/ami.ts";
import { callsBench } from "./bench/calls.ts";
import type { Bench, Finding } from "./bench/finding.ts";
import { configurationBench, recordsBench } from "./bench/others.ts";
import { rewriteReport } from "./bench/report.ts";
import { slotsBench } from "./bench/slots.ts";
import { stepBench } from "./bench/step.ts";
import { table } from "./bench/table.ts";
import { fileToWrite, firstPort, positive, reportToWrite } from "./flags.ts";
import { onEnd, runCleanups } from "./lab/ending.ts";
import { LabError } from "./lab/lab-error.ts";

const BENCHES: readonly Bench[] = [
  agiBench,
  stepBench,
  callsBench,
  slotsBench,
  amiBench,
  configurationBench,
  recordsBench,
];

type Flags = {
  readonly json?: string;
  readonly report?: string;
  readonly rounds: number;
  readonly size: number;
  readonly ports: number;
};

const program = new Command("npm run bench --")
  .description("Measures our parts and their peers side by side.")
  .addArgument(
    new Argument("[names...]", "which; all of them unless said").choices(BENCHES.map(({ name }) => name)),
  )
  .option("--json <file>", "write every figure there", fileToWrite)
  .option("--report <file>", "rewrite the table of this Markdown file", reportToWrite)
  .option("--rounds <n>", "rounds of each side", positive, 5)
  .option("--size <n>", "1 is the full size, 0.1 a look in seconds", positive, 1)
  .option("--ports <n>", "first of 900 free ports", firstPort, 24_000)
  .addHelpText("after", `\n${BENCHES.map(({ name, says }) => `  ${name.padEnd(14)} ${says}`).join("\n")}`)
  .showHelpAfterError()
  .parse();

const flags = program.opts<Flags>();
const names = program.args.length === 0 ? BENCHES.map(({ name }) => name) : program.args;

async function runAll(): Promise<number> {
  const began = new Date();
  const machine = {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown",
    loadBefore: loadavg()[0] ?? 0,
    node: process.version,
  };
  const findings: Finding[] = [];
  const figures: Record<string, unknown> = {};
  const failed: string[] = [];
  for (const bench of BENCHES.filter(({ name }) => names.includes(name))) {
    const folder = mkdtempSync(join(tmpdir(), `sb-bench-${bench.name}-`));
    const clear = () => rmSync(folder, { recursive: true, force: true });
    const cleared = onEnd(clear);
    const say = (line: string) => process.stderr.write(`… ${bench.name}: ${line}\n`);
    try {
      const { ports, rounds, size } = flags;
      const result = await bench.run({ folder, ports, rounds: Math.ceil(rounds), size, say });
      findings.push(...result.findings);
      figures[bench.name] = result.figures;
    } catch (error) {
      failed.push(bench.name);
      process.stderr.write(`${bench.name} failed: ${error instanceof Error ? error.stack : error}\n`);
    } finally {
      clear();
      cleared();
    }
  }
  const run = { began: began.toISOString(), machine, rounds: flags.rounds, size: flags.size, findings };
  process.stdout.write(`${table(findings)}\n`);
  if (flags.json !== undefined)
    writeFileSync(flags.json, `${JSON.stringify({ ...run, figures }, null, 2)}\n`);
  if (flags.report !== undefined) rewriteReport(flags.report, run);
  return failed.length > 0 ? 1 : 0;
}

/** What a failed bench left behind is ended here, so the end is said and not waited for. */
async function end(code: number): Promise<never> {
  await runCleanups();
  process.exit(code);
}

try {
  await end(await runAll());
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  process.stderr.write(`${error.message}\n`);
  await end(1);
}
