import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createLog, createStepLog } from "../../../src/platform/log.ts";

function linesOf(write: (destination: { write(line: string): void }) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write({ write: (line) => void lines.push(line) });
  return lines.map((line) => {
    expect(line.endsWith("\n")).toBe(true);
    return JSON.parse(line);
  });
}

describe("a step's line", () => {
  test("has_the_form_of_every_other_line", () => {
    const fields = { call: "ast1-1.1", tenant: "apex", did: null, event: "call.decided" };
    const [step] = linesOf((to) => createStepLog("info", to).info(fields));
    const [plain] = linesOf((to) => createLog("info", to).info(fields));
    expect(Object.keys(step ?? {})).toEqual(Object.keys(plain ?? {}));
    expect(step).toMatchObject({ level: "info", ...fields });
    expect(step?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.now() - Date.parse(String(step?.time)))).toBeLessThan(60_000);
  });

  test("carries_a_refusal_as_a_warning", () => {
    const [line] = linesOf((to) => createStepLog("warn", to).warn({ reason: "tenant_full" }, "30 of 30"));
    expect(line).toMatchObject({ level: "warn", reason: "tenant_full", msg: "30 of 30" });
  });

  test("stays_one_line_whatever_the_caller_sent", () => {
    const channel = 'a"\n\u0000{"level":"fatal"}';
    expect(linesOf((to) => createStepLog("info", to).info({ channel }))).toMatchObject([{ channel }]);
  });

  test("is_not_written_below_the_level", () => {
    const all = linesOf((to) => {
      for (const level of ["warn", "error", "fatal", "silent"]) createStepLog(level, to).info({ event: "x" });
      for (const level of ["error", "fatal", "silent"]) createStepLog(level, to).warn({ event: "x" }, "");
    });
    expect(all).toEqual([]);
  });
});

describe("the end of a process", () => {
  const LOG = join(import.meta.dirname, "../../../src/platform/log.ts");
  const run = (end: string): string[] => {
    const script = `
      const { createLog, createStepLog, standardError } = await import(${JSON.stringify(LOG)});
      const destination = standardError();
      const log = createLog("info", destination);
      for (let n = 0; n < 50; n++) createStepLog("info", destination).info({ call: String(n) });
      log.info("the last");
      ${end}`;
    const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    return stderr.split("\n");
  };

  test.each([
    ["by_itself", ""],
    ["at_once", "process.exit(0);"],
    ["with_an_exception", "throw new Error('gone');"],
    ["fatally", "log.fatal('over'); process.kill(process.pid, 'SIGKILL');"],
    ["after_a_pause", "await new Promise((done) => setTimeout(done, 120)); process.exit(0);"],
  ])("%s_loses_no_line", (_, end) => {
    const lines = run(end);
    expect(lines.filter((line) => line.includes('"call":'))).toHaveLength(50);
    expect(lines.filter((line) => line.includes("the last"))).toHaveLength(1);
  });
});
