import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runCommand, startChild } from "../../load/lab/processes.ts";
import { projectRoot } from "../../load/lab/world.ts";

const folder = mkdtempSync(join(tmpdir(), "sb-load-broken-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The child of `parent` that runs `signalbox serve`. */
function nodeOf(parent: number): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    try {
      const [, ppid] = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      return Number(ppid) === parent && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("\0serve\0");
    } catch {
      return false; // it has just ended
    }
  });
  return Number(found);
}

it("a_run_whose_node_dies_ends_with_1_and_says_so_in_every_report", async () => {
  const [json, html] = [join(folder, "figures.json"), join(folder, "report.html")];
  const run = join(projectRoot, "load/run.ts");
  const args = [run, "hold", "--size", "0.1", "--json", json, "--html", html];
  const child = await startChild({ name: "load", command: process.execPath, args });
  await child.waitForLine(/^… hold:/, 60_000);
  const second = await runCommand(process.execPath, [run, "hold"]);
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`process ${child.pid} is at this`),
  });
  await child.waitForLine(/calls are up/, 60_000);
  process.kill(nodeOf(child.pid), "SIGKILL");
  const { code } = await child.exited;
  const said = child.lines().join("\n");
  expect(code, said).toBe(1);
  const why = "Signalbox: node one ended by itself, with SIGKILL";
  expect(said).toContain(`BROKEN ${why}`);
  const { result } = JSON.parse(readFileSync(json, "utf8")) as { result: { broken: string[] } };
  expect(result.broken).toContain(why);
  expect(readFileSync(html, "utf8")).toContain(`<li>${why}</li>`);
});
