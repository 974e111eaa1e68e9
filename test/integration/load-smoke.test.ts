import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runCommand } from "../../load/lab/processes.ts";
import { projectRoot } from "../../load/lab/world.ts";

const folder = mkdtempSync(join(tmpdir(), "sb-smoke-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Figures = {
  readonly result: { readonly broken: string[]; readonly figures: { decided: number; records: number } };
};

it("load_smoke_breaks_no_invariant", async () => {
  const [json, html] = [join(folder, "figures.json"), join(folder, "report.html")];
  const run = await runCommand(
    process.execPath,
    [join(projectRoot, "load/run.ts"), "smoke", "--size", "0.5", "--json", json, "--html", html],
    { timeoutMs: 115_000 },
  );
  expect(run.code, run.stdout + run.stderr).toBe(0);
  const { result } = JSON.parse(readFileSync(json, "utf8")) as Figures;
  expect(result.broken).toEqual([]);
  expect(result.figures.decided).toBeGreaterThan(40);
  expect(result.figures.records).toBe(result.figures.decided);
  // One file that opens without a network.
  expect(readFileSync(html, "utf8")).toContain("<svg");
  expect(readFileSync(html, "utf8")).not.toMatch(/(src|href)=|https?:\/\//);
});
