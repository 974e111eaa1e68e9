// `npm run load -- PROFILE`: calls placed by SIPp on a private Asterisk with Signalbox and Redis, and at the end whether
// every invariant held: store = switch, no established call dropped, every call recorded once, no caller in silence.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join, relative } from "node:path";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { fileToWrite, firstPort, positive, reportToWrite } from "./flags.ts";
import { onEnd, runCleanups } from "./lab/ending.ts";
import { LabError } from "./lab/lab-error.ts";
import { projectRoot } from "./lab/world.ts";
import { FAULTS } from "./run/faults/catalogue.ts";
import { htmlReport } from "./run/html.ts";
import { Premises } from "./run/premises.ts";
import type { Profile, RunFlags } from "./run/profile.ts";
import { burst } from "./run/profiles/burst.ts";
import { calls } from "./run/profiles/calls.ts";
import { faults } from "./run/profiles/faults.ts";
import { hold } from "./run/profiles/hold.ts";
import { recordsOutage } from "./run/profiles/records-outage.ts";
import { smoke } from "./run/profiles/smoke.ts";
import { soak } from "./run/profiles/soak.ts";
import { rewriteReliability } from "./run/reliability.ts";
import { watchRun } from "./run/watch.ts";
import { SippError } from "./sipp-runner.ts";

const PROFILES: readonly Profile[] = [smoke, calls, hold, burst, soak, recordsOutage, faults];
const CORES_OF_SIZE_ONE = 2;

type Flags = RunFlags & {
  readonly size?: number;
  readonly json?: string;
  readonly html?: string;
  readonly report?: string;
};

const program = new Command("npm run load --")
  .description("Places calls and checks that every invariant holds; exits with 1 when one does not.")
  .addArgument(new Argument("<profile>", "what to do").choices(PROFILES.map(({ name }) => name)))
  .option("--size <n>", "multiplies every size (default: the cores of this machine / 2)", positive)
  .option("--minutes <n>", "soak and records-outage: how long", positive, 60)
  .addOption(
    new Option("--only <names>", "faults: these, with commas between them")
      .argParser(namesOf)
      .default([], "seeded kills instead"),
  )
  .option("--all", "faults: every one that has a name, then the seeded kills", false)
  .addOption(
    new Option("--kills <n>", "faults: how many kills at random moments")
      .argParser(count)
      .default(null, "50; none with --only"),
  )
  .addOption(
    new Option("--seed <n>", "faults: draw the same kills again")
      .argParser(count)
      .default(Math.floor(Math.random() * 1e9) + 1, "a new one, which is printed"),
  )
  .option("--ports <n>", "first of 900 free ports", firstPort, 25_000)
  .option("--json <file>", "every figure (default: under var/load)", fileToWrite)
  .option("--html <file>", "the report with charts (default: under var/load)", fileToWrite)
  .option("--report <file>", "faults: rewrite the table of this Markdown file", reportToWrite)
  .addHelpText("after", `\nProfiles:\n${linesOf(PROFILES)}`)
  .addHelpText("after", `\nFaults:\n${linesOf(FAULTS)}`)
  .showHelpAfterError("(--help lists what there is)")
  .parse();

function linesOf(list: readonly { readonly name: string; readonly says: string }[]): string {
  const width = Math.max(...list.map(({ name }) => name.length));
  return list.map(({ name, says }) => `  ${name.padEnd(width)}  ${says}`).join("\n");
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("a whole number is needed");
  return Number(text);
}

function namesOf(text: string): string[] {
  const names = text.split(",");
  const unknown = names.filter((name) => !FAULTS.some((fault) => fault.name === name));
  if (unknown.length === 0) return names;
  throw new InvalidArgumentError(`there is no fault ${unknown.join(", ")}; --help lists them`);
}

/** Clears what the last run of this profile left. One that is under way keeps its folder: throws LabError `run_under_way`. */
function takeFolder(folder: string): void {
  const mark = join(folder, "run.pid");
  const other = existsSync(mark) ? readFileSync(mark, "utf8") : "";
  const isOn = other !== "" && existsSync(`/proc/${other}/cmdline`);
  if (isOn && readFileSync(`/proc/${other}/cmdline`, "utf8").includes("load/run.ts")) {
    throw new LabError("run_under_way", `process ${other} is at this profile and writes to ${folder}`);
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(mark, String(process.pid));
}

async function load(profile: Profile, flags: Flags): Promise<number> {
  const folder = join(projectRoot, "var/load", profile.name);
  takeFolder(folder);
  const size = flags.size ?? availableParallelism() / CORES_OF_SIZE_ONE;
  const say = (line: string) => process.stderr.write(`… ${line}\n`);
  say(`${profile.name}: ${profile.says}; size ${size}, seed ${flags.seed}`);
  const began = new Date().toISOString();
  const place = new Premises(folder, flags.ports);
  onEnd(() => place.clear());
  if (profile.ownFloors !== true)
    await place.moveTo("", { calm: profile.overloads !== true, recording: profile.recording ?? false });
  const watch = watchRun(() => place.current, say);
  const result = await profile.run({
    get floor() {
      return place.floor;
    },
    moveTo: (name, options) => place.moveTo(name, options),
    clear: () => place.clear(),
    ...{ folder, flags: { ...flags, size }, say },
  });
  watch.stop();
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), Node ${process.version}, size ${size}, seed ${flags.seed}`;
  const report = { profile: profile.name, began, machine, result, samples: watch.samples };
  const files = {
    json: flags.json ?? join(folder, "figures.json"),
    html: flags.html ?? join(folder, "report.html"),
  };
  writeFileSync(files.json, `${JSON.stringify({ ...report, flags: { ...flags, size } }, null, 2)}\n`);
  writeFileSync(files.html, htmlReport(report));
  if (flags.report !== undefined) rewriteReliability(flags.report, report);
  const width = Math.max(...result.rows.map(([what]) => what.length));
  for (const [what, value] of result.rows) process.stdout.write(`${what.padEnd(width)}  ${value}\n`);
  for (const text of result.broken) process.stdout.write(`BROKEN ${text}\n`);
  process.stdout.write(
    `${result.broken.length === 0 ? "every invariant held" : `${result.broken.length} broken`}; ${relative(process.cwd(), files.html)}\n`,
  );
  return result.broken.length === 0 ? 0 : 1;
}

/** Carriers still listen when the last call is over, so the end is said and not waited for. */
async function end(code: number): Promise<never> {
  await runCleanups();
  process.exit(code);
}

try {
  const [name] = program.args;
  const profile = PROFILES.find((each) => each.name === name);
  if (profile === undefined) throw new LabError("no_profile", `there is no profile ${name}`);
  await end(await load(profile, program.opts<Flags>()));
} catch (error) {
  const expected = error instanceof LabError || error instanceof SippError;
  process.stderr.write(
    `${expected ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  await end(1);
}
