// What `npm test` runs once the set-up is done: the linter, the compiler, then every suite, each to its
// end whatever the ones before it said. Vitest comes last, so the closing lines are its summary. With
// arguments only vitest runs, on what they name: npm test -- test/unit
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { onEnd } from "./lab/ending.ts";

const root = dirname(import.meta.dirname);

type Part = { readonly title: string; readonly tool: string; readonly args: readonly string[] };

const checks: readonly Part[] = [
  { title: "biome", tool: "biome", args: ["check", "."] },
  { title: "types", tool: "tsc", args: ["--noEmit"] },
];

function vitest(args: readonly string[]): Part {
  return { title: "vitest", tool: "vitest", args: ["run", ...args] };
}

/** Gives the part's exit code; a part that a signal ended counts as 1. */
function runPart(part: Part): Promise<number> {
  const program = join(root, "node_modules/.bin", part.tool);
  if (!existsSync(program)) {
    process.stderr.write(`there is no ${program}: run sh load/setup.sh test\n`);
    return Promise.resolve(1);
  }
  // The tools ask PATH for a node: it must be the pinned one, also when npm did not start us.
  const PATH = [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
  const child = spawn(program, part.args, { cwd: root, stdio: "inherit", env: { ...process.env, PATH } });
  const ended = new Promise<number>((resolve) => {
    child.once("close", (code) => resolve(code ?? 1));
    child.once("error", () => resolve(1));
  });
  // On Ctrl-C the terminal signals the tools as well; waiting for them keeps their last words readable.
  const forget = onEnd(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  return ended.finally(forget);
}

const args = process.argv.slice(2);
const parts = args.length > 0 ? [vitest(args)] : [...checks, vitest([])];
const failed: string[] = [];

for (const part of parts) {
  const began = performance.now();
  process.stdout.write(`\n── ${part.title} ──\n`);
  const code = await runPart(part);
  if (code !== 0) failed.push(part.title);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  // After vitest nothing more than a failure of the others is said: its summary stands last.
  if (part.title !== "vitest") {
    process.stdout.write(`── ${part.title}: ${code === 0 ? "passed" : "FAILED"} in ${seconds} s ──\n`);
  }
}
const before = failed.filter((title) => title !== "vitest");
if (before.length > 0) process.stderr.write(`\nalso failed, see above: ${before.join(", ")}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
