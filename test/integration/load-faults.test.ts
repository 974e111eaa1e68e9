import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runCommand } from "../../load/lab/processes.ts";
import { projectRoot } from "../../load/lab/world.ts";

const folder = mkdtempSync(join(tmpdir(), "sb-load-faults-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = (...args: readonly string[]) =>
  runCommand(process.execPath, [join(projectRoot, "load/run.ts"), ...args], { timeoutMs: 115_000 });

type Outcome = { readonly name: string; readonly established: string; readonly broken: string[] };

it("one_fault_by_name_is_done_judged_and_written_into_the_table", async () => {
  const [json, html] = [join(folder, "figures.json"), join(folder, "report.html")];
  const args = ["--only", "signalbox-kill-command", "--json", json, "--html", html];
  const run = await load("faults", ...args);
  expect(run.code, run.stdout + run.stderr).toBe(0);
  expect(run.stdout).toMatch(/^signalbox-kill-command +held; calls kept 8 of 8/m);
  const { result } = JSON.parse(readFileSync(json, "utf8")) as {
    result: { figures: { outcomes: Outcome[] } };
  };
  expect(result.figures.outcomes).toMatchObject([{ name: "signalbox-kill-command", broken: [] }]);
});

it("a_name_that_no_fault_has_is_refused_before_anything_starts", async () => {
  const run = await load("faults", "--only", "redis-kill,redis-melt");
  expect(run.code).not.toBe(0);
  expect(run.stderr).toMatch(/there is no fault redis-melt; --help lists them/);
});
