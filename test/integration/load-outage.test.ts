import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runCommand } from "../../load/lab/processes.ts";
import { projectRoot } from "../../load/lab/world.ts";

const folder = mkdtempSync(join(tmpdir(), "sb-outage-run-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Twenty seconds of `npm run load -- records-outage`, on a real Asterisk and a real MariaDB. */
it("every_call_is_recorded_once_over_an_outage_of_the_database_and_a_kill_of_the_node", async () => {
  const [json, html] = [join(folder, "figures.json"), join(folder, "report.html")];
  const args = ["records-outage", "--minutes", "0.34", "--json", json, "--html", html];
  const run = await runCommand(process.execPath, [join(projectRoot, "load/run.ts"), ...args], {
    timeoutMs: 115_000,
  });
  expect(run.code, run.stdout + run.stderr).toBe(0);
  const { result } = JSON.parse(readFileSync(json, "utf8")) as {
    result: { broken: string[]; figures: { created: number; records: number } };
  };
  expect(result.broken).toEqual([]);
  expect(result.figures.created).toBeGreaterThanOrEqual(100);
  expect(result.figures.records).toBe(result.figures.created);
});
